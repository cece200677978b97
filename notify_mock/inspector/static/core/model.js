/** What the page knows of the emulator: loaded once, kept up to date by events, and told to the views. */

import { get, post } from "./api.js";
import { listen } from "./events.js";

const MAX_CALLS = 20_000;
const PAGE = 1000;
const REFRESH = 200;

export const model = {
  about: null,
  account: "",
  accounts: [],
  calls: [],
  failed: new Map(),
  faults: [],
  now: null,
  isFrozen: false,
  readAt: 0,
  connection: "waiting",
};

/** Whether a fault rule has applied as often as it may. */
export const isSpent = ({ times, fired }) => times != null && fired >= times;

const listeners = new Map();

/** Call `listener` when a topic changes: calls, deliveries, callbacks, faults, clock, records, account, connection. Returns how to stop. */
export function on(topics, listener) {
  const names = topics.split(" ");
  for (const name of names) {
    if (!listeners.has(name)) listeners.set(name, new Set());
    listeners.get(name).add(listener);
  }
  return () => names.forEach((name) => listeners.get(name).delete(listener));
}

function tell(topic, detail) {
  for (const listener of listeners.get(topic) ?? []) listener(detail);
}

const timers = new Map();

/** Tell about a topic at most every 200 ms, however often it changes. */
function tellSoon(topic, before = () => {}) {
  if (timers.has(topic)) return;
  timers.set(topic, setTimeout(async () => {
    timers.delete(topic);
    await before();
    tell(topic);
  }, REFRESH));
}

/** Follow the events, and load everything once they are sure to come: none is missed between the two. */
export function start() {
  listen({ onbatch: receive, onstate: changeConnection });
  post("journal", { keep_bodies: true }).catch(() => {});
}

let held = null;

/** Read everything again: at the start, after a reset, and after events were missed. Events wait until it is read. */
async function reload() {
  held = [];
  let journal;
  try {
    journal = await load();
  } finally {
    const batch = held;
    held = null;
    receive(batch);
  }
  await loadOlder(journal);
}

async function load() {
  const [about, journal, { deliveries }] = await Promise.all([get("about"), get("journal", { last: PAGE }), get("deliveries", { state: "failed", last: PAGE }), loadFaults(), loadClock(), loadAccounts()]);
  model.about = about;
  model.failed.clear();
  for (const one of deliveries) noteFailed(one);
  model.calls = journal.exchanges.map(slim);
  for (const topic of ["calls", "faults", "clock", "accounts", "deliveries", "callbacks", "records"]) tell(topic);
  return journal;
}

async function loadOlder(journal) {
  let { oldest } = journal;
  let first = journal.exchanges[0]?.number;
  while (first !== undefined && first > oldest && model.calls.length < MAX_CALLS) {
    const page = await get("journal", { before: first, last: PAGE });
    if (!page.exchanges.length || model.calls[0]?.number !== first) return;
    model.calls = [...page.exchanges.map(slim), ...model.calls].slice(-MAX_CALLS);
    first = page.exchanges[0].number;
    ({ oldest } = page);
    tell("calls");
  }
}

/** Note the failed deliveries of a notification, so that its call shows how many: its status is a success. */
function noteFailed({ notification_sid: sid, state, sid: delivery }) {
  if (state !== "failed") return;
  if (!model.failed.has(sid)) model.failed.set(sid, new Set());
  model.failed.get(sid).add(delivery);
  if (model.failed.size > MAX_CALLS) model.failed.delete(model.failed.keys().next().value);
}

/** Return a call without its body, which is only read for the call that is open. */
function slim({ response, door, ...call }) {
  return call;
}

async function loadFaults() {
  model.faults = (await get("faults")).faults;
}

async function loadClock() {
  setClock(await get("clock"));
}

async function loadAccounts() {
  model.accounts = (await get("accounts")).accounts;
}

/** Note the emulator's time, as it was in a response or an event. */
export function setClock(clock) {
  model.now = Date.parse(clock.now);
  if (clock.frozen !== undefined) model.isFrozen = Boolean(clock.frozen);
  model.readAt = performance.now();
  tell("clock");
}

/** Return the emulator's time now, as an ISO text; "" before it is known. */
export function emulatorTime() {
  if (model.now === null) return "";
  const passed = model.isFrozen ? 0 : performance.now() - model.readAt;
  return new Date(model.now + passed).toISOString();
}

/** Show only one account, or all with "". */
export function setAccount(sid) {
  model.account = sid;
  tell("account");
}

/** Read the fault rules again and tell the views. */
export async function refreshFaults() {
  await loadFaults();
  tell("faults");
}

let isLoaded = false;

function changeConnection(state) {
  model.connection = state;
  tell("connection");
  if (isLoaded || state === "waiting") return;
  isLoaded = true;
  reload();
}

function receive(batch) {
  if (held) {
    held.push(...batch);
    return;
  }
  const calls = [];
  for (const { kind, data } of batch) {
    if (kind === "call") calls.push(slim(data));
    else if (kind === "clock") setClock(data);
    else if (kind === "records") tellSoon("records", loadAccounts);
    else if (kind === "fault") tellSoon("faults", loadFaults);
    else if (kind === "delivery") {
      noteFailed(data);
      tellSoon("deliveries");
    }
    else if (kind === "callback") tellSoon("callbacks");
    else if (kind === "reset" || kind === "gap") {
      reload().catch(() => {});
      return;
    }
  }
  if (calls.length) addCalls(calls);
}

function addCalls(calls) {
  const known = model.calls.at(-1)?.number ?? 0;
  const all = calls.every((call, index) => call.number > (index ? calls[index - 1].number : known)) ? model.calls.concat(calls) : merged(calls);
  const dropped = Math.max(0, all.length - MAX_CALLS);
  model.calls = dropped ? all.slice(dropped) : all;
  tell("calls", { dropped });
  if (calls.some((call) => call.account_sid && !model.accounts.some((one) => one.sid === call.account_sid))) tellSoon("accounts", loadAccounts);
}

/** A call ends after ones that began later: put it in its place. One that is known already is replaced. */
function merged(calls) {
  const byNumber = new Map([...model.calls, ...calls].map((call) => [call.number, call]));
  return [...byNumber.values()].sort((one, other) => one.number - other.number);
}
