/** The top bar: is it live, whose account, what time it is in there, and what is armed to fail. Each is a button. */

import { button, fill, h } from "../core/dom.js";
import { dateOf, shortId } from "../core/format.js";
import { showHelp } from "../core/keys.js";
import { emulatorTime, isSpent, model, on, setAccount } from "../core/model.js";
import { goTo } from "../core/router.js";
import { copy } from "../core/toast.js";

const STATES = { live: ["ok", "live"], waiting: ["", "connecting"], closed: ["bad", "not connected"] };
const LOST = "no connection";

/** Fill the bar and keep it up to date. */
export function topBar(bar) {
  const origin = location.origin;
  const url = button(origin, () => copy(origin, "URL"), { class: "quiet wide mono", title: "Copy the emulator's URL" });
  const account = h("select", { "aria-label": "Account", class: "cut", onchange: () => setAccount(account.value) });
  const time = button("", () => goTo("clock"), { class: "quiet" });
  const faults = button("", () => goTo("faults"), { class: "quiet" });
  const live = button("", () => goTo("connect"), { class: "quiet" });
  const theme = button("◐", () => window.switchTheme(), { class: "quiet", "aria-label": "Switch between light and dark", title: "Light or dark" });
  const help = button("?", showHelp, { class: "quiet wide", "aria-label": "Keyboard" });
  bar.append(url, h("span", { class: "grow wide" }), account, time, faults, live, theme, help);

  const drawTime = () => {
    const text = `${dateOf(emulatorTime())}${model.isFrozen ? " (frozen)" : ""}`;
    if (time.title.endsWith(text)) return;
    const [, day, clock, rest = ""] = /^(.*) (\S+:\S+)( .*)?$/.exec(text) ?? [];
    fill(time, h("span", { class: "wide" }, day), clock, rest);
    time.title = `The emulator's time, in UTC: ${text}`;
  };
  const drawFaults = () => {
    const count = model.faults.filter((rule) => !isSpent(rule)).length;
    fill(faults, h("span", { class: count ? "pill fault" : "pill" }, String(count)), h("span", { class: "word" }, count === 1 ? "fault" : "faults"));
  };
  const drawLive = () => {
    const [kind, text] = STATES[model.connection];
    fill(live, h("span", { class: `dot ${kind}` }), h("span", { class: "word" }, model.about && model.connection === "waiting" ? LOST : text));
  };
  const drawAccounts = () => fill(account, ...options()).value = model.account;

  on("clock", drawTime);
  on("faults", drawFaults);
  on("connection", drawLive);
  on("accounts", drawAccounts);
  setInterval(drawTime, 500);
  drawFaults();
  drawLive();
  drawAccounts();
}

function options() {
  const all = h("option", { value: "" }, model.accounts.length === 1 ? shortId(model.accounts[0].sid) : "All accounts");
  const each = model.accounts.length === 1 ? [] : model.accounts;
  return [all, ...each.map((one) => h("option", { value: one.sid }, one.name || shortId(one.sid)))];
}
