/**
 * What Graph means by 409 and 412: of a create that the certificate is there, or only that it is busy with that user. Importers
 * take CONFLICT as done, so the gateway says it only of a record that it has seen.
 */
import { print } from "graphql";
import {
  CreateUserPfxCertificateDocument as CREATE,
  CreateUserPfxCertificatesDocument as CREATE_MANY,
  DeleteUserPfxCertificateDocument as DELETE,
  UpdateUserPfxCertificateDocument as UPDATE,
} from "intune-pfx-client/operations";
import { describe, expect, it, vi } from "vitest";
import { answerStatus, dropAnswer, dropRequest, type Fault, type StatusDetails } from "../../../src/emulator/faults.ts";
import { seedRecords } from "../../../src/emulator/seed.ts";
import type { NewRecord } from "../../../src/emulator/server.ts";
import { skippingClock } from "../../support/clock.ts";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { anInput, thumbprintOf } from "../../support/input.ts";

const posts = "/userPfxCertificates";
const always = Number.POSITIVE_INFINITY;

const busy = { error: { code: "Directory_ConcurrencyViolation", message: "Wait briefly and retry." } };
const conflict = (status: number, details: StatusDetails = {}) =>
  answerStatus("POST", posts, status, { body: busy, ...details });
const nothingYet = (times: number) => answerStatus("GET", posts, 200, { body: { value: [] }, times });

const aRecord = (given: Partial<NewRecord> = {}): NewRecord => ({
  ...anInput(),
  intendedPurpose: "smimeEncryption",
  paddingScheme: "oaepSha512",
  ...given,
});

async function create(gateway: TestGateway, given: Parameters<typeof anInput>[0] = {}) {
  const { data, errors } = await gateway.send(CREATE, { input: anInput(given) });
  const [error] = errors ?? [];
  return { id: data?.createUserPfxCertificate.id, message: error?.message, extensions: error?.extensions };
}

const asked = (gateway: TestGateway, method: string) =>
  gateway.emulator.requests.filter((request) => request.method === method && request.path.endsWith(posts)).length;

describe.each([409, 412])("a create that Graph answers with %i, of a certificate that does not exist,", (status) => {
  it.each([
    ["Graph's own words", busy],
    ["a code that says nothing", { error: { code: "Conflict", message: "No." } }],
    ["no body", ""],
  ])("is looked up and sent again after a short wait: %s", async (_, body) => {
    await using gateway = await startGateway({ faults: [conflict(status, { body })] });

    const { id, extensions } = await create(gateway);

    expect(extensions).toBeUndefined();
    expect(gateway.emulator.records.map((record) => record.id)).toEqual([id]);
    expect([asked(gateway, "POST"), asked(gateway, "GET")]).toEqual([2, 1]);
    expect(gateway.clock.sleeps).toEqual([500]); // half of a second: the test's clock draws 0.5
  });

  it("waits as long as Graph asks", async () => {
    await using gateway = await startGateway({ faults: [conflict(status, { retryAfter: 7 })] });

    const { id } = await create(gateway);

    expect(id).toBeDefined();
    expect(gateway.clock.sleeps).toEqual([7000]);
  });

  it("fails with UPSTREAM_UNAVAILABLE and Graph's message after three attempts, never with CONFLICT", async () => {
    await using gateway = await startGateway({ faults: [conflict(status, { times: always })] });

    const { message, extensions } = await create(gateway);

    expect(extensions).toEqual({
      code: "UPSTREAM_UNAVAILABLE",
      graph: expect.objectContaining({ status, code: "Directory_ConcurrencyViolation", message: busy.error.message }),
    });
    expect(message).toBe(
      "Microsoft Graph reports a conflict, but no such certificate was seen. This request stored nothing; retry later. Graph says: Wait briefly and retry.",
    );
    expect([asked(gateway, "POST"), asked(gateway, "GET")]).toEqual([3, 3]);
    expect(gateway.clock.sleeps).toEqual([500, 1000]);
    expect(gateway.emulator.ledger).toEqual([]);
  });

  it("fails at once if the wait does not fit the deadline", async () => {
    const faults = [conflict(status, { retryAfter: 60, times: always })];
    await using gateway = await startGateway({ faults });

    const { extensions } = await create(gateway);

    expect(extensions).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", retryAfterSeconds: 60 });
    expect(asked(gateway, "POST")).toBe(1);
    expect(gateway.clock.sleeps).toEqual([]);
  });

  it("is sent again even if the look-up is impossible, and never fails with CONFLICT", async () => {
    const downForReads = answerStatus("GET", posts, 503, { times: always });
    await using once = await startGateway({ faults: [conflict(status), downForReads] });
    await using gateway = await startGateway({ faults: [conflict(status, { times: always }), downForReads] });

    const [stored, refused] = [await create(once), await create(gateway)];

    expect(stored.id).toBe(once.emulator.records[0]?.id);
    expect(refused.extensions).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", graph: { status } });
    expect(asked(gateway, "POST")).toBe(3);
  });

  it("fails with CONFLICT if the record appears later", async () => {
    await using gateway = await startGateway({
      seed: [aRecord()],
      faults: [conflict(status, { times: always }), nothingYet(2)],
    });

    const { message, extensions } = await create(gateway);

    expect(extensions).toMatchObject({ code: "CONFLICT", graph: { status } });
    expect(message).toContain(gateway.emulator.records[0]?.id);
    expect(asked(gateway, "POST")).toBe(3);
  });
});

