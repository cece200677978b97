/** The records: a table of each resource, page by page, and a form beside it. */

import { get, post } from "../core/api.js";
import { choices, empty, press, table } from "../core/controls.js";
import { button, fill, h } from "../core/dom.js";
import { shortId } from "../core/format.js";
import { bindKeys } from "../core/keys.js";
import { model, on } from "../core/model.js";
import { goTo } from "../core/router.js";
import { attempt, toast } from "../core/toast.js";
import { newRecord, showRecord } from "../parts/record.js";
import { RESOURCES } from "../parts/resources.js";

const LIMIT = 50;
const MAX_KB = 1000;
const KINDS = Object.keys(RESOURCES);

class RecordsView {
  constructor(root, path, query) {
    this.tabs = choices("Resource", KINDS, (kind) => goTo("records", [kind]));
    this.filter = h("input", { class: "filter", type: "search", "aria-label": "Filter records", placeholder: "Filter, then Enter ( / )", spellcheck: "false", value: query.q ?? "", onchange: () => this.refine({ q: this.filter.value, skip: "" }) });
    const file = h("input", { type: "file", class: "hidden-text", tabindex: "-1", "aria-label": "File to import", accept: ".json", onchange: () => this.take(file) });
    const create = button("New", () => goTo("records", [this.kind, "new"], this.query), { class: "main" });
    this.table = h("div", { class: "pane grow" });
    this.pager = h("div", { class: "bar" });
    this.split = h("div", { class: "split" }, h("div", { class: "pane" }, this.table, this.pager));
    root.append(
      h("div", { class: "bar" }, this.tabs, this.filter, create, h("a", { class: "button", href: "export", download: "notify-mock.json", title: "Secrets are masked" }, "Export"), h("a", { class: "button", href: "export?secrets=true", download: "notify-mock-with-secrets.json" }, "Export with secrets"), button("Import", () => file.click()), file),
      this.split,
    );
    this.stops = [on("records account", () => this.load())];
    bindKeys({ Escape: () => this.close(), j: () => this.move(1), k: () => this.move(-1) });
    this.update(path, query);
  }

  update(path, query) {
    const [kind, sid = ""] = path;
    this.query = query;
    this.kind = KINDS.includes(kind) ? kind : KINDS[0];
    this.sid = sid;
    press(this.tabs, this.kind);
    this.load().then(() => this.drawPane());
  }

  stop() {
    for (const stop of this.stops) stop();
  }

  refine(changes) {
    goTo("records", [this.kind, this.sid].filter(Boolean), { ...this.query, ...changes }, { replace: true });
  }

  close() {
    const { sid } = this;
    goTo("records", [this.kind], this.query);
    this.table.querySelector(`[data-sid="${CSS.escape(sid)}"]`)?.focus();
  }

  move(step) {
    const all = [...this.table.querySelectorAll(".link")];
    const at = all.findIndex((one) => one === document.activeElement || one.dataset.sid === this.sid);
    all[Math.min(all.length - 1, Math.max(0, at + step))]?.focus();
  }

  async load() {
    const { kind, query } = this;
    const skip = Number(query.skip) || 0;
    const page = await get(`records/${kind}`, { account: model.account, text: query.q, skip, limit: LIMIT });
    if (kind !== this.kind || query !== this.query) return;
    this.records = page.records;
    this.draw(page, skip);
  }

  draw({ records, total }, skip) {
    const { columns, teach, one } = RESOURCES[this.kind];
    if (!records.length) fill(this.table, this.nothing(teach, one, total));
    else {
      const focused = document.activeElement?.dataset?.sid;
      fill(this.table, table("Records", ["SID", ...columns.map(([name]) => name)], records.map((record) => this.row(record, columns))));
      if (focused) this.table.querySelector(`[data-sid="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    }
    const move = (by) => this.refine({ skip: String(Math.max(0, skip + by) || "") });
    const last = button("Last", () => this.refine({ skip: String(Math.floor(Math.max(0, total - 1) / LIMIT) * LIMIT || "") }));
    const next = button("Next", () => move(LIMIT));
    const previous = button("Previous", () => move(-LIMIT));
    previous.disabled = skip === 0;
    next.disabled = records.length < LIMIT || skip + LIMIT >= total;
    last.disabled = next.disabled || Boolean(this.query.q);
    const range = records.length ? `${skip + 1} to ${skip + records.length}` : "none";
    fill(this.pager, h("span", { class: "muted small grow", role: "status" }, this.query.q ? `${range} that match, of ${total}` : `${range} of ${total}`), previous, next, last);
  }

  row(record, columns) {
    const open = h("button", { type: "button", class: "link", data: { sid: record.sid } }, shortId(record.sid));
    const onclick = () => goTo("records", [this.kind, record.sid], this.query);
    return h("tr", { class: "opens", "aria-selected": record.sid === this.sid ? "true" : null, onclick }, h("td", {}, open), columns.map(([, read]) => h("td", {}, read(record))));
  }

  nothing(teach, one, total) {
    if (total) return empty("No record matches the filter");
    return empty(`No ${this.kind} yet`, h("p", {}, teach), h("div", {}, button(`New ${one}`, () => goTo("records", [this.kind, "new"]), { class: "main" })));
  }

  async drawPane() {
    const { kind, sid } = this;
    const key = `${kind}/${sid}`;
    if (key === this.drawn) return;
    this.drawn = key;
    const pane = sid ? await this.makePane() : null;
    if (key !== this.drawn) return;
    this.split.querySelector(".pane + .pane")?.remove();
    this.split.classList.toggle("open", pane !== null);
    if (pane) this.split.append(pane);
    if (sid === "new") pane?.querySelector("input:not([type=file], [type=password]), select")?.focus();
  }

  async makePane() {
    const actions = {
      close: () => this.close(),
      done: (made) => {
        this.drawn = "";
        if (made) goTo("records", [this.kind, made.sid], this.query);
        this.load().then(() => this.drawPane());
      },
    };
    if (this.sid === "new") return newRecord(this.kind, actions);
    const record = this.records.find((one) => one.sid === this.sid) ?? (await get(`records/${this.kind}`, { text: this.sid, limit: 1 })).records[0];
    return record ? showRecord(this.kind, record, actions) : null;
  }

  async take(input) {
    const [file] = input.files;
    await attempt(async () => {
      let data;
      if (file.size > MAX_KB * 1024) throw new Error(`${file.name} has ${Math.ceil(file.size / 1024)} KB, the limit is ${MAX_KB} KB. Start the server with it: notify-mock serve --data ${file.name}`);
      try {
        data = JSON.parse(await file.text());
      } catch (error) {
        throw new Error(`${file.name} is not JSON: ${error.message}. To replace the state with a YAML file: notify-mock state import ${file.name} --url ${location.origin}`);
      }
      const added = await post("records", data);
      toast(`Imported ${Object.values(added).reduce((sum, records) => sum + records.length, 0)} records`);
      await this.load();
    });
    input.value = "";
  }
}

/** Show the view. */
export const show = (root, path, query) => new RecordsView(root, path, query);
