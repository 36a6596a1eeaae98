import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import {
  answerStatus,
  challengeClaims,
  delayAnswer,
  delayApplying,
  dropAnswer,
  dropRequest,
  floodAnswer,
  garbleAnswer,
  hangAfterApplying,
  hangBeforeApplying,
  redirectTo,
  stallAnswer,
  throttle,
  truncateAnswer,
} from "../../src/emulator/faults.ts";
import { startEmulator } from "../../src/emulator/server.ts";
import { aCertificate, collection, errorOf, send } from "./graph.ts";

const create = "/deviceManagement/userPfxCertificates";

describe("a lost response", () => {
  it("stores the record although the client sees a reset connection", async () => {
    await using emulator = await startEmulator({ faults: [dropAnswer("POST", create)] });

    await expect(send(emulator, "POST", collection, { body: aCertificate() })).rejects.toMatchObject({
      code: "ECONNRESET",
    });

    expect(emulator.ledger.map((entry) => entry.method)).toEqual(["POST"]);
    expect(emulator.records).toHaveLength(1);
    expect(emulator.requests.map((request) => request.status)).toEqual([undefined]);
  });

  it("stores nothing if the reset comes before applying", async () => {
    await using emulator = await startEmulator({ faults: [dropRequest("POST", create)] });

    await expect(send(emulator, "POST", collection, { body: aCertificate() })).rejects.toMatchObject({
      code: "ECONNRESET",
    });

    expect(emulator.ledger).toEqual([]);
    expect(emulator.records).toEqual([]);
    expect(emulator.requests).toHaveLength(1);
  });

  it("is cut short in the middle of the body", async () => {
    await using emulator = await startEmulator({ faults: [truncateAnswer("POST", create)] });

    await expect(send(emulator, "POST", collection, { body: aCertificate() })).rejects.toMatchObject({
      code: "UND_ERR_SOCKET",
    });

    expect(emulator.records).toHaveLength(1);
    expect(emulator.requests[0]?.status).toBe(201);
  });

  it("is cut short even without a body, as for a delete", async () => {
    await using emulator = await startEmulator({ seed: [aCertificate()], faults: [truncateAnswer("DELETE", /./)] });

    await expect(send(emulator, "DELETE", `${collection}/${emulator.records[0]?.id}`)).rejects.toThrow();

    expect(emulator.records).toEqual([]);
  });
});

