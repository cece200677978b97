/** Connect: the lines to paste for each language, and a check whether a call arrived. */

import { choices, press } from "../core/controls.js";
import { button, facts, fill, h } from "../core/dom.js";
import { code, dateOf } from "../core/format.js";
import { model, on } from "../core/model.js";
import { goTo, linkTo } from "../core/router.js";
import { copy } from "../core/toast.js";
import { connection, environmentLine, languages, linesFor } from "../parts/languages.js";

class Connect {
  constructor(root, path) {
    this.group = choices("Language", languages(), (name) => goTo("connect", [name], {}, { replace: true }), "line");
    this.shown = h("div", { class: "section" });
    this.check = h("div", { role: "status" });
    this.server = h("div", { class: "section" });
    root.append(h("div", { class: "scroll" }, h("div", { class: "page" }, this.check, h("div", { class: "section" }, h("h2", {}, "Language"), this.group), this.shown, this.server)));
    this.since = null;
    this.stops = [on("calls", () => this.drawCheck()), on("clock accounts", () => this.drawServer())];
    this.update(path);
  }

  update(path) {
    this.name = languages().find((name) => name === path[0]) ?? languages()[0];
    press(this.group, this.name);
    this.draw();
    this.drawCheck();
    this.drawServer();
  }

  stop() {
    for (const stop of this.stops) stop();
  }

  draw() {
    const { variables, program, note } = connection(this.name, model.about);
    fill(
      this.shown,
      this.name === "curl" ? step("Without any setup", linesFor("curl", model.about)) : null,
      step("1. In the shell that starts your program", environmentLine()),
      h("p", { class: "muted" }, "This sets proxy, certificates and account. Your code stays as it is for the real service. ", note),
      variables ? h("details", {}, h("summary", {}, "Only the variables that this client needs"), step("", variables)) : null,
      step("2. A first call", program),
      h("p", { class: "muted" }, "To start a program with these variables and without a server of its own: ", h("code", {}, "notify-mock exec -- COMMAND")),
    );
  }

  drawCheck() {
    const call = model.calls.at(-1);
    if (model.about) this.since ??= call?.number ?? 0;
    if (!call) {
      fill(this.check, h("p", { class: "note line" }, h("span", { class: "waiting", "aria-hidden": "true" }), "Waiting for the first call."));
      return;
    }
    const isNew = this.since !== null && call.number > this.since;
    const text = isNew ? "A call arrived: " : "Calls arrive. The last one: ";
    fill(this.check, h("p", { class: "note line" }, h("span", { class: "dot ok" }), text, h("a", { href: linkTo("calls", [String(call.number)]) }, `${call.call ?? "no call"} ${call.status ?? ""}`), h("span", { class: "muted" }, dateOf(call.time))));
  }

  drawServer() {
    const { about } = model;
    if (!about) return;
    if (this.known !== about) {
      this.known = about;
      this.draw();
    }
    fill(this.server, h("h2", {}, "This server"), facts([
      ["URL", h("span", { class: "mono" }, location.origin)],
      ["Account", h("span", { class: "mono" }, about.default_account)],
      ["Auth token", about.strict ? "the one that was given with --account" : "any"],
      ["Certificate authority", h("span", { class: "mono" }, about.certificate?.file ?? "none yet: it is created when notify-mock env, exec or --tls is first used")],
      ["Version", about.version],
    ]));
  }
}

function step(title, text) {
  return h("div", { class: "section" }, title ? h("h3", {}, title) : null, h("div", { class: "line" }, h("div", { class: "grow" }, code(text, { fold: true, label: title || "Variables" })), button("Copy", () => copy(text, "Text"))));
}

/** Show the view. */
export const show = (root, path) => new Connect(root, path);
