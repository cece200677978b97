/** Twilio's error codes: what each means for a delivery, and the text of its response. */

import { get } from "./api.js";

let loaded = null;

async function load() {
  loaded ??= get("errors").catch((error) => {
    loaded = null;
    throw error;
  });
  return (await loaded).errors;
}

/** Return title, cause, remedy, evidence and source of the codes of deliveries, by code. */
export async function loadAdvice() {
  return new Map((await load()).filter((one) => one.delivery).map((one) => [one.code, one.delivery]));
}

/** Return the text of the codes, by code. */
export async function loadMessages() {
  const texts = (await load()).map((one) => [one.code, one.delivery?.title ?? (one.responses.length === 1 ? one.responses[0].message : "")]);
  return new Map(texts.map(([code, text]) => [code, text.slice(0, 60)]));
}