describe.each([409, 412])("a create that Graph answers with %i, of a certificate that exists,", (status) => {
  it("fails with CONFLICT and the existing id, and is not sent again", async () => {
    await using gateway = await startGateway({ seed: [aRecord()], faults: [conflict(status)] });

    const { message, extensions } = await create(gateway);

    const certificateId = gateway.emulator.records[0]?.id;
    expect(extensions).toMatchObject({ code: "CONFLICT", certificateId, graph: { status } });
    expect(message).toContain(certificateId);
    expect([asked(gateway, "POST"), asked(gateway, "GET")]).toEqual([1, 1]);
  });
});

describe("a conflict after a lost response", () => {
  const cases: [string, Fault[], unknown, stored: number][] = [
    ["that Graph failed at: sent again", [answerStatus("POST", posts, 503), conflict(409)], undefined, 1],
    ["by a reset: sent again", [dropRequest("POST", posts), conflict(412)], undefined, 1],
    [
      "that Graph failed at, and nothing is there",
      [answerStatus("POST", posts, 503), conflict(409, { times: 2 })],
      "UPSTREAM_UNAVAILABLE",
      0,
    ],
    [
      "by a reset, and nothing shows: it may be ours that is there",
      [dropRequest("POST", posts), conflict(409, { times: 2 })],
      "OUTCOME_UNKNOWN",
      0,
    ],
    [
      "by a reset, and nothing shows although it was stored",
      [dropAnswer("POST", posts), nothingYet(99)],
      "OUTCOME_UNKNOWN",
      1,
    ],
    [
      "by a reset, where something else is refused at last",
      [dropRequest("POST", posts), conflict(409), answerStatus("POST", posts, 403)],
      "OUTCOME_UNKNOWN",
      0,
    ],
    [
      "and then the look-up is impossible",
      [dropAnswer("POST", posts), nothingYet(2), answerStatus("GET", posts, 503, { times: always })],
      "OUTCOME_UNKNOWN",
      1,
    ],
    ["and what was stored shows now", [dropAnswer("POST", posts), nothingYet(2)], undefined, 1],
  ];
  it.each(cases)("%s", async (_, faults, code, stored) => {
    await using gateway = await startGateway({ faults });

    const { id, extensions } = await create(gateway);

    expect(extensions?.code).toBe(code);
    expect(gateway.emulator.ledger).toHaveLength(stored);
    if (code === undefined) expect(id).toBe(gateway.emulator.records[0]?.id);
    expect(asked(gateway, "POST")).toBeLessThanOrEqual(3);
  });

  it("is a CONFLICT if an older record is found", async () => {
    await using gateway = await startGateway({
      now: () => Date.now() - 60_000,
      faults: [dropRequest("POST", posts), nothingYet(2), conflict(409)],
    });
    gateway.emulator.put(aRecord({ createdDateTime: "2026-01-01T00:00:00.1234567Z" }));

    const { extensions } = await create(gateway);

    expect(extensions).toMatchObject({ code: "CONFLICT", certificateId: gateway.emulator.records[0]?.id });
    expect(gateway.emulator.ledger).toEqual([]);
  });

  it("does not report success for a record that another client stored before the retry", async () => {
    const clock = skippingClock();
    await using gateway = await startGateway({
      clock: {
        ...clock,
        get skippedMs() {
          return clock.skippedMs;
        },
        sleep(ms, signal) {
          if (ms === 10_000) gateway.emulator.put(aRecord()); // while the gateway waits as Graph asked
          return clock.sleep(ms, signal);
        },
      },
      faults: [conflict(409, { retryAfter: 10 }), dropRequest("POST", posts)],
    });

    const { extensions } = await create(gateway, { encryptedPfxBlob: "YW5vdGhlciBmaWxl" });

    expect(extensions?.code).toBe("CONFLICT");
    expect(gateway.emulator.records).toHaveLength(1);
  });
});

describe("the id of an existing certificate", () => {
  it.each(["conflict", "badRequest"] as const)("is part of CONFLICT, whatever Graph says: %s", async (onDuplicate) => {
    await using gateway = await startGateway({ seed: [aRecord()], onDuplicate });
    const certificateId = gateway.emulator.records[0]?.id;

    const { extensions } = await create(gateway);
    const { data } = await gateway.send(CREATE_MANY, { inputs: [anInput()] });

    expect(extensions).toMatchObject({ code: "CONFLICT", certificateId });
    expect(data?.createUserPfxCertificates.results).toMatchObject([{ code: "CONFLICT", certificateId }]);
  });

  it("is part of CONFLICT if the look-up after a lost response finds it", async () => {
    await using gateway = await startGateway({
      seed: [aRecord({ createdDateTime: "2026-01-01T00:00:00.1234567Z" })],
      faults: [dropRequest("POST", posts)],
    });

    const { extensions } = await create(gateway);

    expect(extensions).toEqual({ code: "CONFLICT", certificateId: gateway.emulator.records[0]?.id });
  });
});

