/** Why a call or a delivery ended as it did: the rule that decided, how well it is known, and what to do. */

import { facts, h } from "../core/dom.js";
import { linkTo } from "../core/router.js";

const MEANS = {
  observed: "seen in a response of Twilio's",
  documented: "written in a documentation",
  inferred: "a conclusion; Twilio may differ",
  emulator: "a rule of the emulator, not of Twilio",
};

/** Return an evidence class as a badge. The border tells it too: solid, outlined, dashed, dotted. */
export function badge(evidence) {
  return evidence ? h("span", { class: `badge ${evidence}`, title: MEANS[evidence] ?? null }, evidence) : null;
}

function rule({ status, code, message, evidence, source }) {
  return h("div", { class: "card" }, h("h3", {}, "Rule that decided"), h("p", {}, h("b", {}, [status, code].filter(Boolean).join(" · ")), " ", message), h("p", { class: "line" }, badge(evidence), h("span", { class: "muted" }, source || MEANS[evidence])));
}

function fault(one) {
  const counts = one.seen === undefined ? "removed since" : `${one.seen} seen, applied to ${one.fired}`;
  return h("div", { class: "note fault" }, h("b", {}, "Fault rule "), h("a", { href: linkTo("faults", [one.name]) }, one.name), one.effect ? ` (${one.effect} on ${one.call})` : "", h("span", { class: "muted" }, `: ${counts}`));
}

function cassette({ matched, nearest }) {
  const differences = (nearest?.differences ?? []).map((one) => [one.field, `asked ${one.asked}, recorded ${one.recorded}`]);
  return h("div", { class: "card" }, h("h3", {}, "Recording"), matched ? h("p", {}, `Played from ${matched}.`) : h("p", {}, nearest ? `No entry matches. The nearest is ${nearest.where}:` : "No entry matches."), facts(differences));
}

function failed(one) {
  const title = [one.code, one.title].filter(Boolean).join(" ");
  return h("div", { class: "note bad" }, failure(one, h("a", { href: linkTo("deliveries", [one.sid]) }, `${one.channel} to ${one.identity ?? one.address}`), title));
}

/** Return the reason of a failed delivery: Twilio's title, why here, what to do, and how well that is known. */
export function failure(one, head, title = [one.code, one.title].filter(Boolean).join(" ")) {
  return h(
    "div",
    { class: "section" },
    h("p", { class: "line" }, head, h("b", {}, title)),
    facts([
      ["Why here", one.reason],
      ["What it means", one.cause],
      ["What to do", one.remedy],
      ["Fault rules", (one.faults ?? []).join(", ")],
      ["Evidence", one.evidence ? h("span", { class: "line" }, badge(one.evidence), h("span", { class: "muted" }, one.source ?? "")) : null],
    ]),
  );
}

/** Return everything that explains a call. `short` is for its summary. */
export function why(exchange, { short = false } = {}) {
  const given = exchange.why;
  if (!given) return h("p", { class: "muted" }, "Nothing to explain: the call succeeded, and no fault rule or recording took part.");
  return h(
    "div",
    { class: "section" },
    given.reason && given.reason !== "fault rule" ? h("p", { class: exchange.status >= 400 ? "note warn" : "note" }, given.reason) : null,
    given.rule && !(short && given.failed?.length) ? rule(given.rule) : null,
    (given.faults ?? []).map(fault),
    (given.failed ?? []).map(failed),
    given.cassette && !short ? cassette(given.cassette) : null,
  );
}