describe("a silent service", () => {
  it.each([
    { fault: hangBeforeApplying("POST", create), stored: 0, name: "without having applied the write" },
    { fault: hangAfterApplying("POST", create), stored: 1, name: "having applied the write" },
    { fault: stallAnswer("POST", create), stored: 1, name: "in the middle of its answer" },
  ])("never finishes answering, $name", async ({ fault, stored }) => {
    await using emulator = await startEmulator({ faults: [fault] });

    await expect(
      send(emulator, "POST", collection, { body: aCertificate(), signal: AbortSignal.timeout(150) }),
    ).rejects.toThrow();

    expect(emulator.records).toHaveLength(stored);
  });

  it("is ended by close(), which cuts hung connections", async () => {
    const emulator = await startEmulator({ faults: [hangAfterApplying("POST", create)] });
    const hung = send(emulator, "POST", collection, { body: aCertificate() }).catch((error: unknown) => error);
    await expect.poll(() => emulator.ledger).toHaveLength(1);

    await emulator.close();

    expect(await hung).toBeInstanceOf(Error);
    await expect(send(emulator, "GET", collection)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("closes even if a connection never sent a request", async () => {
    const emulator = await startEmulator();
    const socket = connect(Number(new URL(emulator.url).port), "127.0.0.1");
    await new Promise((resolve) => socket.once("connect", resolve));
    const cut = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => {});

    await emulator.close();
    await cut;

    expect(socket.destroyed).toBe(true);
  });

  it("cancels delayed requests when it closes, without applying them", async () => {
    const emulator = await startEmulator({ faults: [delayApplying("POST", create, 60_000)] });
    const waiting = send(emulator, "POST", collection, { body: aCertificate() }).catch((error: unknown) => error);
    await expect.poll(() => emulator.requests).toHaveLength(1);

    await emulator.close();

    expect(await waiting).toBeInstanceOf(Error);
    expect(emulator.records).toEqual([]);
  });
});

describe("a late service", () => {
  it("applies first and answers later", async () => {
    await using emulator = await startEmulator({ faults: [delayAnswer("POST", create, 200)] });
    const answer = send(emulator, "POST", collection, { body: aCertificate() });
    await expect.poll(() => emulator.records, { interval: 5 }).toHaveLength(1);

    expect(emulator.requests[0]?.status).toBeUndefined();
    expect((await answer).status).toBe(201);
  });

  it("applies a write even after the client has gone", async () => {
    await using emulator = await startEmulator({ faults: [delayApplying("POST", create, 120)] });

    await expect(
      send(emulator, "POST", collection, { body: aCertificate(), signal: AbortSignal.timeout(40) }),
    ).rejects.toThrow();
    expect(emulator.records).toEqual([]);

    await expect.poll(() => emulator.records).toHaveLength(1);
    expect(emulator.requests[0]?.status).toBeUndefined();
  });
});

describe("a service with forged responses", () => {
  it("answers an error without applying", async () => {
    await using emulator = await startEmulator({ faults: [answerStatus("POST", create, 503, { retryAfter: 7 })] });

    const answer = await send(emulator, "POST", collection, { body: aCertificate() });

    expect(answer.status).toBe(503);
    expect(answer.headers["retry-after"]).toBe("7");
    expect(errorOf(answer).code).toBe("ServiceUnavailable");
    expect(emulator.ledger).toEqual([]);
  });

  it("answers an error after applying", async () => {
    await using emulator = await startEmulator({ faults: [answerStatus("POST", create, 504, { apply: true })] });

    const answer = await send(emulator, "POST", collection, { body: aCertificate() });

    expect(answer.status).toBe(504);
    expect(emulator.ledger).toHaveLength(1);
  });

  it("answers the configured headers and body", async () => {
    const html = "<html>Bad gateway</html>";
    await using emulator = await startEmulator({
      faults: [
        answerStatus("GET", create, 502, { body: html }),
        answerStatus("GET", create, 200, { body: { value: "odd" }, headers: { "X-Odd": "yes" } }),
        answerStatus("POST", create, 201, { apply: true, body: "" }),
      ],
    });

    const first = await send(emulator, "GET", collection);
    const second = await send(emulator, "GET", collection);
    const third = await send(emulator, "POST", collection, { body: aCertificate() });

    expect([first.status, first.text, first.headers["content-type"]]).toEqual([502, html, "text/html"]);
    expect([second.json, second.headers["x-odd"]]).toEqual([{ value: "odd" }, "yes"]);
    expect([third.status, third.text]).toEqual([201, ""]);
    expect(emulator.records).toHaveLength(1);
  });

  it.each(["html", "brokenJson"] as const)("answers success with unreadable %s after applying", async (format) => {
    await using emulator = await startEmulator({ faults: [garbleAnswer("POST", create, format)] });

    const answer = await send(emulator, "POST", collection, { body: aCertificate() });

    expect(answer.status).toBe(201);
    expect(() => JSON.parse(answer.text)).toThrow();
    expect(emulator.records).toHaveLength(1);
  });

  it("streams a body of any size without announcing its length", async () => {
    await using emulator = await startEmulator({
      faults: [floodAnswer("GET", create, 3_000_000), floodAnswer("POST", create, 5_000_000, { status: 500 })],
    });

    const read = await send(emulator, "GET", collection);
    const write = await send(emulator, "POST", collection, { body: aCertificate() });

    expect([read.status, read.text.length, read.headers["content-length"]]).toEqual([200, 3_000_000, undefined]);
    expect([write.status, write.text.length]).toEqual([500, 5_000_000]);
    expect(emulator.records).toEqual([]);
  });

  it("redirects without applying", async () => {
    await using emulator = await startEmulator({ faults: [redirectTo("POST", create, "https://elsewhere.example/")] });

    const answer = await send(emulator, "POST", collection, { body: aCertificate() });

    expect([answer.status, answer.headers.location]).toEqual([307, "https://elsewhere.example/"]);
    expect(emulator.records).toEqual([]);
  });

  it("sends a decodable claims challenge", async () => {
    const claims = '{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}';
    await using emulator = await startEmulator({ faults: [challengeClaims("GET", create, claims)] });

    const answer = await send(emulator, "GET", collection);

    const encoded = /claims="([^"]+)"/.exec(String(answer.headers["www-authenticate"]))?.[1] ?? "";
    expect(answer.status).toBe(401);
    expect(Buffer.from(encoded, "base64").toString()).toBe(claims);
  });

  it("throttles with every kind of hint", async () => {
    const now = Date.UTC(2026, 0, 1, 12, 0, 0);
    await using emulator = await startEmulator({
      now: () => now,
      faults: [
        throttle("GET", create, 2_128),
        throttle("GET", create, 2_128, "fraction"),
        throttle("GET", create, 2_128, "date"),
        throttle("GET", create, 2_128, "millisecondsHeader"),
        throttle("GET", create, 2_128, "nested"),
        throttle("GET", create, 2_128, "none"),
      ],
    });

    const answers = [];
    for (let index = 0; index < 6; index += 1) answers.push(await send(emulator, "GET", collection));

    expect(answers.map((answer) => answer.status)).toEqual([429, 429, 429, 429, 429, 429]);
    expect(answers.map((answer) => answer.headers["retry-after"])).toEqual([
      "3",
      "2.128",
      "Thu, 01 Jan 2026 12:00:03 GMT",
      undefined,
      undefined,
      undefined,
    ]);
    expect(answers.map((answer) => answer.headers["x-ms-retry-after-ms"]).filter(Boolean)).toEqual(["2128"]);
    const nested = answers[4];
    expect(nested && JSON.parse(errorOf(nested).message).RetryAfter).toBe(3);
  });
});

