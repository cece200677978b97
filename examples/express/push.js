/** All calls that the shop makes to Twilio Notify. */

import twilio from "twilio";

/** A call to Twilio failed. `temporary` says whether the same call may succeed later. */
export class PushError extends Error {
  constructor(cause) {
    super(cause.message, { cause });
    const isRefused = cause instanceof twilio.RestException && cause.status < 500 && cause.status !== 429;
    this.temporary = !isRefused;
  }
}

/** The push notifications of one Notify service. Every method rejects with a `PushError`. */
export class Push {
  #service;
  #callbackUrl;

  constructor(client, serviceSid, callbackUrl) {
    this.#service = client.notify.v1.services(serviceSid);
    this.#callbackUrl = callbackUrl;
  }

  /** Register a browser. The endpoint is the device, so registering it again replaces the binding. */
  register({ customer, device, token }) {
    const binding = { identity: customer, bindingType: "fcm", address: token, endpoint: device };
    return ask(this.#service.bindings.create(binding));
  }

  /** Send a notification to all browsers of a customer, or of everybody if `customer` is empty. */
  send(customer, text) {
    const recipients = customer ? { identity: [customer] } : { tag: ["all"] };
    return ask(
      this.#service.notifications.create({
        ...recipients,
        title: "Order pickup",
        body: text,
        deliveryCallbackUrl: this.#callbackUrl,
      }),
    );
  }
}

/** Wait for a call. Whatever the SDK throws becomes a `PushError`, such as an error of the network or of its parser. */
async function ask(call) {
  try {
    return await call;
  } catch (error) {
    throw new PushError(error);
  }
}
