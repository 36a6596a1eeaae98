import { createServer } from "node:net";
import {
  CreateUserPfxCertificateDocument as CREATE,
  CreateUserPfxCertificatesDocument as CREATE_MANY,
} from "intune-pfx-client/operations";
import { describe, expect, it, vi } from "vitest";
import {
  answerStatus,
  delayAnswer,
  dropAnswer,
  dropRequest,
  type Fault,
  floodAnswer,
  garbleAnswer,
  hangAfterApplying,
  hangBeforeApplying,
  redirectTo,
  stallAnswer,
  throttle,
  truncateAnswer,
} from "../../../src/emulator/faults.ts";
import type { NewRecord } from "../../../src/emulator/server.ts";
import { skippingClock } from "../../support/clock.ts";
import { CREATE_WITH_SECRETS, type CreatedWithSecrets } from "../../support/create-with-secrets.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { anInput, thumbprintOf } from "../../support/input.ts";

const posts = "/userPfxCertificates";

/** Where Graph hangs, real time passes until an attempt is given up: after 40 % of the deadline. */
const deadlineFor = ({ action }: Fault) => ({
  config: { requestDeadlineMs: action.kind === "hang" || action.kind === "truncate" ? 2000 : 60_000 },
});

async function create(gateway: TestGateway, given: Parameters<typeof anInput>[0] = {}) {
  const { data, errors } = await gateway.send<CreatedWithSecrets, object>(CREATE_WITH_SECRETS, {
    input: anInput(given),
  });
  return { certificate: data?.createUserPfxCertificate, extensions: errors?.[0]?.extensions, errors };
}

const sendings = (gateway: TestGateway) => gateway.emulator.requests.filter(({ method }) => method === "POST").length;
const lookUps = (gateway: TestGateway) => gateway.emulator.requests.filter(({ method }) => method === "GET").length;

/** The record of `anInput()`, as Graph's enums have it. */
const aRecord = (given: Partial<NewRecord> = {}): NewRecord => ({
  ...anInput(),
  intendedPurpose: "smimeEncryption",
  paddingScheme: "oaepSha512",
  ...given,
});

describe("a create that was applied and whose response is lost", () => {
  const accidents: [string, Fault][] = [
    ["a reset", dropAnswer("POST", posts)],
    ["a truncated answer", truncateAnswer("POST", posts)],
    ["an answer that stalls", stallAnswer("POST", posts)],
    ["no answer at all", hangAfterApplying("POST", posts)],
    ["HTML instead of JSON", garbleAnswer("POST", posts, "html")],
    ["broken JSON", garbleAnswer("POST", posts, "brokenJson")],
    ["a 201 without a body", answerStatus("POST", posts, 201, { apply: true, body: "" })],
    ["a 200 instead of a 201", answerStatus("POST", posts, 200, { apply: true, body: {} })],
    ["a 201 of something else", answerStatus("POST", posts, 201, { apply: true, body: { value: [] } })],
    ["an endless answer", floodAnswer("POST", posts, 33 * 1024 * 1024, { status: 201 })],
    ...[500, 502, 503, 504].map((status): [string, Fault] => [
      `a ${status}`,
      answerStatus("POST", posts, status, { apply: true }),
    ]),
  ];
  it.each(accidents)("is found by its natural key and sent only once: %s", async (_, fault) => {
    await using gateway = await startGateway({ ...deadlineFor(fault), faults: [fault] });

    const { certificate, errors } = await create(gateway);

    expect(errors).toBeUndefined();
    expect(certificate?.id).toBe(gateway.emulator.records[0]?.id);
    expect(certificate).toMatchObject({ encryptedPfxBlob: null, encryptedPfxPassword: null });
    expect(gateway.emulator.ledger).toHaveLength(1);
    expect(sendings(gateway)).toBe(1);
  });

  it("is found even if the first look-up fails", async () => {
    await using gateway = await startGateway({
      faults: [dropAnswer("POST", posts), answerStatus("GET", posts, 503), dropAnswer("GET", posts)],
    });

    const { certificate } = await create(gateway);

    expect(certificate?.id).toBe(gateway.emulator.records[0]?.id);
    expect(sendings(gateway)).toBe(1);
  });

  it.each(["known", "none"] as const)(
    "is found among many records if Graph honours %s filters",
    async (honouredFilters) => {
      const others = Array.from({ length: 250 }, (_, index) =>
        aRecord({ userPrincipalName: `user${index}@contoso.example` }),
      );
      await using gateway = await startGateway({ honouredFilters, seed: others, faults: [dropAnswer("POST", posts)] });

      const { certificate } = await create(gateway);

      expect(certificate?.userPrincipalName).toBe(anInput().userPrincipalName);
      expect(gateway.emulator.ledger).toHaveLength(1);
    },
  );

  it("fails with OUTCOME_UNKNOWN if the look-up is impossible, and a repeat reports the true outcome", async () => {
    await using gateway = await startGateway({
      faults: [dropAnswer("POST", posts), answerStatus("GET", posts, 503, { times: 3 })],
    });

    const { extensions } = await create(gateway);
    const repeated = await create(gateway);

    expect(extensions?.code).toBe("OUTCOME_UNKNOWN");
    expect(repeated.extensions?.code).toBe("CONFLICT");
    expect(gateway.emulator.ledger).toHaveLength(1);
  });
});

