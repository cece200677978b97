/** One record: made, changed and deleted by calls to the emulated API, with Twilio's own refusals. */

import { ApiError, get, post } from "../core/api.js";
import { paneHead } from "../core/controls.js";
import { button, facts, fill, h } from "../core/dom.js";
import { shortId } from "../core/format.js";
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

/** Say where a record goes while all accounts are shown. */
const inAccount = () => (model.account || model.accounts.length < 2 ? "" : ` It is made in account ${shortId(model.about.default_account)}, unless another is chosen in the top bar.`);

/** Return a pane with the form for a new record. `done(record)` is called after it was made. */
export async function newRecord(kind, { close, done }) {
  const resource = RESOURCES[kind];
  const service = resource.inService ? await serviceField() : [];
  let type = "fcm";
  const fields = () => [...service, ...resource.fields.filter((field) => [undefined, type].includes(field.only))].map((field) => suggested(field.name === "Type" ? { ...field, value: type, onchange: (event) => turn(event.target.value) } : field));
  const turn = (other) => {
    type = other;
    form.show(fields());
  };
  const form = new Form({
    action: `Create ${resource.one}`,
    fields: fields(),
    submit: async ({ Service = "", ...params }) => {
      const made = await call("POST", resource.path(Service || "IS0"), params, model.account);
      toast(`Created ${made.sid}`);
      done(made);
    },
  });
  const use = (parameters) => {
    if (parameters.Type) turn(parameters.Type);
    for (const [name, value] of Object.entries(parameters)) form.set(name, value);
  };
  return pane(`New ${resource.one}`, close, [h("p", { class: "muted" }, resource.teach, inAccount()), kind === "credentials" ? upload(use) : null, form.element, await credentials(resource)]);
}

/** Return a pane with a record: its fields, and a form for what Twilio lets change. */
export async function showRecord(kind, record, { close, done }) {
  const resource = RESOURCES[kind];
  const path = `${hostFor(record.region)}${resource.path(record.service_sid)}/${record.sid}`;
  const drop = async () => {
    await call("DELETE", path, {}, record.account_sid);
    toast(`Deleted ${record.sid}`);
    close();
    done();
  };
  const shown = Object.entries(record).map(([name, value]) => [name, valueOf(value)]);
  const form = resource.fixed ? changing(resource, record, path, done) : h("p", { class: "muted" }, `Twilio has no update for a ${resource.one}.`);
  return pane(`${resource.one} ${record.sid}`, close, [form, await credentials(resource), kind === "notifications" ? null : deleting(drop, resource.one), h("div", { class: "section" }, h("h3", {}, "Fields"), facts(shown))]);
}

function changing(resource, record, path, done) {
  const startOf = (name) => String(record[fieldOf(name)] ?? "");
  const own = resource.fields.filter(({ name, only }) => !resource.fixed.includes(name) && [undefined, record.type].includes(only));
  const form = new Form({
    action: "Save",
    fields: own.map((field) => suggested({ ...field, required: false, value: startOf(field.name) })),
    submit: async () => {
      const changed = Object.entries(form.entered()).filter(([name, value]) => value !== startOf(name));
      if (!changed.length) throw new ApiError("Nothing was changed.");
      const made = await call("POST", path, Object.fromEntries(changed), record.account_sid);
      toast(`Saved ${made.sid}`);
      done(made);
    },
  });
  return form.element;
}

const suggested = (field) => ({ ...field, list: field.from ? "known-credentials" : undefined });

/** Return a button that asks once more. */
function deleting(act, name) {
  const problem = h("p", { class: "error", role: "alert" });
  const ask = () => {
    fill(line, h("span", {}, "Delete it?"), sure, button("Keep", keep), problem);
    sure.focus();
  };
  const keep = () => {
    fill(line, first);
    first.focus();
  };
  const sure = button("Delete", () => act().catch((error) => fill(problem, error.message)), { class: "danger" });
  const first = button(`Delete ${name}`, ask, { class: "danger" });
  const line = h("div", { class: "line" }, first);
  return line;
}

async function serviceField() {
  const { records } = await get("records/services", { account: model.account, limit: 200 });
  const options = records.map((one) => [one.sid, one.friendly_name ? `${one.friendly_name} (${one.sid})` : one.sid]);
  return [{ name: "Service", kind: "select", required: true, options, help: records.length ? "" : "There is no service yet. Create one first.", wide: true }];
}

/** Return the credentials as suggestions for fields that take one. */
async function credentials(resource) {
  if (!resource.fields.some((field) => field.from)) return null;
  const { records } = await get("records/credentials", { account: model.account, limit: 200 });
  return h("datalist", { id: "known-credentials" }, records.map((one) => h("option", { value: one.sid }, `${one.type} ${one.friendly_name ?? ""}`)));
}

function pane(title, close, content) {
  return h("section", { class: "pane", "aria-label": title }, paneHead(title, close), h("div", { class: "scroll detail", tabindex: "0" }, content));
}

function valueOf(value) {
  if (value === null || value === "") return null;
  return h("span", { class: "mono" }, typeof value === "object" ? JSON.stringify(value) : String(value));
}
