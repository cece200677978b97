/** A file for a credential: dropped or chosen, diagnosed, and put into the form. */

import { post } from "../core/api.js";
import { button, facts, fill, h } from "../core/dom.js";
import { code } from "../core/format.js";
import { badge } from "./why.js";

const MAX_BYTES = 128 * 1024;

/** Return a place for files. `use(parameters)` gets what a create can be made of. */
export function upload(use) {
  const found = h("div", { class: "section", role: "status" });
  const password = h("input", { type: "password", "aria-label": "Password of the .p12 file", placeholder: "Password of the file", autocomplete: "off" });
  const input = h("input", { type: "file", class: "hidden-text", tabindex: "-1", "aria-label": "Credential files", accept: ".pem,.p12,.pfx,.json,.cer,.crt,.key,.p8", multiple: true, onchange: () => take([...input.files]) });
  let last = [];

  async function take(files) {
    if (!files.length) return;
    last = files;
    try {
      fill(found, ...show(await diagnose(files, password.value), use));
    } catch (error) {
      fill(found, h("p", { class: "error", role: "alert" }, error.message));
    }
    input.value = "";
  }

  password.addEventListener("change", () => take(last));
  const zone = h("div", { class: "drop field-wide" }, h("form", { class: "line", onsubmit: (event) => event.preventDefault() }, h("span", { class: "grow" }, "Drop a .p12, .pem or .json file here, or a certificate and its key together"), button("Choose files", () => input.click()), input, password), found);
  const over = (isOver) => (event) => {
    event.preventDefault();
    zone.classList.toggle("over", isOver);
  };
  zone.addEventListener("dragover", over(true));
  zone.addEventListener("dragleave", over(false));
  zone.addEventListener("drop", (event) => {
    over(false)(event);
    take([...event.dataTransfer.files]);
  });
  return zone;
}

async function diagnose(files, password) {
  const large = files.find((file) => file.size > MAX_BYTES);
  if (large) throw new Error(`${large.name} has ${Math.ceil(large.size / 1024)} KB, more than any credential (the limit is 128 KB)`);
  const contents = await Promise.all(files.map(async (file) => [file.name, base64(new Uint8Array(await file.arrayBuffer()))]));
  return post("diagnose", { files: Object.fromEntries(contents), secrets: true, ...(password ? { password } : {}) });
}

function base64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function show(diagnosis, use) {
  use({ ...(diagnosis.type ? { Type: diagnosis.type } : {}), ...diagnosis.parameters });
  const expires = diagnosis.expires && `${diagnosis.expires.slice(0, 10)} (${diagnosis.days_left < 0 ? "expired" : `${diagnosis.days_left} days left`})`;
  return [
    h("p", {}, h("b", {}, diagnosis.what)),
    facts([
      ["Type", diagnosis.type],
      ["Bundle id", diagnosis.topic],
      ["For", diagnosis.environments.join(" and ")],
      ["Valid until", expires],
      ["Private key", { true: "belongs to the certificate", false: "does not belong to the certificate" }[diagnosis.key_matches]],
      ["Project", diagnosis.project_id],
    ]),
    diagnosis.ok && diagnosis.type ? h("p", { class: "line" }, h("span", { class: "pill ok" }, "OK"), "Twilio accepts it, and nothing about it makes a push fail.") : null,
    diagnosis.findings.map(finding),
  ];
}

function finding({ level, text, remedy, commands = [], code: number, when, evidence }) {
  const kind = { error: "bad", warning: "warn" }[level] ?? "";
  return h("div", { class: `note ${kind}` }, h("p", {}, h("b", {}, `${level}: `), text, number ? ` (${number} at ${when})` : "", " ", badge(evidence)), remedy ? h("p", {}, remedy) : null, commands.length ? code(commands.join("\n"), { fold: true, label: "Commands" }) : null);
}