describe("FaultPlan", () => {
  it("lets the first matches pass, acts as often as configured, and is then used up", async () => {
    await using emulator = await startEmulator({
      faults: [answerStatus("GET", create, 500, { skip: 1, times: 2 })],
    });

    const statuses = [];
    for (let index = 0; index < 5; index += 1) statuses.push((await send(emulator, "GET", collection)).status);

    expect(statuses).toEqual([200, 500, 500, 200, 200]);
  });

  it("matches method and path, by the path's end or by a pattern", async () => {
    await using emulator = await startEmulator({
      seed: [aCertificate()],
      faults: [
        answerStatus("POST", create, 500),
        answerStatus("GET", /userPfxCertificates\/[0-9a-f-]+$/, 502, { times: Number.POSITIVE_INFINITY }),
        answerStatus("GET", "/$count", 503),
      ],
    });
    const key = `${collection}/${emulator.records[0]?.id}`;

    expect((await send(emulator, "GET", collection)).status).toBe(200);
    expect((await send(emulator, "GET", key)).status).toBe(502);
    expect((await send(emulator, "GET", key)).status).toBe(502);
    expect((await send(emulator, "GET", `${collection}/$count?$filter=x`)).status).toBe(503);
    expect((await send(emulator, "POST", collection, { body: aCertificate(2) })).status).toBe(500);
  });

  it("accepts further faults later and clears them", async () => {
    await using emulator = await startEmulator();
    emulator.faults.add({ action: { kind: "status", status: 418 } }, answerStatus("GET", create, 500));

    const statuses = [(await send(emulator, "GET", collection)).status];
    emulator.faults.clear();
    statuses.push((await send(emulator, "GET", collection)).status);

    expect(statuses).toEqual([418, 200]);
  });
});
