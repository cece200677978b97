/** Controls that several views have: a choice, a head with a way to close, a table. */

import { button, h } from "./dom.js";

/** Return a select. An option is a value, or a value and its text. */
export function select(options, props = {}) {
  const { value = "", ...rest } = props;
  return h("select", rest, options.map((one) => {
    const [key, text] = Array.isArray(one) ? one : [one, one];
    return h("option", { value: key, selected: String(key) === String(value) }, text);
  }));
}

/** Return the head of a pane. */
export function paneHead(title, close, ...extra) {
  return h("div", { class: "bar" }, h("h2", { class: "grow cut" }, title), extra, button("×", close, { class: "quiet", "aria-label": "Close the details", title: "Esc" }));
}

/** Return a group of buttons of which one is pressed. `choose(name)` is called for a click. */
export function choices(label, options, choose, kind = "group") {
  return h("div", { class: kind, role: "group", "aria-label": label }, options.map((one) => {
    const [name, text] = Array.isArray(one) ? one : [one, one];
    return button(text, () => choose(name), { data: { name } });
  }));
}

/** Show which button of a group is pressed. */
export function press(group, name) {
  for (const one of group.children) one.setAttribute("aria-pressed", String(one.dataset.name === name));
}

/** Return a table that scrolls by itself. Rows are elements. */
export function table(label, heads, rows) {
  const head = h("tr", {}, heads.map((text) => h("th", { scope: "col" }, text || h("span", { class: "hidden-text" }, "Actions"))));
  return h("div", { class: "table", tabindex: "0", role: "region", "aria-label": label }, h("table", {}, h("thead", {}, head), h("tbody", {}, rows)));
}

/** Return what a view shows while it has nothing. */
export function empty(title, ...content) {
  return h("div", { class: "empty" }, h("h2", { class: "line" }, title), content);
}