describe("a create that was not applied", () => {
  const accidents: [string, Fault][] = [
    ["a reset", dropRequest("POST", posts)],
    ["no answer at all", hangBeforeApplying("POST", posts)],
    ...[500, 502, 503, 504].map((status): [string, Fault] => [`a ${status}`, answerStatus("POST", posts, status)]),
  ];
  it.each(accidents)("is sent once more after two look-ups: %s", async (_, fault) => {
    await using gateway = await startGateway({ ...deadlineFor(fault), faults: [fault] });

    const { certificate, errors } = await create(gateway);

    expect(errors).toBeUndefined();
    expect(certificate?.id).toBe(gateway.emulator.records[0]?.id);
    expect(gateway.emulator.ledger).toHaveLength(1);
    expect(sendings(gateway)).toBe(2);
    expect(lookUps(gateway)).toBe(2);
    expect(gateway.clock.sleeps).toEqual([fault.action.kind === "hang" ? 200 : 1000]);
  });

  it("is not sent a third time", async () => {
    await using gateway = await startGateway({ faults: [answerStatus("POST", posts, 503, { times: Infinity })] });

    const { extensions } = await create(gateway);

    expect(extensions?.code).toBe("UPSTREAM_UNAVAILABLE");
    expect(gateway.emulator.records).toHaveLength(0);
    expect(sendings(gateway)).toBe(2);
  });

  it("fails with Graph's message and the time to wait", async () => {
    const body = { error: { code: "ServiceUnavailable", message: "Busy." } };
    const fault = answerStatus("POST", posts, 503, { times: Infinity, retryAfter: 7, body });
    await using gateway = await startGateway({ faults: [fault] });

    const { extensions } = await create(gateway);
    const { data } = await gateway.send(CREATE_MANY, { inputs: [anInput()] });

    expect(extensions).toMatchObject({
      code: "UPSTREAM_UNAVAILABLE",
      retryAfterSeconds: 7,
      graph: { status: 503, code: "ServiceUnavailable", requestId: expect.any(String) },
    });
    expect(data?.createUserPfxCertificates.results).toMatchObject([
      { code: "UPSTREAM_UNAVAILABLE", retryAfterSeconds: expect.any(Number), graphRequestId: expect.any(String) },
    ]);
  });

  it("fails with OUTCOME_UNKNOWN if Graph never answers, because it may still be applied", async () => {
    const fault = hangBeforeApplying("POST", posts, { times: 9 });
    await using gateway = await startGateway({ ...deadlineFor(fault), faults: [fault] });

    const { extensions } = await create(gateway);

    expect(extensions?.code).toBe("OUTCOME_UNKNOWN");
  });

  it("is retried if no connection could be made", async () => {
    await using gateway = await startGateway();
    const port = Number(new URL(gateway.emulator.url).port);
    await gateway.emulator.close();

    const answer = create(gateway);
    const refused = await answer;

    expect(refused.extensions?.code).toBe("UPSTREAM_UNAVAILABLE");
    expect(gateway.clock.sleeps).toEqual([100, 200]);
    expect(gateway.log.filter(({ silence }) => silence === "network")).toHaveLength(3);
    // The port really is free: nothing answered in the emulator's place.
    const probe = createServer().listen(port, "127.0.0.1");
    await new Promise((resolve) => probe.once("listening", resolve));
    await new Promise((resolve) => probe.close(resolve));
  });

  it.each([400, 403, 404, 413, 415, 422])("is never retried after a %i", async (status) => {
    await using gateway = await startGateway({ faults: [answerStatus("POST", posts, status, { times: Infinity })] });

    await create(gateway);

    expect(sendings(gateway)).toBe(1);
    expect(gateway.clock.sleeps).toEqual([]);
  });

  it("is not sent to the target of a redirect", async () => {
    await using elsewhere = await startGateway();
    await using gateway = await startGateway({
      faults: [redirectTo("POST", posts, `${elsewhere.emulator.url}/v1.0/deviceManagement${posts}`)],
    });

    const { extensions } = await create(gateway);

    expect(extensions?.code).toBe("UPSTREAM_INVALID_RESPONSE");
    expect(elsewhere.emulator.requests).toHaveLength(0);
    expect(gateway.emulator.records).toHaveLength(0);
  });
});

