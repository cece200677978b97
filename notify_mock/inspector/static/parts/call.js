/** The details of one call: what happened, request and response as on the wire, why, and code to copy. */

import { get, post } from "../core/api.js";
import { choices, paneHead, press } from "../core/controls.js";
import { button, facts, fill, h } from "../core/dom.js";
import { code, dateOf, pill, pretty, spanOf } from "../core/format.js";
import { linkTo } from "../core/router.js";
import { tabs } from "../core/tabs.js";
import { attempt, copy, toast } from "../core/toast.js";
import { why } from "./why.js";

const FORMATS = { pytest: "pytest", python: "Python", node: "Node", curl: "curl", vcr: "VCR" };
const last = { tab: "Summary", format: "pytest", exchange: null };

/** Copy the call that is open, in the format that was used last. */
export function copyLast() {
  const text = last.exchange?.copy_as[last.format];
  if (text) copy(text, FORMATS[last.format]);
  else toast("Open a call first");
}

/** Return a pane with the details of a call. */
export function callDetail(number, { close }) {
  const pane = h("section", { class: "pane", "aria-label": `Call ${number}` });
  fill(pane, paneHead(`Call ${number}`, close));
  last.exchange = null;
  get(`journal/${number}`).then(
    (exchange) => fill(pane, ...content(exchange, close)),
    (error) => pane.append(h("div", { class: "detail" }, h("p", { class: "note bad" }, error.message))),
  );
  return pane;
}

function content(exchange, close) {
  last.exchange = exchange;
  const repeat = button("Repeat", () => attempt(() => makeAgain(exchange)), { title: "Make the same call again" });
  const head = paneHead(exchange.call ?? "no call", close, h("span", { class: "muted small" }, spanOf(exchange.duration)), pill(exchange.status, exchange.faults), repeat);
  const panels = [
    ["Summary", () => summary(exchange)],
    ["Request", () => wire(exchange.wire.request, "Request")],
    ["Response", () => response(exchange)],
    ["Why", () => why(exchange)],
    ["Copy as", () => copyAs(exchange)],
  ];
  return [head, ...tabs(panels, { label: "Details of the call", chosen: last.tab, onchange: (name) => (last.tab = name) })];
}

async function makeAgain(exchange) {
  const made = await post("calls", { repeat: exchange.number });
  toast(`Call ${made.number}: ${made.status ?? "no response"}`);
}

function summary(exchange) {
  const failed = exchange.why?.failed ?? [];
  const count = exchange.deliveries?.length ?? 0;
  const link = linkTo("deliveries", [], { notification: exchange.sid });
  return [
    exchange.status === null || exchange.status >= 400 || exchange.faults.length || failed.length ? why(exchange, { short: true }) : null,
    facts([
      ["Deliveries", count ? h("a", { href: link }, `${count - failed.length} sent, ${failed.length} failed`) : null],
      ["Response", [exchange.status ?? "none", exchange.code].filter(Boolean).join(", code ")],
      ["Discarded response", exchange.played === null ? null : `${exchange.played}: the call was carried out, and a fault rule changed what the client saw`],
      ["Account", exchange.account_sid && h("span", { class: "mono" }, exchange.account_sid)],
      ["Record", exchange.sid && h("span", { class: "mono" }, exchange.sid)],
      ["API", exchange.api],
      ["Region", exchange.region],
      ["Time (UTC)", dateOf(exchange.time)],
      ["Number", String(exchange.number)],
    ]),
    h("div", { class: "section" }, h("h3", {}, "Request"), code(exchange.request, { fold: true, label: "Request line" })),
  ];
}

function wire(message, name) {
  const [body, json] = pretty(message.body ?? "");
  return [
    h("p", { class: "mono" }, message.line),
    h("div", { class: "section" }, h("h3", {}, `${name} headers, in order`), facts(message.headers)),
    h("div", { class: "section" }, h("h3", {}, "Body"), body ? [code(body, { json, fold: !json, label: `${name} body` }), h("div", {}, button("Copy body", () => copy(message.body, "Body")))] : h("p", { class: "muted" }, "Empty.")),
  ];
}

function response(exchange) {
  if (exchange.wire.response) return wire(exchange.wire.response, "Response");
  if (exchange.status === null) return h("p", { class: "note fault" }, "There was no response: the connection was broken.");
  return h("p", { class: "note" }, `Status ${exchange.status}. Headers and body were not kept: this call was made before the inspector was opened. Start the server with --keep-bodies to keep them from the first call.`);
}

function copyAs(exchange) {
  const shown = h("div", { class: "section" });
  const known = Object.keys(FORMATS).filter((format) => exchange.copy_as[format]);
  const choose = (format) => {
    last.format = format;
    press(group, format);
    const text = exchange.copy_as[format];
    fill(shown, h("div", {}, button("Copy", () => copy(text, FORMATS[format]), { class: "main" })), code(text, { label: `Code for ${FORMATS[format]}` }));
  };
  const group = choices("Format", known.map((format) => [format, FORMATS[format]]), choose);
  choose(known.includes(last.format) ? last.format : known[0]);
  return [group, shown, h("p", { class: "muted small" }, "Secrets are replaced with placeholders that work.")];
}
