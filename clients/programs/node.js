// Push credentials with twilio-node: create, page through, update, delete.
const { credentials } = require("twilio")().notify.v1;

async function main() {
  const made = [];
  for (const friendlyName of ["first", "second", "third"]) {
    made.push(await credentials.create({ type: "fcm", secret: "server-key", friendlyName }));
  }
  console.log(`created ${made.length}`);

  const sids = made.map((one) => one.sid);
  const paged = (await credentials.list({ pageSize: 1 })).filter((one) => sids.includes(one.sid));
  console.log(`paged ${paged.map((one) => one.friendlyName).join(",")}`);

  const second = credentials(sids[1]);
  console.log(`fetched ${(await second.fetch()).friendlyName}`);
  console.log(`updated ${(await second.update({ friendlyName: "renamed" })).friendlyName}`);
  for (const sid of sids) await credentials(sid).remove();
  console.log("deleted");

  await second.fetch().catch((error) => console.log(`missing ${error.status} ${error.code}`));
  await credentials
    .create({ type: "fcm", secret: "server-key", friendlyName: "busy" })
    .catch((error) => console.log(`busy ${error.status} ${error.code}`));
}

main();