describe("a create of an existing certificate", () => {
  it("fails with CONFLICT and the existing id", async () => {
    await using gateway = await startGateway({ seed: [aRecord()] });

    const { extensions, errors } = await create(gateway);

    expect(extensions).toMatchObject({ code: "CONFLICT", graph: { status: 409 } });
    expect(errors?.[0]?.message).toContain(gateway.emulator.records[0]?.id);
  });

  it("fails with CONFLICT if Graph answers 400", async () => {
    await using gateway = await startGateway({ seed: [aRecord()], onDuplicate: "badRequest" });

    const { extensions, errors } = await create(gateway);

    expect(extensions).toMatchObject({ code: "CONFLICT", graph: { status: 400 } });
    expect(errors?.[0]?.message).toContain(gateway.emulator.records[0]?.id);
  });

  it("fails with CONFLICT if the look-up after a lost response finds an older record", async () => {
    const past = Date.now() - 60_000;
    let nowMs = past;
    await using gateway = await startGateway({ now: () => nowMs, faults: [dropRequest("POST", posts)] });
    gateway.emulator.put(aRecord());
    nowMs = Date.now();

    const { extensions, errors } = await create(gateway);

    expect(extensions?.code).toBe("CONFLICT");
    expect(errors?.[0]?.message).toContain(gateway.emulator.records[0]?.id);
    expect(gateway.emulator.ledger).toHaveLength(0);
  });

  it("compares times by Graph's clock, however far from ours", async () => {
    const hourMs = 3_600_000;
    await using gateway = await startGateway({
      now: () => Date.now() - 7 * hourMs,
      faults: [dropAnswer("POST", posts)],
    });

    const { certificate } = await create(gateway);

    expect(certificate?.id).toBe(gateway.emulator.records[0]?.id);
  });

  it("never succeeds silently for another file, even right after the first create", async () => {
    await using gateway = await startGateway();
    await create(gateway);
    gateway.emulator.faults.add(dropRequest("POST", posts));

    const { extensions } = await create(gateway, { encryptedPfxBlob: "YW5vdGhlciBmaWxl" });

    expect(extensions?.code).toBe("CONFLICT");
    expect(gateway.emulator.records[0]?.encryptedPfxBlob).toBe(anInput().encryptedPfxBlob);
  });

  it("never succeeds silently if the record has other properties", async () => {
    await using gateway = await startGateway({ faults: [answerStatus("POST", posts, 503)] });
    gateway.emulator.put(aRecord({ keyName: "Another key" }));

    const { extensions } = await create(gateway);

    expect(extensions?.code).toBe("CONFLICT");
  });

  it("succeeds if the retry finds the record that the first attempt stored late", async () => {
    await using gateway = await startGateway({
      faults: [
        dropAnswer("POST", posts),
        answerStatus("GET", posts, 200, { times: 2, body: { value: [] } }), // not yet visible
      ],
    });

    const { certificate } = await create(gateway);

    expect(certificate?.id).toBe(gateway.emulator.records[0]?.id);
    expect(gateway.emulator.ledger).toHaveLength(1);
    expect(sendings(gateway)).toBe(2);
  });
});

