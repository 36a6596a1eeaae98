/** Entities that a router asks for at once: each is read, or fails, by itself. Every query runs twice: by Apollo Server and compiled. */
import { describe, expect, it } from "vitest";
import { answerStatus, dropAnswer, type Fault, hangBeforeApplying, throttle } from "../../src/emulator/faults.ts";
import { seedRecords } from "../../src/emulator/seed.ts";
import { skippingClock } from "../support/clock.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

const ENTITIES = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on UserPfxCertificate { id } ... on User { userPrincipalName } } }`;

const one = /\/userPfxCertificates\/[^/]+$/;
const idsOf = (gateway: TestGateway) => gateway.emulator.records.map(({ id }) => id);
const certificates = (ids: readonly unknown[]) => ids.map((id) => ({ __typename: "UserPfxCertificate", id }));
/** Requests over the wire: items of a batch are not counted. */
const sent = (gateway: TestGateway) =>
  gateway.emulator.requests.filter(({ batched }) => !batched).map(({ path }) => path);

async function entities(gateway: TestGateway, representations: readonly object[]) {
  const { data, errors } = await gateway.send<{ _entities: unknown[] }, object>(ENTITIES, { representations });
  return {
    ids: data?._entities,
    errors: errors?.map(({ path, extensions }) => ({ path, code: extensions?.code })),
  };
}

describe.each(["the first time", "compiled"])("thirty entities, %s", (how) => {
  async function start(faults: Fault[] = []) {
    const clock = skippingClock(() => 0.5);
    const gateway = await startGateway({ clock, seed: seedRecords(30), config: { requestDeadlineMs: 10_000 } });
    if (how === "compiled") await entities(gateway, []);
    gateway.emulator.faults.add(...faults);
    return gateway;
  }

  it.each<[string, Fault]>([
    ["an item is throttled", throttle("GET", one, 1000)],
    ["three items are throttled", throttle("GET", one, 1000, "seconds", { times: 3 })],
    ["an item fails with 503", answerStatus("GET", one, 503)],
    ["Graph is busy with an item", answerStatus("GET", one, 423)],
    ["a whole batch is throttled", answerStatus("POST", "/$batch", 429, { retryAfter: 1 })],
    ["a whole batch fails with 502", answerStatus("POST", "/$batch", 502)],
    ["the answer of a batch is lost", dropAnswer("POST", "/$batch")],
    ["a batch is not answered", hangBeforeApplying("POST", "/$batch")],
  ])("are all read if %s: what failed is sent again, in one request", async (_, fault) => {
    await using gateway = await start([fault]);
    const ids = idsOf(gateway);

    const read = await entities(gateway, certificates(ids));

    expect(read).toEqual({ ids: ids.map((id) => ({ id })), errors: undefined });
    expect(sent(gateway)).toHaveLength(3);
  });

  it("fail one by one: others are read", async () => {
    await using gateway = await start([answerStatus("GET", one, 403, { skip: 3 })]);
    const ids = idsOf(gateway);

    const read = await entities(gateway, certificates(ids));

    expect(read.errors).toEqual([{ path: ["_entities", 3], code: "FORBIDDEN" }]);
    expect(read.ids).toEqual(ids.map((id, index) => (index === 3 ? null : { id })));
  });

  it("fail with the last answer after three attempts", async () => {
    await using gateway = await start([answerStatus("GET", one, 503, { times: 3, skip: 29 })]);
    const ids = idsOf(gateway);

    const read = await entities(gateway, certificates(ids));

    expect(read.errors).toEqual([{ path: ["_entities", 29], code: "UPSTREAM_UNAVAILABLE" }]);
    expect(gateway.emulator.requests.filter(({ path }) => path.endsWith(ids[29] ?? "?"))).toHaveLength(3);
  });

  it.each([undefined, null, 5, "a/b", "", { id: "x" }])("are read beside the id %j, which is none", async (id) => {
    await using gateway = await start();
    const ids = idsOf(gateway);

    const read = await entities(gateway, certificates([id, ...ids]));

    expect(read.errors).toEqual([{ path: ["_entities", 0], code: "BAD_USER_INPUT" }]);
    expect(read.ids).toEqual([null, ...ids.map((each) => ({ id: each }))]);
  });

  it("keep their places between users and missing certificates", async () => {
    await using gateway = await start();
    const [first = "", second = ""] = idsOf(gateway);
    const user = { __typename: "User", userPrincipalName: "adele@contoso.example" };
    const nobody = { __typename: "User", userPrincipalName: "" };

    const read = await entities(gateway, [
      ...certificates([first]),
      user,
      ...certificates(["gone", second]),
      nobody,
      ...certificates([first]),
    ]);

    expect(read.ids).toEqual([
      { id: first },
      { userPrincipalName: "adele@contoso.example" },
      null,
      { id: second },
      null,
      { id: first },
    ]);
    expect(read.errors).toEqual([{ path: ["_entities", 4], code: "BAD_USER_INPUT" }]);
  });

  it("never become another certificate", async () => {
    await using gateway = await start();
    const [first = "", second = ""] = idsOf(gateway);
    const body = gateway.emulator.records.find(({ id }) => id === second);
    gateway.emulator.faults.add(answerStatus("GET", one, 200, { body }));

    const read = await entities(gateway, certificates([first, second]));

    expect(read.errors).toEqual([{ path: ["_entities", 0], code: "UPSTREAM_INVALID_RESPONSE" }]);
    expect(read.ids).toEqual([null, { id: second }]);
  });
});

it("count as reads, of which one request may have a thousand", async () => {
  await using gateway = await startGateway({ seed: seedRecords(2) });
  const [id = ""] = idsOf(gateway);
  const aliases = Array.from({ length: 5 }, (_, index) => `c${index}`);
  const QUERY = `query ($id: ID!, $representations: [_Any!]!) {
    ${aliases.map((alias) => `${alias}: userPfxCertificate(id: $id) { id }`).join("\n")}
    _entities(representations: $representations) { ... on UserPfxCertificate { id } } }`;

  const { data, errors } = await gateway.send<{ _entities: unknown[] }, object>(QUERY, {
    id,
    representations: certificates(Array(1000).fill(id)),
  });

  expect(data?._entities).toEqual(Array(1000).fill({ id }));
  expect(errors?.map(({ path, extensions }) => [path?.[0], extensions?.code])).toEqual(
    aliases.map((alias) => [alias, "BAD_USER_INPUT"]),
  );
});
