// Push credentials with fetch: create, page through, update, delete.
const base = "https://notify.twilio.com/v1/Credentials";
const { TWILIO_ACCOUNT_SID: user, TWILIO_AUTH_TOKEN: password } = process.env;
const headers = { authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}` };

async function call(method, url, form) {
  const response = await fetch(url, { method, headers, body: form && new URLSearchParams(form) });
  const text = await response.text();
  return { status: response.status, ...(text ? JSON.parse(text) : {}) };
}

const create = (FriendlyName) => call("POST", base, { Type: "fcm", Secret: "server-key", FriendlyName });

const sids = [];
for (const name of ["first", "second", "third"]) sids.push((await create(name)).sid);
console.log(`created ${sids.length}`);

const paged = [];
for (let next = `${base}?PageSize=1`; next; ) {
  const page = await call("GET", next);
  paged.push(...page.credentials.filter((one) => sids.includes(one.sid)).map((one) => one.friendly_name));
  next = page.meta.next_page_url;
}
console.log(`paged ${paged.join(",")}`);

const second = `${base}/${sids[1]}`;
console.log(`fetched ${(await call("GET", second)).friendly_name}`);
console.log(`updated ${(await call("POST", second, { FriendlyName: "renamed" })).friendly_name}`);
for (const sid of sids) await call("DELETE", `${base}/${sid}`);
console.log("deleted");

for (const [name, error] of [["missing", await call("GET", second)], ["busy", await create("busy")]]) {
  console.log(`${name} ${error.status} ${error.code}`);
}
