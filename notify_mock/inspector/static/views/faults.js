/** The faults: break the next call, scenarios as switches, rules with their counters, and a form for a rule. */

import { get, post, remove, segment } from "../core/api.js";
import { select, table } from "../core/controls.js";
import { button, fill, h } from "../core/dom.js";
import { loadMessages } from "../core/errors.js";
import { Form } from "../core/forms.js";
import { isSpent, model, on, refreshFaults } from "../core/model.js";
import { linkTo } from "../core/router.js";
import { attempt, toast } from "../core/toast.js";
import { effectsOf, fieldsFor, ruleOf } from "../parts/rule_fields.js";

const NEXT = [
  ["429 Too many requests", { effect: "refuse", code: 20429 }],
  ["503 from the edge", { effect: "refuse", code: 20503 }],
  ["500 Internal server error", { effect: "status", status: 500 }],
  ["No response: the connection closes", { effect: "drop" }],
  ["No response, but the call is carried out", { effect: "drop", phase: "after" }],
  ["5 seconds late", { effect: "delay", seconds: 5 }],
  ["A body that is cut short", { effect: "truncate" }],
];
const NO_FAULT = "No rule is armed. Break the next call, switch on a scenario, or add a rule, and watch how your program takes it.";

class FaultsView {
  constructor(root, path) {
    this.rules = h("div", { class: "section" });
    this.scenarios = h("div", { class: "cards" });
    this.adding = h("div", { class: "section" });
    this.names = h("datalist", { id: "call-names" });
    root.append(h("div", { class: "scroll" }, h("div", { class: "page" }, this.breakNext(), this.rules, h("div", { class: "section" }, h("h2", {}, "Scenarios"), this.scenarios), this.adding, this.names)));
    this.stops = [on("faults", () => this.draw())];
    this.update(path);
    this.loadForm();
  }

  update(path) {
    this.marked = path[0] ?? "";
    this.draw();
  }

  stop() {
    for (const stop of this.stops) stop();
  }

  breakNext() {
    const call = h("input", { type: "text", placeholder: "any call", list: "call-names", "aria-label": "Name of the call", spellcheck: "false" });
    const how = select(NEXT.map(([text], index) => [index, text]), { "aria-label": "How it fails", value: 0 });
    const add = (event) => {
      event.preventDefault();
      return attempt(async () => {
        const made = await post("faults", { call: call.value.trim() || "*", times: 1, ...NEXT[how.value][1] });
        toast(`The next ${made.call === "*" ? "call" : made.call} fails: rule ${made.name}`);
        await refreshFaults();
      });
    };
    return h("div", { class: "section" }, h("h2", {}, "Break the next call"), h("form", { class: "line", onsubmit: add }, h("span", {}, "The next"), call, h("span", {}, "gets"), how, h("button", { type: "submit", class: "button main" }, "Break the next call")));
  }

  draw() {
    const { faults } = model;
    const clear = button("Remove all", () => this.change(() => remove("faults")), { class: "danger" });
    const heads = ["Rule", "Applies to", "Effect", "Seen / applied", ""];
    fill(
      this.rules,
      h("div", { class: "line" }, h("h2", { class: "grow" }, "Rules"), faults.length ? clear : null),
      faults.length
        ? table("Rules", heads, faults.map((rule) => this.row(rule)))
        : h("p", { class: "muted" }, NO_FAULT),
    );
    this.loadScenarios();
  }

  row(rule) {
    const { name, call, effect, seen, fired, phase, ...rest } = rule;
    const details = Object.entries(rest).filter(([key, value]) => value !== null && key !== "unused").map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : value}`);
    return h(
      "tr",
      { "aria-selected": this.marked === name ? "true" : null },
      h("td", {}, h("b", {}, name)),
      h("td", {}, h("code", {}, call)),
      h("td", { class: "wrap" }, h("span", { class: "pill fault" }, effect), " ", h("span", { class: "muted" }, [phase === "after" ? "after the call" : "", ...details].filter(Boolean).join(", "))),
      h("td", {}, `${seen} / `, fired ? h("a", { href: linkTo("calls", [], { q: name }), "aria-label": `Show the ${fired} that ${name} applied to` }, String(fired)) : "0", isSpent(rule) ? h("span", { class: "muted" }, " done") : ""),
      h("td", {}, button("Remove", () => this.change(() => remove(`faults/${segment(name)}`)), { class: "quiet danger", "aria-label": `Remove ${name}` })),
    );
  }

  async change(action) {
    if (await attempt(action)) await refreshFaults();
  }

  async loadScenarios() {
    const { scenarios } = await get("scenarios");
    const focused = document.activeElement?.dataset?.scenario;
    fill(this.scenarios, scenarios.map((one) => this.scenario(one)));
    if (focused) this.scenarios.querySelector(`[data-scenario="${CSS.escape(focused)}"]`)?.focus();
  }

  scenario({ name, description, is_on: isOn }) {
    const flip = () => this.change(() => (isOn ? remove(`scenarios/${segment(name)}`) : post("faults", { scenario: name })));
    const control = h("button", { type: "button", class: "switch", role: "switch", "aria-checked": String(isOn), "aria-label": name, onclick: flip, data: { scenario: name } });
    return h("div", { class: "card" }, h("div", { class: "line" }, h("b", { class: "grow" }, name), control), h("p", { class: "muted" }, description));
  }

  async loadForm() {
    const [document, texts] = await Promise.all([get("openapi.json"), loadMessages()]);
    this.fillNames(document);
    const effects = effectsOf(document);
    let kind = "refuse";
    let all = false;
    const about = h("p", { class: "muted field-wide" });
    const redraw = () => {
      form.show(fieldsFor(document, kind, { all, texts }));
      about.textContent = effects.find(([one]) => one === kind)[1];
    };
    const choice = select(effects.map(([one]) => one), { "aria-label": "Effect", value: kind, onchange: () => { kind = choice.value; redraw(); } });
    const more = button("More conditions", () => { all = !all; more.setAttribute("aria-pressed", String(all)); redraw(); }, { "aria-pressed": "false" });
    const form = new Form({
      action: "Add rule",
      extra: [more],
      fields: fieldsFor(document, kind, { texts }),
      submit: async (values) => {
        const made = await post("faults", ruleOf(document, kind, values));
        toast(`Added ${made.name}`);
        await refreshFaults();
      },
    });
    redraw();
    fill(this.adding, h("h2", {}, "Add a rule"), h("div", { class: "line" }, h("span", {}, "Effect"), choice), about, form.element);
  }

  fillNames(document) {
    const resources = ["credential", "service", "binding", "notification"];
    const known = resources.flatMap((one) => [`${one}.*`, ...["create", "fetch", "list", "update", "delete"].map((verb) => `${one}.${verb}`)]);
    const deliveries = Object.keys(document.components.schemas.Providers.properties).map((name) => `delivery.${name === "apns" ? "apn" : name}`);
    fill(this.names, ["*", ...known.filter((name) => !/^(binding|notification)\.update|^notification\.(list|delete|fetch)/.test(name)), ...deliveries].map((value) => h("option", { value })));
  }
}

/** Show the view. */
export const show = (root, path) => new FaultsView(root, path);
