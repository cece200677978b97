/** Tests of the shop. The shop does not know the emulator: it uses Twilio's SDK as in production. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import twilio from "twilio";

import { createApp } from "../app.js";
import { addFault, addRecords, findCalls, findDeliveries, reset, unregister } from "./emulator.js";

const SERVICE = "IS00000000000000000000000000000001"; // of seed.yaml
const ALICE = { customer: "alice", device: "alices-laptop", token: "alices-token" };
const MESSAGE = { customer: "alice", text: "Your order is ready." };

let server, url;

beforeEach(async () => {
  await reset();
  server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${server.address().port}`;
  const client = twilio(undefined, undefined, { timeout: 2_000 });
  // A new app for every test: after a reset, Twilio's SIDs are the same again.
  const authToken = process.env.TWILIO_AUTH_TOKEN;
  server.on("request", createApp({ client, serviceSid: SERVICE, authToken, publicUrl: url }));
});
afterEach(() => server.close());

async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

/** Wait until Twilio has reported `count` deliveries of a message. */
async function outcomeOf(message, count) {
  for (let round = 0; round < 100; round += 1) {
    const outcome = await (await fetch(`${url}/messages/${message}`)).json();
    if (outcome.delivered + outcome.failed >= count) return outcome;
    await sleep(50);
  }
  assert.fail(`no delivery callback for ${message}`);
}

test("a message reaches the browser of the customer", async () => {
  assert.equal((await post("/devices", ALICE)).status, 201);
  assert.equal((await post("/messages", MESSAGE)).status, 202);

  const [push, ...others] = await findDeliveries({ identity: "alice", state: "sent" });
  assert.equal(push.title, "Order pickup");
  assert.equal(push.body, "Your order is ready.");
  assert.equal(push.address, "alices-token");
  assert.deepEqual(others, []);
});

test("registering a browser again does not deliver messages twice", async () => {
  await post("/devices", ALICE);
  await post("/devices", { ...ALICE, token: "alices-new-token" });
  await post("/messages", MESSAGE);

  assert.deepEqual((await findDeliveries()).map((push) => push.address), ["alices-new-token"]);
});

test("the delivery callback says that a message was delivered", async () => {
  await post("/devices", ALICE);
  const { body } = await post("/messages", MESSAGE);

  assert.deepEqual(await outcomeOf(body.message, 1), { delivered: 1, failed: 0 });
});

test("the delivery callback says that the customer has left", async () => {
  await post("/devices", ALICE);
  await unregister("alices-token");
  const { body } = await post("/messages", MESSAGE);

  assert.deepEqual(await outcomeOf(body.message, 1), { delivered: 0, failed: 1 });
});

test("a delivery callback for a thousand browsers is accepted", async () => {
  const bindings = Array.from({ length: 1_000 }, (_, number) => ({
    service_sid: SERVICE, identity: `customer-${number}`, binding_type: "fcm", address: `token-${number}`,
  }));
  await addRecords({ bindings });
  const { body } = await post("/messages", { text: "We close in ten minutes." });

  assert.deepEqual(await outcomeOf(body.message, 1_000), { delivered: 1_000, failed: 0 });
});

test("a delivery callback with a wrong signature is refused", async () => {
  const form = new URLSearchParams({ NotificationSid: "NT1", DeliveryState: '{"status": "SENT"}' });
  const headers = { "X-Twilio-Signature": "d3Jvbmc=" };
  const response = await fetch(`${url}/deliveries`, { method: "POST", headers, body: form });

  assert.equal(response.status, 403);
});

for (const [name, effect] of Object.entries({
  "is out": { effect: "refuse", code: 20503 },
  "has too many requests": { effect: "refuse", code: 20429 },
  "sends a page of its load balancer": { effect: "status", status: 502, body: "<html>", content_type: "text/html" },
  "closes the connection": { effect: "drop" },
  "sends half a response": { effect: "truncate" },
  "does not respond": { effect: "hang", seconds: 10 },
})) {
  test(`if Twilio ${name}, the shop asks to try again, and trying again works`, async () => {
    await post("/devices", ALICE);
    await addFault({ call: "notification.create", times: 1, ...effect });

    const failed = await post("/messages", MESSAGE);
    assert.deepEqual(failed, { status: 503, body: { error: "Notifications are not available right now." } });

    assert.equal((await post("/messages", MESSAGE)).status, 202);
  });
}

test("if Twilio refuses the account, trying again is not offered", async () => {
  await addFault({ call: "binding.create", effect: "refuse", code: 20003 });

  assert.equal((await post("/devices", ALICE)).status, 502);
  assert.deepEqual((await findCalls("binding.create")).map((call) => call.status), [401]);
});
