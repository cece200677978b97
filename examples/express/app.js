/** The HTTP API: register browsers, send notifications, receive delivery callbacks from Twilio. */

import { fileURLToPath } from "node:url";

import express from "express";
import twilio from "twilio";

import { Push, PushError } from "./push.js";

const PUBLIC = fileURLToPath(new URL("public", import.meta.url));

// A callback has up to 1,000 delivery states and six other parameters. Express's default limits refuse that with 413.
const callbackForm = express.urlencoded({ extended: false, parameterLimit: 1_100, limit: "1mb" });

/** Create the app for one Notify service. `publicUrl` is the URL at which Twilio reaches the app. */
export function createApp({ client, serviceSid, authToken, publicUrl }) {
  const callbackUrl = `${publicUrl}/deliveries`;
  const push = new Push(client, serviceSid, callbackUrl);
  const outcomes = new Map(); // of notifications, by SID; in memory, because this is an example
  const app = express();

  app.use(express.static(PUBLIC));

  app.post("/devices", express.json(), async (request, response) => {
    const { customer, device, token } = request.body ?? {};
    if (!customer || !device || !token) return response.status(400).json({ error: "Enter your name." });
    await push.register({ customer, device, token });
    response.status(201).json({ customer });
  });

  app.post("/messages", express.json(), async (request, response) => {
    const { customer, text } = request.body ?? {};
    if (!text) return response.status(400).json({ error: "Enter a message." });
    const { sid } = await push.send(customer, text);
    response.status(202).json({ message: sid });
  });

  app.get("/messages/:sid", (request, response) => {
    response.json(outcomes.get(request.params.sid) ?? { delivered: 0, failed: 0 });
  });

  app.post("/deliveries", callbackForm, twilio.webhook(authToken, { url: callbackUrl }), (request, response) => {
    const { NotificationSid: sid, DeliveryState: states } = request.body;
    const outcome = outcomes.get(sid) ?? { delivered: 0, failed: 0 };
    for (const state of [states].flat()) outcome[JSON.parse(state).status === "FAILED" ? "failed" : "delivered"] += 1;
    outcomes.set(sid, outcome);
    response.sendStatus(204);
  });

  app.use((error, request, response, next) => {
    if (!(error instanceof PushError)) return next(error);
    console.error(`Twilio: ${error.message}`);
    if (error.temporary) return response.status(503).json({ error: "Notifications are not available right now." });
    response.status(502).json({ error: "Notifications do not work at the moment. We are looking into it." });
  });

  return app;
}