describe("the same create many times", () => {
  it("stores one record for twenty concurrent requests and answers all of them alike", async () => {
    await using gateway = await startGateway({ faults: [delayAnswer("POST", posts, 400)] });

    const answers = await Promise.all(Array.from({ length: 20 }, () => create(gateway)));

    expect(new Set(answers.map(({ certificate }) => certificate?.id)).size).toBe(1);
    expect(answers.every(({ errors }) => errors === undefined)).toBe(true);
    expect(sendings(gateway)).toBe(1);
  });

  it("stores one record for two concurrent files and answers the second with CONFLICT", async () => {
    await using gateway = await startGateway({ faults: [delayAnswer("POST", posts, 30), dropAnswer("POST", posts)] });

    const [one, other] = await Promise.all([
      create(gateway),
      create(gateway, { encryptedPfxBlob: "YW5vdGhlciBmaWxl" }),
    ]);

    expect([one.extensions?.code, other.extensions?.code].sort()).toEqual(["CONFLICT", undefined]);
    const winner = one.certificate ? anInput().encryptedPfxBlob : "YW5vdGhlciBmaWxl";
    expect(gateway.emulator.records.map(({ encryptedPfxBlob }) => encryptedPfxBlob)).toEqual([winner]);
  });

  it("keeps two callers apart", async () => {
    await using gateway = await startGateway({ latencyMs: 20 });

    await Promise.all([
      gateway.send(CREATE, { input: anInput() }),
      gateway.send(CREATE, { input: anInput() }, { authorization: "Bearer another-caller" }),
    ]);

    const tokens = gateway.emulator.requests
      .filter(({ method }) => method === "POST")
      .map(({ headers }) => headers.authorization);
    expect(tokens.sort()).toEqual(["Bearer another-caller", "Bearer caller-token"]);
  });
});

