/** The deliveries: phones side by side, the newest first. */

import { get } from "../core/api.js";
import { empty, select } from "../core/controls.js";
import { button, fill, h } from "../core/dom.js";
import { bindKeys } from "../core/keys.js";
import { model, on } from "../core/model.js";
import { goTo, linkTo } from "../core/router.js";
import { loadAdvice } from "../core/errors.js";
import { deliveryDetail } from "../parts/delivery.js";
import { phone } from "../parts/phone.js";

const PAGE = 60;
const MAX_SHOWN = 600;
const SEARCHES = [["identity", "Identity"], ["tag", "Tag"], ["address", "Token or number"], ["notification", "Notification"], ["title", "Title"], ["body", "Body"]];
const CHANNELS = ["apn", "fcm", "gcm", "sms"];

class DeliveriesView {
  constructor(root, path, query) {
    const by = SEARCHES.find(([name]) => query[name]) ?? SEARCHES[0];
    const onchange = () => this.refine();
    this.by = select(SEARCHES, { "aria-label": "Search in", value: by[0], onchange });
    this.filter = h("input", { class: "filter", type: "search", "aria-label": "Filter deliveries", placeholder: "Filter, then Enter ( / )", spellcheck: "false", value: query[by[0]] ?? "", onchange });
    this.channel = select([["", "All channels"], ...CHANNELS], { "aria-label": "Channel", value: query.channel, onchange });
    this.state = select([["", "Sent and failed"], ["sent", "Sent"], ["failed", "Failed"]], { "aria-label": "State", value: query.state, onchange });
    this.count = h("span", { class: "muted small", role: "status" });
    this.phones = h("div", { class: "phones" });
    this.alerts = h("div", {});
    this.older = button("Show older", () => this.loadOlder(), {});
    this.empty = h("div", {});
    this.list = h("div", { class: "pane" }, h("div", { class: "scroll" }, this.alerts, this.empty, this.phones, h("div", { class: "page" }, h("div", {}, this.older))));
    this.split = h("div", { class: "split" }, this.list);
    root.append(h("form", { class: "bar", onsubmit: (event) => { event.preventDefault(); this.refine(); } }, this.by, this.filter, this.channel, this.state, this.count), this.split);
    this.stops = [on("deliveries", () => this.follow()), on("account", () => this.load())];
    bindKeys({ j: () => this.move(1), k: () => this.move(-1), Escape: () => this.close() });
    this.shown = new Map();
    this.update(path, query);
  }

  update(path, query) {
    const isOther = JSON.stringify(query) !== JSON.stringify(this.query);
    this.query = query;
    this.chosen = path[0] ?? null;
    if (isOther) this.load();
    else this.drawDetail();
  }

  stop() {
    for (const stop of this.stops) stop();
  }

  refine() {
    const given = this.filter.value.trim();
    goTo("deliveries", [], { [this.by.value]: given, channel: this.channel.value, state: this.state.value }, { replace: true });
  }

  criteria() {
    return { ...this.query, account: model.account };
  }

  async load() {
    const query = this.query;
    const [found, advice] = await Promise.all([get("deliveries", { ...this.criteria(), last: PAGE }), loadAdvice()]);
    this.advice = advice;
    if (query !== this.query) return;
    this.shown.clear();
    this.phones.replaceChildren();
    this.add(found.deliveries);
    this.drawState(found);
    this.older.hidden = found.deliveries.length < PAGE;
    this.drawDetail();
  }

  async loadOlder() {
    const first = [...this.shown.values()].at(-1)?.delivery.sid;
    const oldest = this.phones.lastElementChild?.dataset.sid ?? first;
    const { deliveries } = await get("deliveries", { ...this.criteria(), before: oldest, last: PAGE });
    this.older.hidden = deliveries.length < PAGE;
    for (const one of deliveries.reverse()) this.phones.append(this.draw(one));
  }

  /** Add what was delivered since; read all again if the newest one is gone. */
  async follow() {
    if (this.isFollowing) return;
    this.isFollowing = true;
    try {
      const newest = this.phones.firstElementChild?.dataset.sid;
      if (!newest) {
        await this.load();
        return;
      }
      const found = await get("deliveries", { ...this.criteria(), after: newest, last: PAGE });
      if (found.deliveries.length >= PAGE) await this.load();
      else this.add(found.deliveries);
      this.drawState(found);
    } catch (error) {
      if (error.status !== 400) throw error;
      await this.load();
    } finally {
      this.isFollowing = false;
    }
  }

  add(deliveries) {
    for (const one of deliveries) this.phones.prepend(this.draw(one));
    while (this.phones.children.length > MAX_SHOWN) {
      this.shown.delete(this.phones.lastElementChild.dataset.sid);
      this.phones.lastElementChild.remove();
      this.older.hidden = false;
    }
  }

  draw(delivery) {
    const element = phone(delivery, { title: this.advice.get(delivery.code)?.title ?? "", onclick: () => goTo("deliveries", [delivery.sid], this.query) });
    this.shown.set(delivery.sid, { delivery, element });
    return element;
  }

  drawState({ alerts = [], count }) {
    this.count.textContent = this.shown.size === count || count === undefined ? `${this.shown.size}` : `${this.shown.size} of ${count}`;
    fill(this.alerts, alerts.slice(-3).map((alert) => h("p", { class: "note warn" }, h("b", {}, `${alert.code} ${this.advice.get(alert.code)?.title ?? ""} `), alert.reason ?? "", " ", h("a", { href: linkTo("calls", [], { q: alert.notification_sid }) }, "The call"))));
    fill(this.empty, this.shown.size ? null : nothing(Object.keys(this.query).length > 0));
  }

  move(step) {
    const all = [...this.phones.children];
    const at = all.findIndex((one) => one === document.activeElement || one.dataset.sid === this.chosen);
    all[Math.min(all.length - 1, Math.max(0, at + step))]?.focus();
  }

  close() {
    const { chosen } = this;
    goTo("deliveries", [], this.query);
    this.shown.get(chosen)?.element.focus();
  }

  drawDetail() {
    this.split.querySelector(".pane + .pane")?.remove();
    const found = this.shown.get(this.chosen);
    this.split.classList.toggle("open", Boolean(found));
    for (const [sid, { element }] of this.shown) element.setAttribute("aria-pressed", String(sid === this.chosen));
    if (!found) return;
    this.split.append(deliveryDetail(found.delivery, { advice: this.advice.get(found.delivery.code), close: () => this.close() }));
    found.element.scrollIntoView?.({ block: "nearest" });
  }
}

function nothing(isFiltered) {
  if (isFiltered) return empty("No delivery matches the filter", h("div", {}, button("Remove the filter", () => goTo("deliveries"))));
  return empty(
    "Nothing was delivered yet",
    h("p", {}, "A push appears here as its device would show it, as soon as a notification is created. It needs:"),
    h("ol", { class: "section" }, h("li", {}, "1. a credential, such as fcm or apn"), h("li", {}, "2. a service that uses the credential"), h("li", {}, "3. a binding: a device, with an identity"), h("li", {}, "4. a notification to that identity")),
    h("p", {}, "Your program creates these, or you do, in ", h("a", { href: linkTo("records") }, "Records"), "."),
  );
}

/** Show the view. */
export const show = (root, path, query) => new DeliveriesView(root, path, query);
