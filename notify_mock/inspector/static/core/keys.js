/** The keyboard: one key or two in a row for an action, and the list of all of them. */

import { h, button } from "./dom.js";

const GOES = { c: "calls", d: "deliveries", r: "records", f: "faults", k: "clock", n: "connect" };
const HELP = [
  ["/", "filter"],
  ["j, k", "next, previous row"],
  ["Enter", "open the row"],
  ["Esc", "close the details, leave a field"],
  ["g c, g d, g r", "calls, deliveries, records"],
  ["g f, g k, g n", "faults, clock, connect"],
  ["p", "pause the list, or resume it"],
  ["y", "copy the call in the last format"],
  ["?", "this list"],
];
const PAUSE = 1500;

let bound = {};

/** Bind keys of the current view, instead of those of the last one. */
export function bindKeys(keys) {
  bound = keys;
}

/** Listen to the keyboard. `go` changes the view. */
export function startKeys(go) {
  let prefixed = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const isSecond = event.timeStamp - prefixed < PAUSE;
    prefixed = 0;
    if (isSecond && GOES[event.key]) go(GOES[event.key]);
    else if (event.key === "g") prefixed = event.timeStamp;
    else if (event.key === "?") showHelp();
    else if (event.key === "/") focusFilter();
    else if (bound[event.key] && !(event.key === "Enter" && isControl(event.target))) bound[event.key]();
    else return;
    event.preventDefault();
  });
}

function isTyping(target) {
  return target.matches("textarea, select, input:not([type=checkbox], [type=file])");
}

function isControl(target) {
  return target.closest("button, a, summary, [role=tab]") !== null;
}

function focusFilter() {
  const filter = document.querySelector("#main .filter");
  filter?.focus();
  filter?.select();
}

/** Show the keys in a dialog. */
export function showHelp() {
  const close = () => dialog.close();
  const rows = HELP.map(([keys, what]) => [h("dt", {}, keys.split(", ").map((both, index) => [index ? ", " : "", both.split(" ").map((key) => h("kbd", {}, key))])), h("dd", {}, what)]);
  const dialog = h(
    "dialog",
    { "aria-label": "Keyboard", onclose: () => dialog.remove() },
    h("div", { class: "section" }, h("h1", {}, "Keyboard"), h("dl", { class: "facts" }, rows), button("Close", close)),
  );
  document.body.append(dialog);
  dialog.showModal();
}
