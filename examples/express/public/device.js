/** This browser, as push notifications know it. */

const KEY = "device";

/** Return the id of this browser, which stays the same until its storage is cleared. */
export function deviceId() {
  const id = localStorage.getItem(KEY) ?? crypto.randomUUID();
  localStorage.setItem(KEY, id);
  return id;
}

/** Return the token to which FCM sends. In production, it is that of `getToken()` from `firebase/messaging`. */
export async function pushToken() {
  return `token-of-${deviceId()}`;
}
