/** How many requests Graph gets for what costs several of them: filtered lists, and a plural create that Graph throttles. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { scenarios } from "../../bench/scenarios.mjs";
import { throttle } from "../../dist/emulator/faults.js";
import { seedRecords } from "../../dist/emulator/seed.js";
import { startEmulator } from "../../dist/emulator/server.js";
import { startGateway } from "../soak/gateway.mjs";

const pageSize = 100;
const records = seedRecords(1000).map((record, index) =>
  index % 5 === 0 ? { ...record, intendedPurpose: "wifi" } : record,
);

/** The answer of a gateway before an emulator of 1,000 records, and the emulator's requests meanwhile. */
async function ask(query, variables, faults = []) {
  const emulator = await startEmulator({ seed: records, pageSize, writeQuota: false });
  const gateway = await startGateway({ graphUrl: emulator.url });
  try {
    for (const fault of faults) emulator.faults.add(fault);
    const answer = await fetch(gateway.url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer token" },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = await answer.json();
    assert.equal(errors, undefined);
    return { data, requests: emulator.requests };
  } finally {
    await gateway.close();
    await emulator.close();
  }
}

const list = (filter, first) => [
  `query List($filter: UserPfxCertificateFilter, $first: Int) {
    userPfxCertificates(filter: $filter, first: $first) { nodes { id } pageInfo { hasNextPage } }
  }`,
  { filter, first },
];

/** Pages of Graph's that hold the first so many records with that property. */
function pagesThatHold(property, value, first) {
  const places = records.flatMap((record, index) => (record[property] === value ? [index] : []));
  const last = places.length > first ? places[first - 1] : records.length - 1;
  return Math.floor(last / pageSize) + 1;
}

const { userPrincipalName } = records[0];

test("a list filtered by what Graph filters by takes one request", async () => {
  const { data, requests } = await ask(...list({ userPrincipalName }, 1000));

  const expected = records.filter((record) => record.userPrincipalName === userPrincipalName).length;
  assert.equal(data.userPfxCertificates.nodes.length, expected);
  assert.ok(requests.length <= Math.ceil(expected / pageSize) + 1, `${requests.length} requests`);
});

for (const first of [10, 50, 200]) {
  test(`the first ${first} of what Graph cannot filter by take one request more than the pages that hold them, at most`, async () => {
    const { data, requests } = await ask(...list({ intendedPurpose: "WIFI" }, first));

    const held = pagesThatHold("intendedPurpose", "wifi", first);
    console.log(`first ${first}: ${requests.length} requests, ${held} pages hold them`);
    assert.ok(data.userPfxCertificates.nodes.length > 0);
    assert.ok(requests.length <= held + 1, `${requests.length} requests for ${held} pages`);
  });
}

const throttled = {
  "as a whole": throttle("POST", "/$batch", 1000, "seconds", { times: 10 }),
  "item by item": throttle("POST", "/userPfxCertificates", 1000, "seconds", { times: 200 }),
};

for (const [how, fault] of Object.entries(throttled)) {
  test(`a plural create of 200 that Graph throttles once, ${how}, takes at most twice the batches`, async () => {
    const { query, variables } = scenarios.plural200;
    const { data, requests } = await ask(query, variables, [fault]);

    const batches = requests.filter(({ path }) => path.endsWith("/$batch")).map(({ body }) => body.requests.length);
    console.log(`throttled ${how}: batches of ${batches.join(", ")}`);
    assert.equal(data.createUserPfxCertificates.createdCount, 200);
    assert.ok(batches.length <= 20, `${batches.length} batches`);
  });
}
