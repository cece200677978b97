/** Forms from a list of fields, with errors beside the field that they are about. */

import { select } from "./controls.js";
import { fill, h, newId } from "./dom.js";

/**
 * A form. A field has `name`, `kind` (text, number, select, area, check or list), and may have `label`, `options`,
 * `help`, `value`, `placeholder`, `required`, `wide`. `submit(values)` is called with what was entered; what it throws
 * is shown.
 */
export class Form {
  constructor({ fields, action, submit, extra = [] }) {
    this.action = submit;
    this.fields = h("div", { class: "field-wide" });
    this.problem = h("p", { class: "error field-wide", role: "alert", hidden: true });
    this.send = h("button", { class: "button main", type: "submit" }, action);
    this.element = h("form", { class: "fields", novalidate: true, autocomplete: "off", onsubmit: (event) => this.submitted(event) });
    this.buttons = h("div", { class: "line field-wide" }, this.send, extra);
    this.show(fields);
  }

  /** Show other fields. What was entered in fields of the same name is kept. */
  show(fields) {
    const before = this.controls ? this.entered() : {};
    this.controls = new Map(fields.map((field) => [field.name, control(field, before[field.name])]));
    fill(this.element, this.problem, [...this.controls.values()].map((one) => one.element), this.buttons);
  }

  entered() {
    return Object.fromEntries([...this.controls].map(([name, one]) => [name, one.raw()]));
  }

  /** Return the values by name, without the fields that were left empty. */
  values() {
    const given = [...this.controls].map(([name, one]) => [name, one.read()]);
    return Object.fromEntries(given.filter(([, value]) => value !== "" && value !== null && !(Array.isArray(value) && !value.length)));
  }

  set(name, value) {
    this.controls.get(name)?.write(value);
  }

  async submitted(event) {
    event.preventDefault();
    this.clear();
    this.send.disabled = true;
    try {
      await this.action(this.values());
    } catch (error) {
      this.refuse(error.message, error.field ?? "");
    } finally {
      this.send.disabled = false;
    }
  }

  clear() {
    this.problem.hidden = true;
    for (const one of this.controls.values()) one.refuse("");
  }

  /** Show an error beside the field it names, or above the form. */
  refuse(message, field) {
    const found = this.controls.get(field) ?? [...this.controls].find(([name]) => same(name, field) || mentions(message, name))?.[1];
    if (found) {
      found.refuse(message);
      found.focus();
      return;
    }
    fill(this.problem, message).hidden = false;
    this.problem.scrollIntoView?.({ block: "nearest" });
  }
}

const plain = (name) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
const same = (name, other) => other !== "" && plain(name) === plain(other.split(/[.[]/)[0]);
const mentions = (message, name) => new RegExp(`\\b${name}\\b`).test(message);

function control(field, before) {
  const id = newId("field");
  const error = h("p", { class: "error small", id: `${id}-error`, role: "alert", hidden: true });
  const help = field.help ? h("p", { class: "muted small", id: `${id}-help` }, field.help) : null;
  const input = inputOf(field, { id, name: field.name, "aria-describedby": `${id}-error${help ? ` ${id}-help` : ""}`, "aria-required": field.required ? "true" : null });
  const isCheck = field.kind === "check";
  const start = before ?? field.value;
  if (start !== undefined && start !== null) write(input, start);
  const label = h("label", { for: id }, field.label ?? field.name, field.required ? h("span", { class: "muted" }, " (required)") : null);
  const element = h("div", { class: field.wide || field.kind === "area" ? "field wide" : "field" }, isCheck ? h("div", { class: "line" }, input, label) : [label, input], error, help);
  return {
    element,
    raw: () => (isCheck ? input.checked : input.value),
    read: () => read(field, input),
    write: (value) => write(input, value),
    focus: () => input.focus(),
    refuse(message) {
      fill(error, message).hidden = !message;
      if (message) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    },
  };
}

function inputOf(field, props) {
  const { kind = "text", options = [], placeholder, onchange, rows } = field;
  if (kind === "select") return select(options, { ...props, onchange });
  if (kind === "area") return h("textarea", { ...props, placeholder, rows: rows ?? 3, spellcheck: "false" });
  if (kind === "check") return h("input", { ...props, type: "checkbox" });
  const type = kind === "number" ? { inputmode: "decimal" } : {};
  return h("input", { ...props, type: "text", placeholder, spellcheck: "false", list: field.list, onchange, ...type });
}

function write(input, value) {
  if (input.type === "checkbox") input.checked = value === true || value === "true";
  else input.value = Array.isArray(value) ? value.join(", ") : String(value);
}

function read(field, input) {
  if (field.kind === "check") return input.checked === Boolean(field.value) && !field.always ? null : input.checked;
  const text = input.value;
  if (field.kind === "list") return text.split(",").map((one) => one.trim()).filter(Boolean);
  if (field.kind === "number" && text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  return field.kind === "area" ? text : text.trim();
}
