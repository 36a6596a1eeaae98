import { describe, expect, it } from "vitest";
import { answerStatus, delayApplying, dropAnswer, redirectTo, throttle } from "../../src/emulator/faults.ts";
import { startEmulator } from "../../src/emulator/server.ts";
import { aCertificate, collection, errorOf, objectIn, type Received, send } from "./graph.ts";

const url = "/deviceManagement/userPfxCertificates";
const json = { "Content-Type": "application/json" };

const creation = (number: number) => ({
  id: String(number),
  method: "POST",
  url,
  headers: json,
  body: aCertificate(number),
});
const creations = (count: number) => Array.from({ length: count }, (_, index) => creation(index + 1));

const sendBatch = (emulator: { url: string }, requests: unknown) =>
  send(emulator, "POST", "/v1.0/$batch", { body: { requests } });

interface Part {
  readonly id: unknown;
  readonly status: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

function partsOf(answer: Received): Part[] {
  const { responses } = answer.json;
  if (!Array.isArray(responses)) throw new Error(`No responses in ${answer.text}`);
  return responses.map((part) => ({ headers: {}, body: undefined, ...objectIn(JSON.stringify(part)) }) as Part);
}

const statusesOf = (answer: Received) => Object.fromEntries(partsOf(answer).map(({ id, status }) => [id, status]));

describe("$batch", () => {
  it("answers every item under its id, in another order", async () => {
    await using emulator = await startEmulator();

    const answer = await sendBatch(emulator, creations(20));

    const ids = partsOf(answer).map(({ id }) => id);
    expect(answer.status).toBe(200);
    expect(ids).not.toEqual(creations(20).map(({ id }) => id));
    expect(new Set(ids)).toEqual(new Set(creations(20).map(({ id }) => id)));
    for (const { id, body } of partsOf(answer)) {
      expect(body).toMatchObject({ thumbprint: aCertificate(Number(id)).thumbprint });
    }
    expect(emulator.ledger).toHaveLength(20);
  });

  it("answers in the same order every time, never in the order of the requests", async () => {
    await using emulator = await startEmulator({ writeQuota: false });

    expect(partsOf(await sendBatch(emulator, creations(2))).map(({ id }) => id)).toEqual(["2", "1"]);
    expect(partsOf(await sendBatch(emulator, creations(5))).map(({ id }) => id)).toEqual(["4", "2", "1", "3", "5"]);
  });

  it("performs every kind of request, with query, with or without the leading slash", async () => {
    await using emulator = await startEmulator({ seed: [aCertificate(1), aCertificate(2)] });
    const [first, second] = emulator.records;

    const answer = await sendBatch(emulator, [
      { id: "list", method: "GET", url: `${url.slice(1)}?$top=1&$select=id` },
      { id: "get", method: "get", url: `${url}('${first?.id}')` },
      { id: "patch", method: "PATCH", url: `${url}/${first?.id}`, headers: json, body: { keyName: "Other" } },
      { id: "delete", method: "DELETE", url: `${url}/${second?.id}` },
      { id: "count", method: "GET", url: `${url}/$count` },
      { id: "lost", method: "GET", url: "/v1.0/users" },
    ]);

    expect(statusesOf(answer)).toEqual({ list: 200, get: 200, patch: 200, delete: 204, count: 200, lost: 400 });
    const parts = new Map(partsOf(answer).map((part) => [part.id, part]));
    expect(parts.get("list")?.body).toMatchObject({
      value: [{ id: first?.id }],
      "@odata.nextLink": expect.stringContaining(`${emulator.url}${collection}?$top=1`),
    });
    expect(parts.get("delete")?.body).toBeUndefined();
    expect(parts.get("count")?.body).toBe(Buffer.from("1").toString("base64"));
    expect(parts.get("patch")?.headers).toHaveProperty("Content-Type", expect.stringContaining("application/json"));
    expect(emulator.records).toMatchObject([{ keyName: "Other" }]);
  });

  it("lets one item fail alone", async () => {
    await using emulator = await startEmulator();

    const answer = await sendBatch(emulator, [creation(1), { ...creation(2), body: { colour: 1 } }, creation(3)]);

    expect(answer.status).toBe(200);
    expect(statusesOf(answer)).toEqual({ 1: 201, 2: 400, 3: 201 });
    expect(emulator.records).toHaveLength(2);
  });

  it("does not run items that depend on a failed item", async () => {
    await using emulator = await startEmulator();

    const answer = await sendBatch(emulator, [
      { ...creation(1), body: {} },
      { ...creation(2), dependsOn: ["1"] },
      { ...creation(3), dependsOn: ["2"] },
      creation(4),
    ]);

    expect(statusesOf(answer)).toEqual({ 1: 400, 2: 424, 3: 424, 4: 201 });
    expect(emulator.records).toHaveLength(1);
  });

  it.each<[name: string, requests: unknown]>([
    ["21 items", creations(21)],
    ["no items", []],
    ["no array", "all"],
    [
      "ids that differ in case only",
      [
        { ...creation(1), id: "a" },
        { ...creation(2), id: "A" },
      ],
    ],
    ["a missing id", [creation(1), { ...creation(2), id: undefined }]],
    ["an absolute url", [creation(1), { ...creation(2), url: `http://127.0.0.1/v1.0${url}` }]],
    ["a url of another host", [creation(1), { ...creation(2), url: `//elsewhere.example${url}` }]],
    ["an unknown method", [creation(1), { ...creation(2), method: "LIST" }]],
    ["a body without a content type", [creation(1), { ...creation(2), headers: {} }]],
    ["a write without a body", [creation(1), { ...creation(2), body: undefined }]],
    ["a dependency that isn't there", [creation(1), { ...creation(2), dependsOn: ["9"] }]],
    ["an item that is no object", [creation(1), null]],
  ])("rejects %s as a whole and applies nothing", async (_name, requests) => {
    await using emulator = await startEmulator();

    const answer = await sendBatch(emulator, requests);

    expect(answer.status).toBe(400);
    expect(errorOf(answer).code).toBe("BadRequest");
    expect(emulator.ledger).toEqual([]);
    expect(emulator.requests).toHaveLength(1);
  });

  it("requires a bearer token for the batch, not for its items", async () => {
    await using emulator = await startEmulator();

    const body = { requests: creations(2) };
    const answer = await send(emulator, "POST", "/v1.0/$batch", { body, headers: { authorization: "" } });

    expect(answer.status).toBe(401);
    expect(emulator.ledger).toEqual([]);
  });

  it("logs the batch and then each item with its own client-request-id", async () => {
    await using emulator = await startEmulator();
    const headers = { ...json, "client-request-id": "second" };

    const body = { requests: [creation(1), { ...creation(2), headers }] };
    await send(emulator, "POST", "/beta/$batch", { body, headers: { "client-request-id": "outer" } });

    expect(emulator.requests).toMatchObject([
      { method: "POST", path: "/$batch", version: "beta", status: 200, batched: false, clientRequestId: "outer" },
      { path: url, version: "beta", status: 201, batched: true, body: aCertificate(1), clientRequestId: "outer" },
      { path: url, status: 201, batched: true, clientRequestId: "second" },
    ]);
    expect(emulator.ledger.map((entry) => entry.clientRequestId)).toEqual(["outer", "second"]);
  });

  it("has the collection under beta only in strict mode", async () => {
    await using emulator = await startEmulator({ v1HasSegment: false });

    const answer = await sendBatch(emulator, creations(2));

    expect(statusesOf(answer)).toEqual({ 1: 400, 2: 400 });
  });
});

describe("throttling within $batch", () => {
  it("counts each write and gives each rejected one its own Retry-After", async () => {
    await using emulator = await startEmulator({
      now: () => 0,
      writeQuota: { limit: 3, windowMs: 20_000, retryAfter: "seconds" },
    });

    const answer = await sendBatch(emulator, [...creations(5), { id: "read", method: "GET", url }]);

    expect(answer.status).toBe(200);
    expect(statusesOf(answer)).toEqual({ 1: 201, 2: 201, 3: 201, 4: 429, 5: 429, read: 200 });
    const refused = partsOf(answer).filter(({ status }) => status === 429);
    expect(refused.map(({ headers }) => headers["Retry-After"])).toEqual(["20", "20"]);
    expect(emulator.records).toHaveLength(3);
  });
});

describe("faults within $batch", () => {
  it("hit single items: throttled, failing, failing though applied, redirected", async () => {
    await using emulator = await startEmulator({
      faults: [
        throttle("POST", url, 4_000),
        answerStatus("POST", url, 503),
        answerStatus("POST", url, 500, { apply: true }),
        redirectTo("POST", url, "https://elsewhere.example/"),
      ],
    });

    const answer = await sendBatch(emulator, creations(5));

    expect(statusesOf(answer)).toEqual({ 1: 429, 2: 503, 3: 500, 4: 307, 5: 201 });
    expect(emulator.ledger.map((entry) => entry.thumbprint)).toEqual([3, 5].map((n) => aCertificate(n).thumbprint));
  });

  it("delay single items", async () => {
    await using emulator = await startEmulator({ faults: [delayApplying("POST", url, 60, { skip: 1 })] });
    const answer = sendBatch(emulator, creations(2));
    await expect.poll(() => emulator.ledger, { interval: 5 }).toHaveLength(1);

    expect(statusesOf(await answer)).toEqual({ 1: 201, 2: 201 });
  });

  it("that need a connection wait for a whole batch, matched as /$batch", async () => {
    await using emulator = await startEmulator({ faults: [dropAnswer("POST", url), dropAnswer("POST", "/$batch")] });

    await expect(sendBatch(emulator, creations(2))).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(emulator.ledger).toHaveLength(2);

    await expect(send(emulator, "POST", collection, { body: aCertificate(9) })).rejects.toThrow();
    expect(emulator.ledger).toHaveLength(3);
  });
});
