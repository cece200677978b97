/** The calls: a live list, its filters, and the details of one call. */

import { choices, empty, press } from "../core/controls.js";
import { button, fill, h } from "../core/dom.js";
import { kindOf } from "../core/format.js";
import { bindKeys } from "../core/keys.js";
import { model, on } from "../core/model.js";
import { goTo } from "../core/router.js";
import { Rows } from "../core/rows.js";
import { callDetail, copyLast } from "../parts/call.js";
import { drawCall, textOf } from "../parts/call_row.js";
import { firstCall } from "../parts/first_call.js";

const KINDS = [["", "All"], ["ok", "2xx"], ["warn", "4xx"], ["bad", "5xx"], ["fault", "Faults"]];

class Calls {
  constructor(root, path, query) {
    this.path = path;
    this.query = query;
    this.paused = null;
    this.rows = new Rows({
      label: "Calls",
      draw: drawCall,
      keyOf: (call) => call.number,
      choose: (call) => this.go({ path: [String(call.number)] }),
      onscroll: () => this.drawMore(),
    });
    this.filter = h("input", { class: "filter", type: "search", "aria-label": "Filter calls", placeholder: "Filter: name, status, parameter, SID ( / )", spellcheck: "false", value: query.q ?? "", oninput: () => this.refine({ q: this.filter.value }) });
    this.kinds = choices("Status", KINDS, (status) => this.refine({ status }));
    this.pause = button("Pause", () => this.togglePause(), { title: "p" });
    this.count = h("span", { class: "muted small" });
    this.more = button("Newest ↓", () => this.rows.toEnd(), { class: "more" });
    this.empty = h("div", { class: "scroll" });
    this.list = h("div", { class: "pane" }, this.rows.element, this.more, this.empty);
    this.split = h("div", { class: "split" }, this.list);
    root.append(h("div", { class: "bar" }, this.filter, this.kinds, this.pause, this.count), this.split);
    this.stops = [on("calls", (detail) => this.drawList(detail)), on("account", () => this.drawList())];
    bindKeys({
      j: () => this.rows.move(1),
      k: () => this.rows.move(-1),
      Enter: () => this.open(),
      Escape: () => this.close(),
      p: () => this.togglePause(),
      y: copyLast,
    });
    this.update(path, query);
  }

  update(path, query) {
    this.path = path;
    this.query = query;
    this.drawList();
    this.drawDetail();
  }

  stop() {
    this.rows.stop();
    for (const stop of this.stops) stop();
  }

  go({ path = this.path, query = this.query, replace = false }) {
    goTo("calls", path, query, { replace });
  }

  refine(changes) {
    this.go({ query: { ...this.query, ...changes }, replace: true });
  }

  /** Open the selected row from the keyboard: the next Tab is into its details. */
  open() {
    this.rows.open();
    this.rows.element.focus();
  }

  close() {
    const number = this.rows.selected;
    this.go({ path: [] });
    this.rows.selected = number;
    this.rows.element.focus();
  }

  togglePause() {
    this.paused = this.paused ? null : model.calls;
    this.drawList();
  }

  matching() {
    const { q = "", status = "" } = this.query;
    const words = q.toLowerCase().split(/\s+/).filter(Boolean);
    const calls = this.paused ?? model.calls;
    if (!words.length && !status && !model.account) return calls;
    return calls.filter((call) => (!model.account || call.account_sid === model.account) && (!status || isOf(call, status)) && matches(call, words));
  }

  drawList({ dropped = 0 } = {}) {
    const found = this.matching();
    const total = model.calls.length;
    this.rows.element.hidden = !found.length;
    this.empty.hidden = found.length > 0;
    if (!found.length && this.empty.dataset.total !== String(total > 0)) {
      this.empty.dataset.total = String(total > 0);
      fill(this.empty, total ? this.nothingFound() : firstCall());
    }
    this.rows.show(found, found === model.calls ? dropped : 0);
    const missed = this.paused ? total - this.paused.length : 0;
    fill(this.pause, this.paused ? `Resume${missed > 0 ? ` (${missed} new)` : ""}` : "Pause");
    this.pause.setAttribute("aria-pressed", String(Boolean(this.paused)));
    this.count.textContent = found.length === total ? `${total}` : `${found.length} of ${total}`;
    press(this.kinds, this.query.status ?? "");
    this.drawMore();
  }

  drawMore() {
    this.more.hidden = this.rows.isAtEnd() || !this.rows.items.length;
  }

  nothingFound() {
    return empty("No call matches the filter", h("div", {}, button("Remove the filter", () => {
      this.filter.value = "";
      this.go({ query: {} });
    })));
  }

  drawDetail() {
    const number = Number(this.path[0]) || null;
    if (number === this.number) return;
    this.number = number;
    this.split.querySelector(".pane + .pane")?.remove();
    this.split.classList.toggle("open", number !== null);
    if (number === null) {
      this.rows.selected = null;
      this.rows.paint();
      return;
    }
    this.rows.sticky = false;
    this.split.append(callDetail(number, { close: () => this.close() }));
    this.rows.select(number);
    this.drawMore();
  }
}

function isOf(call, kind) {
  if (kind === "fault") return call.faults.length > 0;
  return kindOf(call.status) === kind;
}

function matches(call, words) {
  const text = model.failed.has(call.sid) ? `${textOf(call)} failed` : textOf(call);
  return words.every((word) => text.includes(word));
}

/** Show the view. */
export const show = (root, path, query) => new Calls(root, path, query);
