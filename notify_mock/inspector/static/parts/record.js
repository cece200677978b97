/** One record: made, changed and deleted by calls to the emulated API, with Twilio's own refusals. */

import { ApiError, get, post } from "../core/api.js";
import { button, facts, fill, h } from "../core/dom.js";
import { Form } from "../core/forms.js";
import { model } from "../core/model.js";
import { toast } from "../core/toast.js";
import { fieldOf, hostFor, RESOURCES } from "./resources.js";
import { upload } from "./upload.js";

/** Make a call of the emulated API. Returns its JSON; throws Twilio's refusal. */
async function call(method, path, params, account) {
  const made = await post("calls", { method, path, params, ...(account ? { account } : {}) });
  const body = made.body ? JSON.parse(made.body) : null;
  if (made.status === null) throw new ApiError("No response: a fault rule broke the connection.");
  if (made.status >= 400) throw new ApiError(`${body?.code ?? made.status}: ${body?.message ?? "refused"}`, { status: made.status });
  return body;
}

/** Return a pane with the form for a new record. `done(record)` is called after it was made. */
export async function newRecord(kind, { close, done }) {
  const resource = RESOURCES[kind];
  const service = resource.inService ? await serviceField() : [];
  const known = await credentials(resource);
  const form = new Form({
    action: `Create ${resource.one}`,
    fields: [...service, ...resource.fields.map((field) => ({ ...field, list: field.from ? "known-credentials" : undefined }))],
    submit: async ({ Service = "", ...params }) => {
      const made = await call("POST", resource.path(Service || "IS0"), params, model.account);
      toast(`Created ${made.sid}`);
      done(made);
    },
  });
  const files = kind === "credentials" ? upload((parameters) => Object.entries(parameters).forEach(([name, value]) => form.set(name, value))) : null;
  return pane(`New ${resource.one}`, close, [h("p", { class: "muted" }, resource.teach), files, form.element, known]);
}

/** Return a pane with a record: its fields, and a form for what Twilio lets change. */
export async function showRecord(kind, record, { close, done }) {
  const resource = RESOURCES[kind];
  const path = `${hostFor(record.region)}${resource.path(record.service_sid)}/${record.sid}`;
  const known = await credentials(resource);
  const drop = kind === "notifications" ? null : deleting(() => call("DELETE", path, {}, record.account_sid).then(() => {
    toast(`Deleted ${record.sid}`);
    close();
    done();
  }), resource.one);
  const shown = Object.entries(record).map(([name, value]) => [name, valueOf(value)]);
  return pane(`${resource.one} ${record.sid}`, close, [resource.fixed ? changing(resource, record, path, done) : h("p", { class: "muted" }, `Twilio has no update for a ${resource.one}.`), known, drop, h("div", { class: "section" }, h("h3", {}, "Fields"), facts(shown))]);
}

function changing(resource, record, path, done) {
  const starts = (field) => record[fieldOf(field.name)] ?? "";
  const fields = resource.fields.filter((field) => !resource.fixed.includes(field.name)).map((field) => ({ ...field, required: false, value: starts(field), list: field.from ? "known-credentials" : undefined }));
  const form = new Form({
    action: "Save",
    fields,
    submit: async () => {
      const now = form.entered();
      const changed = Object.entries(now).filter(([name, value]) => value !== String(starts({ name })));
      if (!changed.length) throw new ApiError("Nothing was changed.");
      const made = await call("POST", path, Object.fromEntries(changed), record.account_sid);
      toast(`Saved ${made.sid}`);
      done(made);
    },
  });
  return form.element;
}

/** Return a button that asks once more. */
function deleting(act, name) {
  const problem = h("p", { class: "error", role: "alert" });
  const first = button(`Delete ${name}`, () => fill(line, h("span", {}, "Delete it?"), button("Delete", sure, { class: "danger" }), button("Keep", () => fill(line, first)), problem), { class: "danger" });
  const sure = () => act().catch((error) => fill(problem, error.message));
  const line = h("div", { class: "line" }, first);
  return line;
}

async function serviceField() {
  const { records } = await get("records/services", { account: model.account, limit: 200 });
  return [{ name: "Service", kind: "select", required: true, options: records.map((one) => [one.sid, one.friendly_name ? `${one.friendly_name} (${one.sid})` : one.sid]), help: records.length ? "" : "There is no service yet. Create one first.", wide: true }];
}

/** Return the credentials as suggestions for fields that take one. */
async function credentials(resource) {
  if (!resource.fields.some((field) => field.from)) return null;
  const { records } = await get("records/credentials", { account: model.account, limit: 200 });
  return h("datalist", { id: "known-credentials" }, records.map((one) => h("option", { value: one.sid }, `${one.type} ${one.friendly_name ?? ""}`)));
}

function pane(title, close, content) {
  const bar = h("div", { class: "bar" }, h("h2", { class: "grow cut" }, title), button("×", close, { class: "quiet", "aria-label": "Close the form", title: "Esc" }));
  return h("section", { class: "pane", "aria-label": title }, bar, h("div", { class: "scroll detail", tabindex: "0" }, content));
}

function valueOf(value) {
  if (value === null || value === "") return null;
  return h("span", { class: "mono" }, typeof value === "object" ? JSON.stringify(value) : String(value));
}
