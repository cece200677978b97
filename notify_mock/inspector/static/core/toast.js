/** Short messages at the edge of the page, read aloud by screen readers, and the clipboard. */

import { h, button } from "./dom.js";

const SECONDS = 6;

/** Show a message. An error stays until it is closed. */
export function toast(text, { bad = false } = {}) {
  const close = () => note.remove();
  const note = h("div", { class: bad ? "toast bad" : "toast" }, h("span", { class: "grow" }, text), button("Close", close, { class: "quiet" }));
  document.getElementById("toasts").append(note);
  while (note.parentElement.children.length > 4) note.parentElement.firstElementChild.remove();
  if (!bad) setTimeout(close, SECONDS * 1000);
}

/** Run an action, and show its error as a message. Returns whether it succeeded. */
export async function attempt(action) {
  try {
    await action();
    return true;
  } catch (error) {
    toast(error.message, { bad: true });
    return false;
  }
}

/** Copy a text, also on a page without HTTPS, where browsers have no clipboard. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { class: "hidden-text", "aria-hidden": "true", value: text });
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(`${what} copied`);
}
