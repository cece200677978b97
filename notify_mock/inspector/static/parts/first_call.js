/** What to do when nothing has arrived yet: the lines for the reader's language. */

import { choices, empty, press } from "../core/controls.js";
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
    press(group, name);
    const text = linesFor(name, model.about);
    fill(shown, code(text, { label: name }), h("div", {}, button("Copy", () => copy(text, name))));
  };
  const group = choices("Language", names, choose, "line");
  choose(names[0]);
  return empty(
    [h("span", { class: "waiting", "aria-hidden": "true" }), "Waiting for the first call"],
    h("p", {}, "Make a call to the emulator, and it appears here at once. To try:"),
    group,
    shown,
    h("p", { class: "muted" }, "More ways, and how to check that a program reaches the emulator: ", h("a", { href: linkTo("connect") }, "Connect"), "."),
  );
}
