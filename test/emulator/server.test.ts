import { describe, expect, it } from "vitest";
import { startEmulator } from "../../src/emulator/server.ts";
import { aCertificate, collection, errorOf, send } from "./graph.ts";

const guid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;

describe("every response", () => {
  it("carries Graph's headers, by the emulator's clock", async () => {
    await using emulator = await startEmulator({ now: () => Date.UTC(2026, 0, 2, 3, 4, 5) });

    const ok = await send(emulator, "GET", collection, { headers: { "client-request-id": "mine" } });
    const wrong = await send(emulator, "GET", `${collection}/nobody`);

    for (const { headers } of [ok, wrong]) {
      expect(headers["request-id"]).toMatch(guid);
      expect(headers["x-ms-ags-diagnostic"]).toContain("ServerInfo");
      expect(headers.date).toBe("Fri, 02 Jan 2026 03:04:05 GMT");
      expect(headers["content-type"]).toMatch(/^application\/json;odata.metadata=minimal/);
    }
    expect(ok.headers["client-request-id"]).toBe("mine");
    expect(wrong.headers["client-request-id"]).toMatch(guid);
  });

  it("links to the host that the client used", async () => {
    await using emulator = await startEmulator({ seed: [aCertificate(1), aCertificate(2)] });

    const answer = await send(emulator, "GET", `${collection}?$top=1`, { headers: { host: "graph.test:81" } });

    expect(answer.json["@odata.nextLink"]).toMatch(/^http:\/\/graph\.test:81\/v1\.0\/deviceManagement\//);
  });

  it("can be delayed", async () => {
    await using emulator = await startEmulator({ latencyMs: 60 });
    const answer = send(emulator, "POST", collection, { body: aCertificate() });
    await expect.poll(() => emulator.records, { interval: 5 }).toHaveLength(1);

    expect(emulator.requests[0]?.status).toBeUndefined();
    expect((await answer).status).toBe(201);
  });
});

describe("an error", () => {
  it("has Graph's format with the request's ids", async () => {
    await using emulator = await startEmulator({ now: () => Date.UTC(2026, 0, 2, 3, 4, 5) });

    const answer = await send(emulator, "GET", `${collection}/nobody`, { headers: { "client-request-id": "mine" } });

    expect(answer.json).toEqual({
      error: {
        code: "ResourceNotFound",
        message: "Resource not found.",
        innerError: {
          date: "2026-01-02T03:04:05",
          "request-id": answer.headers["request-id"],
          "client-request-id": "mine",
        },
      },
    });
  });

  it("may be nested as JSON text with an activity id and an internal address", async () => {
    await using emulator = await startEmulator({ errorShape: "nested" });

    const error = errorOf(await send(emulator, "GET", `${collection}/nobody`));

    const inner: unknown = JSON.parse(error.message);
    expect(error.code).toBe("ResourceNotFound");
    expect(inner).toMatchObject({ _version: 3, RetryAfter: null, HttpHeaders: "{}" });
    expect(inner).toHaveProperty(
      "Message",
      expect.stringMatching(
        /^Resource not found\. - Operation ID \(for customer support\): 0{8}-[0-]+ - Activity ID: [0-9a-f-]{36} - Url: https:\/\/fef\.msua02\.manage\.microsoft\.com\/\S+$/,
      ),
    );
  });

  it("may be nested three levels deep under UnknownError", async () => {
    await using emulator = await startEmulator({ errorShape: "threeLevel" });

    const error = errorOf(await send(emulator, "GET", `${collection}/nobody`));

    const second = JSON.parse(error.message);
    const third = JSON.parse(second.Message);
    expect([error.code, second.ErrorCode, third._version]).toEqual(["UnknownError", "ResourceNotFound", 3]);
  });

  it("from Graph's front door is always plain", async () => {
    await using emulator = await startEmulator({ errorShape: "threeLevel", v1HasSegment: false });

    expect(errorOf(await send(emulator, "GET", collection))).toEqual({
      code: "BadRequest",
      message: "Resource not found for the segment 'userPfxCertificates'.",
    });
  });
});

describe("the path to a resource", () => {
  it.each([
    ["/v1.0/deviceManagement/userPfxCertificate", 400, "Resource not found for the segment 'userPfxCertificate'."],
    ["/beta/nonsense", 400, "Resource not found for the segment 'nonsense'."],
    ["/beta/deviceManagement", 400, "Resource not found for the segment 'deviceManagement'."],
    ["/beta/deviceManagement/userPfxCertificates/x/y", 400, "Resource not found for the segment 'y'."],
    ["/beta/deviceManagement/userPfxCertificates/%E0%A4%A", 400, "The request URI is not valid."],
    ["/v2.0/deviceManagement/userPfxCertificates", 400, "Invalid version: v2.0."],
    ["/", 400, "Invalid version: ."],
  ])("%s answers %i", async (path, status, message) => {
    await using emulator = await startEmulator();

    const answer = await send(emulator, "GET", path);

    expect([answer.status, errorOf(answer).message]).toEqual([status, message]);
  });

  it("rejects methods that a resource does not have", async () => {
    await using emulator = await startEmulator({ seed: [aCertificate()] });

    const statuses = [
      (await send(emulator, "PUT", `${collection}/${emulator.records[0]?.id}`, { body: {} })).status,
      (await send(emulator, "DELETE", collection)).status,
      (await send(emulator, "POST", `${collection}/$count`, { body: {} })).status,
      (await send(emulator, "GET", "/v1.0/$batch")).status,
      (await send(emulator, "DELETE", "/v1.0/users/anna@contoso.example")).status,
    ];

    expect(statuses).toEqual([405, 405, 405, 405, 405]);
  });

  it("exists only under beta in strict mode, and a write to v1.0 has no effect", async () => {
    await using emulator = await startEmulator({ v1HasSegment: false, writeQuota: false });
    const beta = collection.replace("v1.0", "beta");

    for (const path of [collection, `${collection}/$count`, `${collection}('x')`]) {
      expect((await send(emulator, "GET", path)).status).toBe(400);
    }
    expect((await send(emulator, "POST", collection, { body: aCertificate() })).status).toBe(400);
    expect(emulator.ledger).toEqual([]);
    expect((await send(emulator, "POST", beta, { body: aCertificate() })).status).toBe(201);
  });
});

describe("authentication", () => {
  it("requires any bearer token, and applies nothing without one", async () => {
    await using emulator = await startEmulator();

    for (const authorization of [undefined, "", "Bearer", "Bearer ", "Basic eDp5"]) {
      const answer = await send(emulator, "POST", collection, { body: aCertificate(), headers: { authorization } });
      expect([answer.status, errorOf(answer).code]).toEqual([401, "InvalidAuthenticationToken"]);
      expect(answer.headers["www-authenticate"]).toMatch(/^Bearer /);
    }
    expect(emulator.records).toEqual([]);
  });

  it("can be switched off", async () => {
    await using emulator = await startEmulator({ requireBearer: false });

    expect((await send(emulator, "GET", collection, { headers: { authorization: "" } })).status).toBe(200);
  });
});

describe("the emulator's memory", () => {
  it("logs every request as it came and as it was answered", async () => {
    await using emulator = await startEmulator({ now: () => 1_000 });

    await send(emulator, "POST", `${collection}?a=b%20c`, { body: aCertificate(), headers: { "X-Trace": "t" } });
    await send(emulator, "POST", "/beta/deviceManagement/x%2Fy", { body: "{broken" });

    expect(emulator.requests).toMatchObject([
      {
        method: "POST",
        path: "/deviceManagement/userPfxCertificates",
        query: { a: "b c" },
        version: "v1.0",
        headers: { authorization: "Bearer token", "x-trace": "t" },
        body: aCertificate(),
        status: 201,
        receivedAtMs: 1_000,
        batched: false,
      },
      { path: "/deviceManagement/x%2Fy", version: "beta", body: "{broken", status: 400 },
    ]);
  });

  it("keeps the configured number of last requests", async () => {
    await using emulator = await startEmulator({ keptRequests: 2 });

    for (const id of ["a", "b", "c"]) await send(emulator, "GET", `${collection}/${id}`);

    expect(emulator.requests.map(({ path }) => path.split("/").at(-1))).toEqual(["b", "c"]);
  });

  it("forgets requests and ledger on reset, and keeps records and the ledger's count", async () => {
    await using emulator = await startEmulator();
    await send(emulator, "POST", collection, { body: aCertificate(1) });

    emulator.reset();
    await send(emulator, "POST", collection, { body: aCertificate(2) });

    expect(emulator.records).toHaveLength(2);
    expect(emulator.requests).toHaveLength(1);
    expect(emulator.ledger.map((entry) => entry.sequence)).toEqual([2]);
  });

  it("accepts records without ledger entries, and replaces those of the same key", async () => {
    await using emulator = await startEmulator();

    emulator.put(aCertificate(1), aCertificate(2), { ...aCertificate(1), keyName: "Other" });

    expect(emulator.records.map((record) => record.keyName)).toEqual(["Other", "PFXEncryptionKey"]);
    expect(emulator.ledger).toEqual([]);
  });

  it("returns snapshots that later changes do not affect", async () => {
    await using emulator = await startEmulator();
    const { records, ledger, requests } = emulator;

    await send(emulator, "POST", collection, { body: aCertificate() });

    expect([records, ledger, requests]).toEqual([[], [], []]);
  });
});
