/** The details of one delivery: why it failed, its payload and headers, the callback and its signature. */

import { get } from "../core/api.js";
import { paneHead } from "../core/controls.js";
import { button, facts, fill, h } from "../core/dom.js";
import { code, dateOf, pill, pretty } from "../core/format.js";
import { linkTo } from "../core/router.js";
import { tabs } from "../core/tabs.js";
import { copy } from "../core/toast.js";
import { failure } from "./why.js";

let lastTab = "Summary";

/** Return a pane with the details of a delivery. */
export function deliveryDetail(delivery, { advice, close }) {
  const failed = delivery.state === "failed";
  const head = paneHead(`${delivery.channel} to ${delivery.identity ?? delivery.address}`, close, h("span", { class: `pill ${failed ? "bad" : "ok"}` }, delivery.state));
  const panels = [
    ["Summary", () => summary(delivery, advice)],
    ["Payload", () => payload(delivery)],
    ["Callback", () => callback(delivery)],
  ];
  return h("section", { class: "pane", "aria-label": "Delivery" }, head, tabs(panels, { label: "Details of the delivery", chosen: lastTab, onchange: (name) => (lastTab = name) }));
}

function summary(delivery, advice) {
  const mono = (text) => text && h("span", { class: "mono" }, text);
  const record = (kind, sid) => sid && h("a", { class: "mono", href: linkTo("records", [kind, sid]) }, sid);
  const own = { ...delivery, ...advice }; // the title is that of Twilio's error, not the push's
  return [
    delivery.state === "failed" ? h("div", { class: "note bad" }, failure(own, "")) : h("p", { class: "note" }, "Sent: the provider accepted it. What the device did is not known to Twilio either."),
    facts([
      ["Identity", delivery.identity],
      ["Tags", (delivery.tags ?? []).join(", ")],
      ["Token or number", mono(delivery.address)],
      ["Provider's id", mono(delivery.message_id)],
      ["Notification", record("notifications", delivery.notification_sid)],
      ["Binding", record("bindings", delivery.binding_sid)],
      ["Afterwards", delivery.binding_change && `Twilio's binding: ${delivery.binding_change}`],
      ["Credential", record("credentials", delivery.credential_sid)],
      ["Service", record("services", delivery.service_sid)],
      ["Time (UTC)", dateOf(delivery.time)],
    ]),
    h("p", {}, h("a", { href: linkTo("calls", [], { q: delivery.notification_sid }) }, "The call that made it"), " · ", h("a", { href: linkTo("deliveries", [], { notification: delivery.notification_sid }) }, "All deliveries of this notification")),
  ];
}

function payload(delivery) {
  const [text, json] = pretty(JSON.stringify(delivery.payload));
  const headers = Object.entries(delivery.headers);
  return [
    headers.length ? h("div", { class: "section" }, h("h3", {}, "Headers"), facts(headers)) : null,
    h("div", { class: "section" }, h("h3", {}, "Payload, as the provider received it"), code(text, { json, label: "Payload" }), h("div", {}, button("Copy payload", () => copy(text, "Payload")))),
  ];
}

async function callback(delivery) {
  const { callbacks, sent } = await get("callbacks", { notification: delivery.notification_sid });
  if (!callbacks.length && !sent.length) return h("p", { class: "muted" }, "No callback: neither the notification nor the service has a DeliveryCallbackUrl.");
  return [...callbacks.map((one) => posted(one, `Due ${dateOf(one.due)}`)), ...sent.map((one) => posted(one, `Sent ${dateOf(one.time)}`, one.status))];
}

function posted(one, when, status) {
  const signature = one.headers?.find(([name]) => name.toLowerCase() === "x-twilio-signature")?.[1];
  return h(
    "div",
    { class: "card" },
    h("div", { class: "line" }, h("b", { class: "grow" }, when), h("span", { class: "muted" }, `attempt ${one.attempt}`), status === undefined ? h("span", { class: "pill" }, "waiting") : pill(status)),
    facts([["URL", one.url ?? one.host], ["Signature", signature && h("code", {}, signature)], ["Result", one.reason]]),
    one.headers ? h("div", { class: "section" }, h("h3", {}, "Headers"), facts(one.headers)) : null,
    one.body ? h("div", { class: "section" }, h("h3", {}, "Body"), code(readable(one.body), { fold: true, label: "Body of the callback" })) : null,
  );
}

/** Return a form with a parameter on each line, decoded. */
function readable(form) {
  return [...new URLSearchParams(form)].map(([name, value]) => `${name} = ${value}`).join("\n");
}