describe("creates that Graph keeps answering 409", () => {
  it("are sent again within the retry budget only", async () => {
    await using gateway = await startGateway({ faults: [conflict(409, { times: always })], writeQuota: false });

    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, number) => create(gateway, { thumbprint: thumbprintOf(number) })),
    );

    expect(new Set(answers.map(({ extensions }) => extensions?.code))).toEqual(new Set(["UPSTREAM_UNAVAILABLE"]));
    expect(asked(gateway, "POST")).toBe(40 + 20);
  });

  it("are not sent again after the client has gone", async () => {
    await using gateway = await startGateway({
      clock: skippingClock(() => 0.5, 500),
      faults: [conflict(409, { retryAfter: 10, times: always })],
    });
    const gone = new AbortController();
    const answer = fetch(gateway.url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer caller-token" },
      body: JSON.stringify({ query: print(CREATE), variables: { input: anInput() } }),
      signal: gone.signal,
    });
    await vi.waitUntil(() => gateway.clock.sleeps.length === 1);
    gone.abort();
    await expect(answer).rejects.toThrow("abort");

    await vi.waitUntil(() => gateway.log.some(({ msg }) => msg === "audit"));
    expect(asked(gateway, "POST")).toBe(1);
    expect(gateway.clock.skippedMs).toBe(0);
  });
});

describe("a conflict of one of many creates", () => {
  const inputs = (count: number) =>
    Array.from({ length: count }, (_, number) => anInput({ thumbprint: thumbprintOf(number + 1) }));

  it.each([409, 412])("is looked up and retried alone: %i", async (status) => {
    await using gateway = await startGateway({ faults: [conflict(status), conflict(status, { retryAfter: 3 })] });

    const { data } = await gateway.send(CREATE_MANY, { inputs: inputs(5) });

    expect(data?.createUserPfxCertificates).toMatchObject({ createdCount: 5, failedCount: 0 });
    expect(gateway.emulator.ledger).toHaveLength(5);
    expect(gateway.clock.sleeps.sort()).toEqual([3000, 500]);
  });

  it("is CONFLICT for the existing certificate and UPSTREAM_UNAVAILABLE for the missing one", async () => {
    await using gateway = await startGateway({ seed: [aRecord({ thumbprint: thumbprintOf(2) })] });
    gateway.emulator.faults.add(conflict(412, { times: 1 })); // the first item; its next sendings go alone or together
    gateway.emulator.faults.add(conflict(409, { skip: 2, times: always }));

    const { data } = await gateway.send(CREATE_MANY, { inputs: inputs(3) });

    expect(data?.createUserPfxCertificates.results).toMatchObject([
      {
        code: "UPSTREAM_UNAVAILABLE",
        certificateId: null,
        message: expect.stringContaining("Wait briefly and retry."),
      },
      {
        code: "CONFLICT",
        certificateId: gateway.emulator.records[0]?.id,
        message: expect.stringContaining(gateway.emulator.records[0]?.id ?? "none"),
      },
      { __typename: "UserPfxCertificate" },
    ]);
    expect(gateway.emulator.ledger).toHaveLength(1);
  });

  it("of the whole batch counts for each item", async () => {
    await using gateway = await startGateway({ faults: [answerStatus("POST", "/$batch", 409, { body: busy })] });

    const { data } = await gateway.send(CREATE_MANY, { inputs: inputs(3) });

    expect(data?.createUserPfxCertificates).toMatchObject({ createdCount: 3 });
    expect(gateway.emulator.ledger).toHaveLength(3);
  });
});

describe.each([409, 412])("an update or a deletion that Graph answers with %i", (status) => {
  it("fails with CONFLICT and says that the certificate changed meanwhile", async () => {
    const faults = ["PATCH", "DELETE"].map((method) =>
      answerStatus(method, /./, status, { body: busy, times: always }),
    );
    await using gateway = await startGateway({ seed: seedRecords(1), faults });
    const id = gateway.emulator.records[0]?.id ?? "";

    const updated = await gateway.send(UPDATE, { id, changes: { keyName: "Another key" } });
    const deleted = await gateway.send(DELETE, { deletedId: id });

    for (const { errors } of [updated, deleted]) {
      expect(errors).toMatchObject([
        {
          message:
            "Microsoft Graph reports that the certificate changed meanwhile; read it again, then repeat the change. Graph says: Wait briefly and retry.",
          extensions: { code: "CONFLICT", graph: { status } },
        },
      ]);
      expect(errors?.[0]?.extensions).not.toHaveProperty("certificateId");
    }
    expect(gateway.emulator.ledger).toEqual([]);
  });
});
