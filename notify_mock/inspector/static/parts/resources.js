/** The resources: their columns, Twilio's parameters, and the paths of their calls. */

import { dateOf, shortId } from "../core/format.js";

const yesNo = { kind: "select", options: [["", ""], ["true", "true"], ["false", "false"]] };
const callback = { name: "DeliveryCallbackUrl", placeholder: "http://127.0.0.1:5000/callback" };
const many = "several: with commas between them";
const json = { kind: "area", rows: 2 };

const list = (value) => (value ?? []).join(", ");
const created = ["Created", (one) => dateOf(one.date_created)];
const id = (key) => (one) => (one[key] ? shortId(one[key]) : "");

export const RESOURCES = {
  credentials: {
    one: "credential",
    path: () => "/v1/Credentials",
    columns: [["Name", (one) => one.friendly_name ?? ""], ["Type", (one) => one.type], ["Sandbox", (one) => one.sandbox ?? ""], created],
    teach: "A credential lets the emulator push to iOS (apn) or Android (fcm). Drop a .p12, .pem or .json file on the form.",
    fields: [
      { name: "Type", kind: "select", options: ["fcm", "apn", "gcm"], required: true },
      { name: "FriendlyName", placeholder: "Android" },
      { name: "Secret", only: "fcm", kind: "area", help: 'the JSON of a service account. To try: {"project_id": "app", "client_email": "push@app.test", "private_key": "key"}. With a legacy server key, pushes fail (52117)' },
      { name: "ApiKey", only: "gcm" },
      { name: "Certificate", only: "apn", kind: "area", help: "PEM" },
      { name: "PrivateKey", only: "apn", kind: "area", help: "PEM" },
      { name: "Sandbox", only: "apn", ...yesNo },
    ],
    fixed: ["Type"],
  },
  services: {
    one: "service",
    path: () => "/v1/Services",
    columns: [["Name", (one) => one.friendly_name ?? ""], ["apn", id("apn_credential_sid")], ["fcm", id("fcm_credential_sid")], ["gcm", id("gcm_credential_sid")], ["SMS", id("messaging_service_sid")], created],
    teach: "A service stands for one app: it says which credential each channel uses.",
    fields: [
      { name: "FriendlyName", placeholder: "My app" },
      { name: "FcmCredentialSid", from: "credentials", placeholder: "CR…" },
      { name: "ApnCredentialSid", from: "credentials", placeholder: "CR…" },
      { name: "GcmCredentialSid", from: "credentials", placeholder: "CR…" },
      { name: "MessagingServiceSid", placeholder: "MG…", help: "for SMS" },
      callback,
      { name: "DeliveryCallbackEnabled", ...yesNo },
      { name: "LogEnabled", ...yesNo },
    ],
    fixed: [],
  },
  bindings: {
    one: "binding",
    path: (service) => `/v1/Services/${service}/Bindings`,
    columns: [["Identity", (one) => one.identity], ["Type", (one) => one.binding_type], ["Address", (one) => shortId(one.address)], ["Tags", (one) => list(one.tags)], created],
    teach: "A binding is a device of a user: an identity, and the token or number that pushes go to.",
    fields: [
      { name: "Identity", required: true, placeholder: "alice" },
      { name: "BindingType", kind: "select", options: ["fcm", "apn", "gcm", "sms", "facebook-messenger", "alexa"], required: true },
      { name: "Address", required: true, help: "device token, or phone number as +15005550006" },
      { name: "Tag", kind: "list", help: many },
      { name: "CredentialSid", from: "credentials", placeholder: "CR…" },
      { name: "NotificationProtocolVersion" },
    ],
    inService: true,
  },
  notifications: {
    one: "notification",
    path: (service) => `/v1/Services/${service}/Notifications`,
    columns: [["To", (one) => [list(one.identities), list(one.tags)].filter(Boolean).join(" · ")], ["Title", (one) => one.title ?? ""], ["Body", (one) => one.body ?? ""], created],
    teach: "A notification goes to every binding with one of its identities, or with all of its tags.",
    fields: [
      { name: "Identity", kind: "list", placeholder: "alice", help: many },
      { name: "Tag", kind: "list", help: many },
      { name: "Title" },
      { name: "Body", kind: "area", rows: 2 },
      { name: "Data", ...json, placeholder: '{"room": 7}' },
      { name: "Sound" },
      { name: "Action" },
      { name: "Priority", kind: "select", options: ["", "high", "low"] },
      { name: "Ttl", help: "seconds" },
      { name: "Apn", ...json, placeholder: '{"aps": {"badge": 3}}' },
      { name: "Fcm", ...json },
      { name: "Gcm", ...json },
      { name: "Sms", ...json },
      { name: "ToBinding", ...json, placeholder: '{"binding_type": "sms", "address": "+15005550006"}' },
      callback,
    ],
    inService: true,
  },
};

/** Return the host for a region other than the default one, as the first part of a call's path. */
export function hostFor(region) {
  return region && region !== "us1" ? `https://notify.${region}.twilio.com` : "";
}

/** Return the field of a record for a parameter: `FriendlyName` is `friendly_name`. */
export function fieldOf(parameter) {
  return parameter.replaceAll(/(?<!^)([A-Z])/g, "_$1").toLowerCase();
}
