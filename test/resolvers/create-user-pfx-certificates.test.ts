import {
  CreateUserPfxCertificatesDocument as CREATE_MANY,
  type CreateUserPfxCertificateInput,
} from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import {
  answerStatus,
  dropAnswer,
  dropRequest,
  hangAfterApplying,
  throttle,
  truncateAnswer,
} from "../../src/emulator/faults.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { anInput, thumbprintOf } from "../support/input.ts";

const posts = "/userPfxCertificates";
const noQuota = { config: { graphWritesPer20s: 100_000, maxBatchItems: 2000 }, writeQuota: false } as const;

const inputs = (count: number): CreateUserPfxCertificateInput[] =>
  Array.from({ length: count }, (_, index) =>
    anInput({ thumbprint: thumbprintOf(index + 1), userPrincipalName: `user${index + 1}@contoso.example` }),
  );

async function createMany(gateway: TestGateway, many: CreateUserPfxCertificateInput[]) {
  const { data, errors } = await gateway.send(CREATE_MANY, { inputs: many });
  return { payload: data?.createUserPfxCertificates, results: data?.createUserPfxCertificates.results ?? [], errors };
}

/** Each result as a thumbprint or a code. */
const told = (results: Awaited<ReturnType<typeof createMany>>["results"]) =>
  results.map((result) => (result.__typename === "UserPfxCertificate" ? result.thumbprint : result.code));

const httpRequests = (gateway: TestGateway) => gateway.emulator.requests.filter(({ batched }) => !batched);