describe("a throttled create", () => {
  it.each(["seconds", "fraction", "date", "millisecondsHeader", "nested"] as const)(
    "waits at least as long as Graph asks: %s",
    async (hint) => {
      await using gateway = await startGateway({ faults: [throttle("POST", posts, 2128, hint)] });

      const { certificate } = await create(gateway);

      expect(certificate).toBeDefined();
      expect(gateway.clock.sleeps).toHaveLength(1);
      // Whole seconds and dates are rounded by whoever writes them.
      expect(gateway.clock.sleeps[0]).toBeGreaterThanOrEqual(hint === "date" ? 1128 : 2000);
      expect(gateway.clock.sleeps[0]).toBeLessThan(4500);
    },
  );

  it("fails with THROTTLED at once if the wait does not fit the deadline", async () => {
    await using gateway = await startGateway({ faults: [throttle("POST", posts, 60_000)] });

    const { extensions } = await create(gateway);

    expect(extensions).toMatchObject({ code: "THROTTLED", retryAfterSeconds: 60 });
    expect(gateway.clock.sleeps).toEqual([]);
    expect(sendings(gateway)).toBe(1);
  });

  it("backs off without a hint from Graph, with three attempts in total", async () => {
    await using gateway = await startGateway({ faults: [throttle("POST", posts, 0, "none", { times: Infinity })] });

    const { extensions } = await create(gateway);

    expect(extensions?.code).toBe("THROTTLED");
    expect(gateway.clock.sleeps).toEqual([1000, 2000]);
    expect(sendings(gateway)).toBe(3);
  });

  it("is sent at most three times, whatever mix of errors Graph sends", async () => {
    const mixed = Array.from({ length: 10 }, (_, turn) =>
      turn % 2 === 0 ? throttle("POST", posts, 1000) : answerStatus("POST", posts, 503),
    );
    await using gateway = await startGateway({ faults: mixed });

    const { extensions } = await create(gateway);

    expect(sendings(gateway)).toBe(3);
    expect(extensions?.code).toBe("THROTTLED");
    expect(gateway.emulator.ledger).toHaveLength(0);
  });

  it("is paced ahead of Graph's quota", async () => {
    await using gateway = await startGateway({ config: { graphWritesPer20s: 3, requestDeadlineMs: 60_000 } });
    gateway.emulator.reset();

    const names = Array.from({ length: 7 }, (_, index) => `user${index}@contoso.example`);
    const answers = await Promise.all(names.map((userPrincipalName) => create(gateway, { userPrincipalName })));

    expect(answers.every(({ certificate }) => certificate !== undefined)).toBe(true);
    const times = gateway.emulator.requests.map(({ receivedAtMs }) => receivedAtMs).sort((a, b) => a - b);
    for (let index = 3; index < times.length; index++) {
      expect((times[index] ?? 0) - (times[index - 3] ?? 0)).toBeGreaterThanOrEqual(20_000);
    }
  });

  it("does not wait for creates whose token Graph rejected", async () => {
    const junk = answerStatus("POST", posts, 401, { times: 20 });
    await using gateway = await startGateway({ faults: [junk], config: { graphWritesPer20s: 3 } });

    const refused = await Promise.all(
      Array.from({ length: 20 }, (_, user) => create(gateway, { userPrincipalName: `user${user}@contoso.example` })),
    );
    const { certificate } = await create(gateway);

    expect(new Set(refused.map(({ extensions }) => extensions?.code))).toEqual(new Set(["UNAUTHENTICATED"]));
    expect(certificate).toBeDefined();
    expect(gateway.clock.skippedMs).toBe(0);
  });

  it("is sent as soon as earlier creates return their write quota", async () => {
    const clock = skippingClock(() => 0.5, 1000);
    const faults = [answerStatus("POST", "/$batch", 401), answerStatus("POST", posts, 401)];
    await using gateway = await startGateway({ clock, faults, config: { graphWritesPer20s: 3 } });
    const inputs = Array.from({ length: 4 }, (_, index) => anInput({ thumbprint: thumbprintOf(index) }));

    const { errors } = await gateway.send(CREATE_MANY, { inputs });

    expect(errors?.[0]?.extensions?.code).toBe("UNAUTHENTICATED");
    expect(clock.sleeps).toHaveLength(1);
    expect(clock.skippedMs).toBe(0);
  });

  it("does not wait for creates that were never sent", async () => {
    await using gateway = await startGateway({
      config: { graphWritesPer20s: 2, requestDeadlineMs: 5000 },
      through: async () => ({ url: "http://127.0.0.1:9" }), // the discard port: nobody listens
    });

    for (let attempt = 0; attempt < 4; attempt++) {
      const { extensions } = await create(gateway);
      expect(extensions?.code).toBe("UPSTREAM_UNAVAILABLE");
    }
  });

  it("fails with THROTTLED, unsent, if its turn comes after the deadline", async () => {
    await using gateway = await startGateway({ config: { graphWritesPer20s: 1, requestDeadlineMs: 5000 } });
    await create(gateway);

    const { extensions } = await create(gateway, { userPrincipalName: "second@contoso.example" });

    expect(extensions?.code).toBe("THROTTLED");
    expect(extensions?.retryAfterSeconds).toBeGreaterThan(15);
    expect(sendings(gateway)).toBe(1);
  });
});

