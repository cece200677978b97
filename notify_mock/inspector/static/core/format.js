/** How times, identifiers, statuses and JSON are written. */

import { h } from "./dom.js";

const two = (number) => String(number).padStart(2, "0");

/** Return the UTC time of day of an ISO text: `09:00:01`. */
export function timeOf(iso) {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? "" : `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
}

/** Return date and time in UTC: `27 Oct 2027 09:00:01`. */
export function dateOf(iso) {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return "";
  const month = at.toLocaleString("en", { month: "short", timeZone: "UTC" });
  return `${at.getUTCDate()} ${month} ${at.getUTCFullYear()} ${timeOf(iso)}`;
}

/** Return a SID with its middle left out: `CR01…89ab`. Other texts are cut at 24 characters. */
export function shortId(text) {
  if (/^[A-Z]{2}[0-9a-fA-F]{32}$/.test(text)) return `${text.slice(0, 6)}…${text.slice(-4)}`;
  return text.length > 24 ? `${text.slice(0, 23)}…` : text;
}

/** Return a number of seconds for a reader: `12 ms`, `3.4 s`. A frozen clock shows none. */
export function spanOf(seconds) {
  if (!seconds) return "";
  if (seconds < 0.001) return "<1 ms";
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
}

/** Return the kind of a status: ok, warn (4xx), bad (5xx), or fault if a fault rule applied. */
export function kindOf(status, faults = []) {
  if (faults.length) return "fault";
  if (status === null || status === undefined) return "bad";
  return status < 400 ? "ok" : status < 500 ? "warn" : "bad";
}

/** Return a status as a pill. The text tells what the colour tells: a response without a status was dropped. */
export function pill(status, faults = []) {
  return h("span", { class: `pill ${kindOf(status, faults)}`, title: faults.length ? `fault: ${faults.join(", ")}` : null }, String(status ?? "DROP"));
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d[\d.eE+-]*|true|false|null)/g;
const MAX_COLOURED = 60_000;

/** Return text as a block of code, JSON in colours. A long text stays plain, so that it costs nothing. */
export function code(text, props = {}) {
  const { fold = false, json = false, label = "code" } = props;
  const block = h("pre", { class: fold ? "code fold" : "code", tabindex: "0", role: "region", "aria-label": label });
  if (!json || text.length > MAX_COLOURED) block.append(text);
  else block.append(...coloured(text));
  return block;
}

function* coloured(text) {
  let last = 0;
  for (const found of text.matchAll(TOKEN)) {
    yield text.slice(last, found.index);
    const [whole, string, colon] = found;
    if (string) yield h("span", { class: colon ? "k" : "s" }, string);
    else yield h("span", { class: "n" }, whole);
    if (colon) yield colon;
    last = found.index + whole.length;
  }
  yield text.slice(last);
}

/** Return a text that is JSON with indentation; any other text as it is. */
export function pretty(text) {
  try {
    return [JSON.stringify(JSON.parse(text), null, 2), true];
  } catch {
    return [text, false];
  }
}
