/** The emulator of the test run, through its control API. `notify-mock exec` sets its URL. */

const EMULATOR = process.env.NOTIFY_EMULATOR_URL;
if (!EMULATOR) throw new Error("run the tests with: notify-mock exec --data seed.yaml -- npm test");

/** Restore the state that the emulator started with: the seed data, without faults, deliveries and requests. */
export const reset = () => control("POST", "reset");

/** Add a fault rule, such as `{ call: "notification.create", effect: "refuse", code: 20503, times: 1 }`. */
export const addFault = (rule) => control("POST", "faults", rule);

/** Add records, written as seed data. */
export const addRecords = (records) => control("POST", "records", records);

/** Report that the app was removed from the devices with these tokens. */
export const unregister = (...tokens) => control("POST", "providers/fcm", { unregistered: tokens });

/** Return the deliveries that have these criteria, such as `{ identity: "alice", state: "sent" }`. */
export async function findDeliveries(criteria = {}) {
  return (await control("GET", `deliveries?${new URLSearchParams(criteria)}`)).deliveries;
}

/** Return the requests of one call, such as "binding.create". */
export async function findCalls(call) {
  return (await control("GET", `journal?${new URLSearchParams({ call })}`)).exchanges;
}

async function control(method, path, body) {
  const response = await fetch(`${EMULATOR}/_mock/${path}`, { method, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} /_mock/${path}: ${response.status} ${await response.text()}`);
  return response.json();
}