describe("createUserPfxCertificates", () => {
  it("creates 200 in ten requests to Graph, and answers in the order of the inputs", async () => {
    await using gateway = await startGateway(noQuota);
    const many = inputs(200);

    const { payload, results } = await createMany(gateway, many);

    expect(payload).toMatchObject({ createdCount: 200, failedCount: 0 });
    expect(told(results)).toEqual(many.map(({ thumbprint }) => thumbprint));
    expect(gateway.emulator.records).toHaveLength(200);
    expect(httpRequests(gateway).map(({ path }) => path)).toEqual(Array(10).fill("/$batch"));
  });

  it("returns no results for no inputs", async () => {
    await using gateway = await startGateway(noQuota);

    const { payload } = await createMany(gateway, []);

    expect(payload).toEqual({ createdCount: 0, failedCount: 0, results: [] });
    expect(gateway.emulator.requests).toHaveLength(0);
  });

  it("sends a single input without a batch", async () => {
    await using gateway = await startGateway(noQuota);

    await createMany(gateway, inputs(1));

    expect(httpRequests(gateway).map(({ path }) => path)).toEqual([`/deviceManagement${posts}`]);
  });

  it("reports each item's failure separately", async () => {
    await using gateway = await startGateway({
      ...noQuota,
      faults: [answerStatus("POST", posts, 403, { skip: 1 }), answerStatus("POST", posts, 422, { skip: 1 })],
    });
    const many = inputs(6);
    many[4] = { ...anInput(), thumbprint: "not a thumbprint", keyName: " " };
    many[5] = { ...anInput(many[0]), encryptedPfxBlob: "YW5vdGhlciBmaWxl" };

    const { payload, results } = await createMany(gateway, many);

    expect(told(results)).toEqual([
      thumbprintOf(1),
      "FORBIDDEN",
      "BAD_USER_INPUT",
      thumbprintOf(4),
      "BAD_USER_INPUT",
      "CONFLICT",
    ]);
    expect(payload).toMatchObject({ createdCount: 2, failedCount: 4 });
    expect(results[4]).toMatchObject({
      message: expect.stringMatching(/^inputs\.4\.thumbprint must be .*; inputs\.4\.keyName must not be blank/),
    });
    expect(results[1]).toMatchObject({ graphRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(gateway.emulator.records).toHaveLength(2);
  });

  it("reports each item's failure separately, also for large files", async () => {
    await using gateway = await startGateway(noQuota);
    const encryptedPfxBlob = Buffer.alloc(9000).toString("base64");
    const many = inputs(3).map((input) => ({ ...input, encryptedPfxBlob }));
    many[1] = { ...anInput(many[1]), thumbprint: "not a thumbprint" };

    const { results } = await createMany(gateway, many);

    expect(told(results)).toEqual([thumbprintOf(1), "BAD_USER_INPUT", thumbprintOf(3)]);
    expect(gateway.emulator.records).toHaveLength(2);

    const single = JSON.parse(JSON.stringify({ inputs: many[1] })); // which stands for a list of itself
    const { data } = await gateway.send(CREATE_MANY, single);
    expect(data?.createUserPfxCertificates.failedCount).toBe(1);
  });

  it("names every problem of all items if one has a wrong type, whatever the size of the files", async () => {
    await using gateway = await startGateway(noQuota);
    for (const bytes of [90, 9000]) {
      const encryptedPfxBlob = Buffer.alloc(bytes).toString("base64");
      const many = [{ thumbprint: "no" }, { startDateTime: "yesterday" }].map((each) =>
        anInput({ ...each, encryptedPfxBlob }),
      );

      const { errors } = await createMany(gateway, many);

      const invalid: unknown = errors?.[0]?.extensions?.invalid;
      expect(invalid).toEqual([
        { path: "inputs.0.thumbprint", message: expect.any(String) },
        { path: "inputs.1.startDateTime", message: expect.any(String) },
      ]);
    }
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("stores a repeated input once and returns it twice", async () => {
    await using gateway = await startGateway(noQuota);
    const [one] = inputs(1);

    const { results } = await createMany(gateway, [one ?? anInput(), one ?? anInput()]);

    expect(told(results)).toEqual([thumbprintOf(1), thumbprintOf(1)]);
    expect(gateway.emulator.ledger).toHaveLength(1);
  });

  it("rejects more items than the limit before anything is sent", async () => {
    await using gateway = await startGateway({ config: { maxBatchItems: 3 } });

    const { errors } = await createMany(gateway, inputs(4));

    expect(errors?.[0]?.extensions).toEqual({
      code: "BAD_USER_INPUT",
      invalid: [{ path: "inputs", message: "must have at most 3 items" }],
    });
    expect(gateway.emulator.requests).toHaveLength(0);
  });

  it("retries only throttled items", async () => {
    await using gateway = await startGateway({
      ...noQuota,
      faults: [throttle("POST", posts, 3000, "seconds", { skip: 2, times: 2 })],
    });

    const { payload } = await createMany(gateway, inputs(5));

    expect(payload).toMatchObject({ createdCount: 5 });
    expect(gateway.emulator.ledger).toHaveLength(5);
    expect(gateway.clock.sleeps.every((ms) => ms >= 3000)).toBe(true);
    expect(gateway.emulator.requests.filter(({ status }) => status === 429)).toHaveLength(2);
  });

  it("looks an item up separately if its response is unusable", async () => {
    await using gateway = await startGateway({
      ...noQuota,
      faults: [
        answerStatus("POST", posts, 503, { skip: 1 }),
        answerStatus("POST", posts, 500, { skip: 1, apply: true }),
      ],
    });

    const { payload, results } = await createMany(gateway, inputs(5));

    expect(payload).toMatchObject({ createdCount: 5 });
    expect(told(results)).toEqual([1, 2, 3, 4, 5].map(thumbprintOf));
    expect(gateway.emulator.ledger).toHaveLength(5);
  });

  it.each([
    ["a reset before applying", dropRequest("POST", "/$batch")],
    ["a reset after applying", dropAnswer("POST", "/$batch")],
    ["a truncated answer", truncateAnswer("POST", "/$batch")],
    ["a 503", answerStatus("POST", "/$batch", 503)],
    ["no answer at all", hangAfterApplying("POST", "/$batch")],
    ["an answer without the items", answerStatus("POST", "/$batch", 200, { apply: true, body: { responses: [] } })],
    ["a 429", throttle("POST", "/$batch", 1000)],
  ])("creates each item once when a whole batch fails with %s", async (_, fault) => {
    await using gateway = await startGateway({
      ...noQuota,
      config: { ...noQuota.config, requestDeadlineMs: fault.action.kind === "hang" ? 5000 : 60_000 },
      faults: [fault],
    });

    const { results } = await createMany(gateway, inputs(25));

    expect(told(results)).toEqual(inputs(25).map(({ thumbprint }) => thumbprint));
    expect(gateway.emulator.ledger).toHaveLength(25);
  });

  it("reports items that the deadline cut off as THROTTLED, unsent", async () => {
    await using gateway = await startGateway({ config: { graphWritesPer20s: 10, requestDeadlineMs: 15_000 } });

    const { payload, results } = await createMany(gateway, inputs(25));

    expect(payload).toMatchObject({ createdCount: 10, failedCount: 15 });
    expect(told(results).slice(10)).toEqual(Array(15).fill("THROTTLED"));
    expect(gateway.emulator.ledger).toHaveLength(10);
  });

  it("stays within Graph's quota without a 429, at more than 95 % of its rate", async () => {
    await using gateway = await startGateway({ config: { requestDeadlineMs: 600_000, maxBatchItems: 2000 } });
    const startedAtMs = gateway.clock.now();

    const { payload } = await createMany(gateway, inputs(1000));

    const seconds = (gateway.clock.now() - startedAtMs) / 1000;
    expect(payload).toMatchObject({ createdCount: 1000 });
    expect(gateway.emulator.requests.filter(({ status }) => status === 429)).toHaveLength(0);
    // 1,000 writes are ten quotas: nine windows of twenty seconds lie between the first and the last.
    expect(180 / seconds).toBeGreaterThan(0.95);
  });

  it("sends the whole batch to beta if v1.0 lacks the segment", async () => {
    await using gateway = await startGateway({ ...noQuota, v1HasSegment: false });

    const { payload } = await createMany(gateway, inputs(40));

    expect(payload).toMatchObject({ createdCount: 40 });
    expect(gateway.emulator.ledger).toHaveLength(40);
  });

  it("sends the rest of a batch to beta if one item is throttled", async () => {
    await using gateway = await startGateway({
      ...noQuota,
      v1HasSegment: false,
      faults: [throttle("POST", posts, 1000)],
    });

    const { payload } = await createMany(gateway, inputs(6));

    expect(payload).toMatchObject({ createdCount: 6 });
    expect(gateway.emulator.ledger).toHaveLength(6);
  });

  it("reports the wait from the time of the response, not of the item's failure", async () => {
    await using gateway = await startGateway({ config: { graphWritesPer20s: 10, requestDeadlineMs: 30_000 } });

    const { results } = await createMany(gateway, inputs(25));

    const waits = results.flatMap((result) => ("retryAfterSeconds" in result ? [result.retryAfterSeconds ?? 0] : []));
    expect(waits).toHaveLength(5);
    for (const seconds of waits) expect(seconds).toBeLessThan(21); // of the 41 that there were at first
  });

  it("requires credentials like any other operation", async () => {
    await using gateway = await startGateway(noQuota);

    const { status, errors } = await gateway.send(CREATE_MANY, { inputs: inputs(2) }, { authorization: "" });

    expect(status).toBe(401);
    expect(errors?.[0]?.extensions).toEqual({ code: "UNAUTHENTICATED" });
  });
});

describe("a failure of one certificate", () => {
  it("names every broken rule by its path within the input", async () => {
    await using gateway = await startGateway();
    const inputs = [
      anInput(),
      anInput({ thumbprint: "abc", keyName: " x" }),
      anInput({ thumbprint: thumbprintOf(3), startDateTime: "2029-01-01T00:00:00Z" }),
    ];

    const { data } = await gateway.send(CREATE_MANY, { inputs });

    expect(data?.createUserPfxCertificates.results).toMatchObject([
      { __typename: "UserPfxCertificate" },
      {
        code: "BAD_USER_INPUT",
        invalid: [
          { path: "thumbprint", message: "must be a SHA-1 thumbprint: 40 hexadecimal digits" },
          { path: "keyName", message: expect.stringContaining("a space at the start") },
        ],
      },
      { invalid: [{ path: "startDateTime", message: "must be before expirationDateTime" }] },
    ]);
  });

  it("has no broken rules if Graph refused the content", async () => {
    await using gateway = await startGateway({ faults: [answerStatus("POST", /userPfxCertificates/, 422)] });

    const { data } = await gateway.send(CREATE_MANY, { inputs: [anInput()] });

    expect(data?.createUserPfxCertificates.results).toMatchObject([{ code: "BAD_USER_INPUT", invalid: null }]);
  });
});
