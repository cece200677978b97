/** Run the shop. Its settings are environment variables; the SDK reads TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN. */

import twilio from "twilio";

import { createApp } from "./app.js";

const { NOTIFY_SERVICE_SID: serviceSid, TWILIO_AUTH_TOKEN: authToken, PORT: port = "3000" } = process.env;
const publicUrl = process.env.PUBLIC_URL ?? `http://localhost:${port}`;
const client = twilio(undefined, undefined, { timeout: 8_000 }); // less than the 10 seconds that the page waits

createApp({ client, serviceSid, authToken, publicUrl }).listen(port, (error) => {
  if (error) throw error;
  console.log(`Order pickup on ${publicUrl}`);
});
