/** One delivery as its device shows it: an iOS banner, an Android card, an SMS bubble. */

import { h } from "../core/dom.js";
import { timeOf } from "../core/format.js";

const object = (value) => (value !== null && typeof value === "object" && !Array.isArray(value) ? value : {});
const text = (value) => (typeof value === "string" || typeof value === "number" ? String(value) : "");
const span = (name, ...children) => h("span", { class: name }, children);

/** Return what the device reads of a payload: title, body, sound, badge, data. */
export function contentOf({ channel, payload }) {
  if (channel === "apn") return apple(payload);
  if (channel === "sms") return { title: "", body: text(payload.body), extras: [payload.media_urls].flat().filter(Boolean).map((url) => ["media", url]) };
  return android(payload);
}

function apple(payload) {
  const { aps = {}, ...data } = payload;
  const alert = typeof aps.alert === "string" ? { body: aps.alert } : object(aps.alert);
  const title = text(alert.title) || text(alert["title-loc-key"]);
  return { title, body: text(alert.body) || text(alert["loc-key"]), badge: text(aps.badge), extras: extras({ sound: aps.sound, category: aps.category }, data) };
}

function android(payload) {
  const message = object(payload.message ?? payload);
  const shown = { ...object(message.notification), ...object(object(message.android).notification) };
  const { twi_title: title, twi_body: body, twi_sound: sound, twi_action: action, ...data } = object(message.data);
  return { title: text(title ?? shown.title), body: text(body ?? shown.body), extras: extras({ sound: sound ?? shown.sound, action: action ?? shown.click_action }, data) };
}

function extras(own, data) {
  const all = [...Object.entries(own), ...Object.entries(data)].filter(([, value]) => value !== undefined && value !== null);
  return all.map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
}

/** Return the picture of a delivery. `title` is Twilio's title of its error, or "". */
export function phone(delivery, { title, onclick }) {
  const failed = delivery.state === "failed";
  const kind = delivery.channel === "apn" ? "ios" : delivery.channel === "sms" ? "sms" : "android";
  const content = contentOf(delivery);
  const picture = kind === "sms" ? bubble(content) : notice(kind, content, timeOf(delivery.time));
  const chips = content.extras.slice(0, 4).map(([name, value]) => span("chip cut", `${name}: ${value}`));
  const screen = span(`screen ${kind}${failed ? " failed" : ""}`, picture, chips.length ? span("extras", chips) : null, failed ? reasons(delivery, title) : null);
  return h("button", { type: "button", class: "phone", "aria-pressed": "false", data: { sid: delivery.sid }, onclick }, screen, owner(delivery));
}

function notice(kind, { title, body, badge }, time) {
  const isSilent = !title && !body;
  const count = badge && badge !== "0" ? span("count", badge) : null;
  const head = kind === "ios" ? span("icon", "A", count) : span("app", "Your app", " · ", time);
  return span("notice", head, span("head", span("title", isSilent ? "Silent push" : title || "Your app"), kind === "ios" ? span("when", time) : null), span("text", isSilent ? "The device shows nothing." : body));
}

const bubble = ({ body }) => span("bubble", body || "(no text)");

function reasons({ code, reason, faults }, title) {
  return span("why", h("b", { class: "error" }, `Failed: ${code} ${title}`), span("", reason), faults.length ? span("muted", `fault: ${faults.join(", ")}`) : null);
}

function owner({ channel, identity, address, tags = [] }) {
  const token = address.length > 14 && channel !== "sms" ? `…${address.slice(-4)}` : address;
  return span("owner", h("b", {}, identity ?? "no identity"), span("extras", span("muted", `${channel} ${token}`), tags.map((tag) => span("chip cut", tag))));
}
