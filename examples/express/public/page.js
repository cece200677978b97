/** The page: one form to receive notifications, and one to send them. */

import { deviceId, pushToken } from "./device.js";
import { ask } from "./server.js";

const ROUNDS = 20;
const ROUND_MILLISECONDS = 250;

onSubmit("register", async ({ customer }, say) => {
  say("Registering ...");
  await ask("POST", "/devices", { customer, device: deviceId(), token: await pushToken() });
  say(`This browser receives the notifications of ${customer}.`);
});

onSubmit("send", async ({ customer, text }, say) => {
  say("Sending ...");
  const { message } = await ask("POST", "/messages", { customer, text });
  say("Sent. Waiting for the delivery ...");
  const { delivered, failed } = await outcomeOf(message);
  if (delivered) say("Delivered.");
  else if (failed) throw new Error("Not delivered. Call out the name instead.");
  else say("Sent, but not delivered yet. Is the customer registered?");
});

/** Return how many browsers a message has reached, as soon as Twilio has told the server. */
async function outcomeOf(message) {
  for (let round = 0; round < ROUNDS; round += 1) {
    const outcome = await ask("GET", `/messages/${message}`);
    if (outcome.delivered || outcome.failed) return outcome;
    await new Promise((done) => setTimeout(done, ROUND_MILLISECONDS));
  }
  return { delivered: 0, failed: 0 };
}

/** Call `act` with the fields of a form, one submission at a time. The fields are kept, to submit them again. */
function onSubmit(id, act) {
  const form = document.getElementById(id);
  const status = form.querySelector("[role=status]");
  const alert = form.querySelector("[role=alert]");
  let busy = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    alert.textContent = "";
    try {
      await act(Object.fromEntries(new FormData(form)), (text) => { status.textContent = text; });
    } catch (error) {
      status.textContent = "";
      alert.textContent = error.message;
    } finally {
      busy = false;
    }
  });
}
