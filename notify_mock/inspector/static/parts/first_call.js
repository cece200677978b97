/** What to do when nothing has arrived yet: the lines for the reader's language. */

import { button, fill, h } from "../core/dom.js";
import { code } from "../core/format.js";
import { model } from "../core/model.js";
import { linkTo } from "../core/router.js";
import { copy } from "../core/toast.js";
import { languages, linesFor } from "./languages.js";

/** Return the empty state of the calls. It goes as soon as a call arrives. */
export function firstCall() {
  const shown = h("div", { class: "section" });
  const names = languages();
  const choose = (name) => {
    for (const one of group.children) one.setAttribute("aria-pressed", String(one.dataset.name === name));
    const text = linesFor(name, model.about);
    fill(shown, code(text, { label: name }), h("div", {}, button("Copy", () => copy(text, name))));
  };
  const group = h("div", { class: "line", role: "group", "aria-label": "Language" }, names.map((name) => button(name, () => choose(name), { data: { name } })));
  choose(names[0]);
  return h(
    "div",
    { class: "empty" },
    h("h2", { class: "line" }, h("span", { class: "waiting", "aria-hidden": "true" }), "Waiting for the first call"),
    h("p", {}, "Make a call to the emulator, and it appears here at once. To try:"),
    group,
    shown,
    h("p", { class: "muted" }, "More ways, and how to check that a program reaches the emulator: ", h("a", { href: linkTo("connect") }, "Connect"), "."),
  );
}