describe("a 201 that describes another certificate", () => {
  it.each([
    ["thumbprint", { id: "another", thumbprint: thumbprintOf(9) }],
    ["user", { id: "another", userPrincipalName: "alex@contoso.example" }],
  ])("is taken for a lost answer, never for a success: another %s", async (_, body) => {
    for (const apply of [true, false]) {
      await using gateway = await startGateway({ faults: [answerStatus("POST", posts, 201, { body, apply })] });

      const { data } = await gateway.send(CREATE, { input: anInput() });

      expect(data?.createUserPfxCertificate.id).toBe(gateway.emulator.records[0]?.id);
      expect(gateway.emulator.ledger).toHaveLength(1);
    }
  });

  it("ends with OUTCOME_UNKNOWN if Graph keeps answering so, and nothing is found", async () => {
    const body = { id: "another", thumbprint: thumbprintOf(9) };
    await using gateway = await startGateway({ faults: [answerStatus("POST", posts, 201, { body, times: 9 })] });

    const { errors } = await gateway.send(CREATE, { input: anInput() });

    expect(errors?.[0]?.extensions?.code).toBe("OUTCOME_UNKNOWN");
  });

  it("is a success in another case of letters, or without user and thumbprint", async () => {
    const { thumbprint, userPrincipalName } = anInput();
    const upper = { thumbprint: thumbprint.toUpperCase(), userPrincipalName: userPrincipalName.toUpperCase() };
    for (const body of [{ id: "a-1", ...upper }, { id: "a-1" }]) {
      await using gateway = await startGateway({ faults: [answerStatus("POST", posts, 201, { body })] });

      expect((await gateway.send(CREATE, { input: anInput() })).data?.createUserPfxCertificate.id).toBe("a-1");
    }
  });
});

describe("a create that Graph applies after the gateway has given up", () => {
  it.each([
    ["504 twice", [answerStatus("POST", posts, 504, { applyAfterMs: 300 }), answerStatus("POST", posts, 504)]],
    ["two resets", [dropRequest("POST", posts, { applyAfterMs: 300 }), dropRequest("POST", posts)]],
    ["504, then 503", [answerStatus("POST", posts, 504, { applyAfterMs: 300 }), answerStatus("POST", posts, 503)]],
    ["a reset, then 403", [dropRequest("POST", posts, { applyAfterMs: 300 }), answerStatus("POST", posts, 403)]],
    ["an unreadable 201 twice", [garbledButLate(), garbleNothing()]],
  ])("is OUTCOME_UNKNOWN, never certainly not applied: %s", async (_, faults) => {
    await using gateway = await startGateway({ faults });

    const { errors } = await gateway.send(CREATE, { input: anInput() });

    expect(errors?.[0]?.extensions?.code).toBe("OUTCOME_UNKNOWN");
    await vi.waitFor(() => expect(gateway.emulator.ledger).toHaveLength(1), 10_000);
  });

  it.each([500, 502, 503])(
    "is UPSTREAM_UNAVAILABLE after two answers %i: Graph says that it failed",
    async (status) => {
      await using gateway = await startGateway({ faults: [answerStatus("POST", posts, status, { times: 2 })] });

      const { errors } = await gateway.send(CREATE, { input: anInput() });

      expect(errors?.[0]?.extensions?.code).toBe("UPSTREAM_UNAVAILABLE");
      expect(gateway.emulator.ledger).toEqual([]);
    },
  );
});

function garbledButLate() {
  return answerStatus("POST", posts, 201, { body: "<html>", applyAfterMs: 300 });
}

function garbleNothing() {
  return answerStatus("POST", posts, 201, { body: "<html>" });
}
