/** The clock: the emulator's time, how to move it, and the callbacks that wait or were sent. */

import { ApiError, get, post } from "../core/api.js";
import { table } from "../core/controls.js";
import { button, fill, h } from "../core/dom.js";
import { dateOf, shortId } from "../core/format.js";
import { Form } from "../core/forms.js";
import { emulatorTime, model, on, setClock } from "../core/model.js";
import { linkTo } from "../core/router.js";
import { attempt, toast } from "../core/toast.js";

const STEPS = [["+1 s", "1s"], ["+1 min", "1m"], ["+1 h", "1h"], ["+1 day", "1d"]];

class ClockView {
  constructor(root) {
    this.now = h("p", { class: "big" });
    this.freeze = button("", () => this.move(model.isFrozen ? { resume: true } : { freeze: null }));
    this.form = new Form({
      action: "Set",
      fields: [{ name: "set", label: "Set the time (UTC)", placeholder: "2027-10-27T09:00:00", help: "Date, or date and time. A running clock runs on from there." }],
      submit: ({ set = "" }) => this.set(set),
    });
    this.callbacks = h("div", { class: "section" });
    const steps = STEPS.map(([text, advance]) => button(text, () => this.move({ advance })));
    root.append(h("div", { class: "scroll" }, h("div", { class: "page" }, h("div", { class: "section" }, h("h2", {}, "Emulator's time (UTC)"), this.now, h("div", { class: "line" }, this.freeze, h("div", { class: "group", role: "group", "aria-label": "Advance" }, steps))), this.form.element, this.callbacks)));
    this.stops = [on("clock", () => this.draw()), on("callbacks clock", () => this.load())];
    this.timer = setInterval(() => this.draw(), 500);
    this.draw();
    this.load();
  }

  update() {}

  stop() {
    clearInterval(this.timer);
    for (const stop of this.stops) stop();
  }

  move(change) {
    return attempt(async () => setClock(await post("clock", change)));
  }

  async set(time) {
    try {
      setClock(await post("clock", model.isFrozen ? { freeze: time } : { set: time }));
    } catch (error) {
      throw new ApiError(error.message, { field: "set" });
    }
  }

  draw() {
    const text = `${dateOf(emulatorTime())}${model.isFrozen ? " (frozen)" : ""}`;
    if (this.now.textContent !== text) this.now.textContent = text;
    const act = model.isFrozen ? "Resume" : "Freeze";
    if (this.freeze.textContent !== act) this.freeze.textContent = act;
  }

  async load() {
    const { callbacks, sent = [] } = await get("callbacks");
    const send = button("Send all now", () => attempt(() => this.send()), { title: "Sends them with their retries, and advances the clock" });
    fill(
      this.callbacks,
      h("div", { class: "line" }, h("h2", { class: "grow" }, "Waiting callbacks"), callbacks.length ? send : null),
      callbacks.length ? table("Waiting callbacks", ["Due", "In", "Host", "Notification", "Deliveries", "Attempt"], callbacks.map((one) => row(due(one)))) : h("p", { class: "muted" }, "None is waiting. A notification with a DeliveryCallbackUrl, or a service with one, makes callbacks."),
      sent.length ? [h("h2", {}, "Sent"), table("Callbacks that were sent", ["Time", "URL", "Notification", "Response"], sent.slice(-50).reverse().map((one) => row(done(one))))] : null,
    );
  }

  async send() {
    await post("callbacks");
    toast("The callbacks were sent");
    await this.load();
    setClock(await get("clock"));
  }
}

const row = (cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell)));

function due(callback) {
  const seconds = Math.round((Date.parse(callback.due) - Date.parse(emulatorTime())) / 1000);
  return [dateOf(callback.due), seconds > 0 ? `${seconds} s` : "now", callback.host ?? "invalid URL", h("code", {}, shortId(callback.notification_sid)), String(callback.count), String(callback.attempt)];
}

function done(one) {
  return [h("a", { href: linkTo("calls", [String(one.number)]) }, dateOf(one.time)), one.url, h("code", {}, shortId(one.notification_sid)), String(one.status ?? one.reason)];
}

/** Show the view. */
export const show = (root) => new ClockView(root);
