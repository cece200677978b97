/** One call as one line: status, name, the parameters that tell calls apart, time. */

import { fill, h } from "../core/dom.js";
import { model } from "../core/model.js";
import { pill, shortId, spanOf, timeOf } from "../core/format.js";

const MAX_TEXT = 200;
const texts = new WeakMap();

/** Return the parameters of a call as one text, secrets masked. */
export function parametersOf(call) {
  return call.request.split(" ").slice(2).join(" ");
}

/** Return the text that a filter searches, in lower case. */
export function textOf(call) {
  if (!texts.has(call)) {
    const parts = [call.call, call.status, call.code, call.account_sid, call.sid, call.api, call.request, call.reason, ...call.faults];
    texts.set(call, parts.filter((part) => part !== null).join(" ").toLowerCase());
  }
  return texts.get(call);
}

/** Fill a row with a call. */
export function drawCall(row, call) {
  const given = parametersOf(call).slice(0, MAX_TEXT) || (call.sid ? shortId(call.sid) : call.request.split(" ")[1]?.slice(0, MAX_TEXT));
  const failed = model.failed.get(call.sid)?.size;
  const api = call.api && call.api !== "notify/v1" ? h("span", { class: "chip extra" }, call.api) : null;
  fill(
    row,
    pill(call.status, call.faults),
    h("span", { class: "name" }, call.call ?? "no call"),
    api,
    h("span", { class: "grow cut muted" }, given),
    failed ? h("span", { class: "pill bad" }, `${failed} failed`) : null,
    call.code ? h("span", { class: "muted extra" }, String(call.code)) : null,
    h("span", { class: "time extra" }, spanOf(call.duration)),
    h("span", { class: "time" }, timeOf(call.time)),
  );
}
