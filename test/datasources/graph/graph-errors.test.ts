/** What becomes of everything Graph may answer but the truth: code, message and ids, and nothing that should stay secret. */
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { execute, GraphQLError, parse, validate } from "graphql";
import {
  CreateUserPfxCertificateDocument as CREATE,
  DeleteUserPfxCertificateDocument as DELETE,
  UserPfxCertificateDocument as GET,
  UserPfxCertificatesDocument as LIST,
} from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { readGraphError } from "../../../src/datasources/graph/protocol/error-message.ts";
import {
  answerStatus,
  challengeClaims,
  type Fault,
  floodAnswer,
  garbleAnswer,
  redirectTo,
  throttle,
  truncateAnswer,
} from "../../../src/emulator/faults.ts";
import { seedRecords } from "../../../src/emulator/seed.ts";
import { startEmulator } from "../../../src/emulator/server.ts";
import { createLog } from "../../../src/observability/log.ts";
import { buildSchema } from "../../../src/server/graphql/build-schema.ts";
import { createFormatError } from "../../../src/server/graphql/format-error.ts";
import { skippingClock } from "../../support/clock.ts";
import { encryptedPassword } from "../../support/encrypted-password.ts";
import { type Answer, type GatewayOptions, startGateway, type TestGateway } from "../../support/gateway.ts";
import { anInput, thumbprintOf } from "../../support/input.ts";
import { codesOf, leaksOf } from "../../support/leaks.ts";

const collection = "/deviceManagement/userPfxCertificates";
const id = "0123456789abcdef-0123";
const everywhere = /userPfxCertificates/;
const always = { times: Number.POSITIVE_INFINITY };
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A gateway whose reads meet the fault for good; waits between attempts are skipped. */
function startFailing(fault: Fault | undefined, options: GatewayOptions = {}): Promise<TestGateway> {
  return startGateway({ clock: skippingClock(), ...options, faults: fault === undefined ? [] : [fault] });
}

/** Both ways to read: a page, and one certificate. */
const reads: [string, (gateway: TestGateway) => Promise<Answer<object>>][] = [
  ["userPfxCertificates", (gateway) => gateway.send(LIST)],
  ["userPfxCertificate", (gateway) => gateway.send(GET, { id })],
];

/** Graph's plain envelope. */
function envelope(message: unknown, code: unknown = "SomeCode"): object {
  return { error: { code, message, innerError: { date: "2026-01-01T00:00:00", "request-id": "x" } } };
}

const activityId = "5f0fc976-9a8e-4a49-a2f8-8978b1c2d325";

/** What the service behind Graph writes into `message`, as text. */
function intuneMessage(message: string, retryAfter: unknown = null): string {
  return JSON.stringify({
    _version: 3,
    Message: `${message} - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - Activity ID: ${activityId} - Url: https://fef.msua02.manage.microsoft.com/RACerts/StatelessImportPFXService/1f2e3d4c/deviceManagement/userPfxCertificates?api-version=5023-03-17`,
    CustomApiErrorPhrase: "",
    RetryAfter: retryAfter,
    ErrorSourceService: "",
    HttpHeaders: "{}",
  });
}

/** A Graph that has one answer to everything, with headers that the emulator never sends. */
async function startAnswering(status: number, headers: Record<string, string | string[]>, body: object) {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

function graphOf({ errors }: Answer<unknown>): unknown {
  return errors?.[0]?.extensions?.graph;
}

describe.each(reads)("%s, if Graph answers with an error status,", (name, read) => {
  it.each<[number, string | undefined]>([
    [400, "UPSTREAM_INVALID_RESPONSE"],
    [401, "UNAUTHENTICATED"],
    [402, "UPSTREAM_MISCONFIGURED"],
    [403, "FORBIDDEN"],
    [404, name === "userPfxCertificates" ? "UPSTREAM_INVALID_RESPONSE" : undefined],
    ...[405, 406, 407].map((status): [number, string] => [status, "UPSTREAM_INVALID_RESPONSE"]),
    [408, "UPSTREAM_UNAVAILABLE"],
    [409, "UPSTREAM_INVALID_RESPONSE"],
    [410, name === "userPfxCertificates" ? "UPSTREAM_INVALID_RESPONSE" : undefined],
    ...[411, 412, 413, 414, 415, 416, 417, 418].map((status): [number, string] => [
      status,
      "UPSTREAM_INVALID_RESPONSE",
    ]),
    [421, "UPSTREAM_UNAVAILABLE"],
    [422, "UPSTREAM_INVALID_RESPONSE"],
    [423, "UPSTREAM_UNAVAILABLE"],
    [424, "UPSTREAM_INVALID_RESPONSE"],
    [425, "UPSTREAM_UNAVAILABLE"],
    [426, "UPSTREAM_INVALID_RESPONSE"],
    [428, "UPSTREAM_INVALID_RESPONSE"],
    [429, "THROTTLED"],
    ...[431, 440, 444, 449, 451, 460, 499].map((status): [number, string] => [status, "UPSTREAM_INVALID_RESPONSE"]),
    [500, "UPSTREAM_UNAVAILABLE"],
    [501, "UPSTREAM_UNAVAILABLE"],
    [502, "UPSTREAM_UNAVAILABLE"],
    [503, "UPSTREAM_UNAVAILABLE"],
    [504, "UPSTREAM_UNAVAILABLE"],
    [599, "UPSTREAM_UNAVAILABLE"],
  ])("turns %i into %s, with Graph's message and request ids", async (status, code) => {
    const body = envelope("Something is wrong with it.");
    await using gateway = await startFailing(answerStatus("GET", everywhere, status, { body, ...always }));

    const answer = await read(gateway);

    expect(codesOf(answer)).toEqual(code === undefined ? [] : [code]);
    expect(answer.status).toBe(status === 401 ? 401 : 200);
    expect(answer.data ?? null).toEqual(name === "userPfxCertificate" ? { userPfxCertificate: null } : null);
    expect(graphOf(answer)).toEqual(
      code && {
        status,
        code: "SomeCode",
        message: "Something is wrong with it.",
        requestId: expect.stringMatching(guid),
        clientRequestId: gateway.emulator.requests.at(-1)?.clientRequestId,
        activityId: null,
      },
    );
    if (code) expect(answer.errors?.[0]?.message).toMatch(/^[A-Z].*\. Graph says: Something is wrong with it\.$/);
  });

  it.each([
    ["no body", ""],
    ["HTML", "<!DOCTYPE html><html><body>Bad gateway at 10.0.0.5</body></html>"],
    ["broken JSON", '{"error":{"code":"X","message":"10.0.0.5'],
    ["a list", ["10.0.0.5"]],
    ["text", '"10.0.0.5"'],
    ["null", "null"],
    ["an empty object", {}],
    ["no envelope", { message: "10.0.0.5" }],
    ["an error that is text", { error: "10.0.0.5" }],
    ["an empty error", { error: {} }],
    ["parts of other types", envelope({ value: "10.0.0.5" }, 10005)],
    ["an empty code and message", envelope("", "")],
    ["a code that is a sentence", envelope(null, "10.0.0.5 said no")],
    ["nested JSON without a message", envelope('{"Host":"10.0.0.5"}', "")],
  ])("uses only the status if the body is %s", async (_, body) => {
    for (const [status, code] of [
      [403, "FORBIDDEN"],
      [502, "UPSTREAM_UNAVAILABLE"],
    ] as const) {
      await using gateway = await startFailing(answerStatus("GET", everywhere, status, { body, ...always }));

      const answer = await read(gateway);

      expect(codesOf(answer)).toEqual([code]);
      expect(graphOf(answer)).toMatchObject({ status, message: null, activityId: null });
      expect(answer.text).not.toContain("10.0.0.5");
    }
  });

  it.each([400, 403, 500])("uses only the status %i if the body has ten megabytes", async (status) => {
    await using gateway = await startFailing(floodAnswer("GET", everywhere, 10_000_000, { status, ...always }));

    const answer = await read(gateway);

    const codes: Record<number, string> = {
      400: "UPSTREAM_INVALID_RESPONSE",
      403: "FORBIDDEN",
      500: "UPSTREAM_UNAVAILABLE",
    };
    expect(codesOf(answer)).toEqual([codes[status]]);
    expect(graphOf(answer)).toMatchObject({ status, code: null, message: null });
    expect(answer.text.length).toBeLessThan(2000);
  });

  it("reports UPSTREAM_MISCONFIGURED if the rejected token is the gateway's own", async () => {
    await using gateway = await startFailing(answerStatus("GET", everywhere, 401, always), {
      config: { authMode: "none" },
    });

    const answer = await read(gateway);

    expect(codesOf(answer)).toEqual(["UPSTREAM_MISCONFIGURED"]);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("www-authenticate")).toBeNull();
  });

  it("passes on a claims challenge", async () => {
    const claims = '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}';
    await using gateway = await startFailing(challengeClaims("GET", everywhere, claims, always));

    const answer = await read(gateway);

    const encoded = Buffer.from(claims).toString("base64");
    expect(answer.errors?.[0]?.extensions).toMatchObject({ code: "CLAIMS_CHALLENGE", claims: encoded });
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([
      401,
      `Bearer error="insufficient_claims", claims="${encoded}"`,
    ]);
  });

  it("passes on no claims challenge for the gateway's own token", async () => {
    const fault = challengeClaims("GET", everywhere, '{"access_token":{}}', always);
    await using gateway = await startFailing(fault, { config: { authMode: "none" } });

    const answer = await read(gateway);

    expect(codesOf(answer)).toEqual(["UPSTREAM_MISCONFIGURED"]);
    expect(answer.errors?.[0]?.extensions).not.toHaveProperty("claims");
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([200, null]);
  });

  it.each(["nothing of the sort", '["access_token"]', "null", '"{}"', '{"access_token":'])(
    "drops claims that are not a JSON object: %s",
    async (claims) => {
      await using gateway = await startFailing(challengeClaims("GET", everywhere, claims, always));

      const answer = await read(gateway);

      expect(codesOf(answer)).toEqual(["UNAUTHENTICATED"]);
      expect(answer.errors?.[0]?.extensions).not.toHaveProperty("claims");
      expect(answer.headers.get("www-authenticate")).not.toMatch(/claims/);
    },
  );

  it.each([301, 302, 303, 307, 308] as const)("does not follow a redirect %i", async (status) => {
    await using elsewhere = await startEmulator({ seed: seedRecords(1) });
    const location = `${elsewhere.url}/v1.0${collection}`;
    await using gateway = await startFailing(redirectTo("GET", everywhere, location, status, always));

    const answer = await read(gateway);

    expect(codesOf(answer)).toEqual(["UPSTREAM_INVALID_RESPONSE"]);
    expect(graphOf(answer)).toMatchObject({ status });
    expect(elsewhere.requests).toEqual([]);
    expect(answer.text).not.toContain(new URL(elsewhere.url).host);
  });
});

describe.each(reads)("%s, if Graph answers with an unusable success,", (name, read) => {
  const readExisting = name === "userPfxCertificate" ? existing : read;

  it.each<[string, Fault]>([
    ["HTML", garbleAnswer("GET", everywhere, "html", always)],
    ["broken JSON", garbleAnswer("GET", everywhere, "brokenJson", always)],
    ["no body", answerStatus("GET", everywhere, 200, { body: "", ...always })],
    ["204", answerStatus("GET", everywhere, 204, { body: "", ...always })],
    ["201", answerStatus("GET", everywhere, 201, { body: { id, value: [] }, ...always })],
    ["a list", answerStatus("GET", everywhere, 200, { body: [], ...always })],
    ["text", answerStatus("GET", everywhere, 200, { body: '"certificate"', ...always })],
    ["a number", answerStatus("GET", everywhere, 200, { body: "5", ...always })],
    ["null", answerStatus("GET", everywhere, 200, { body: "null", ...always })],
    ["an empty object", answerStatus("GET", everywhere, 200, { body: {}, ...always })],
    ["forty megabytes", floodAnswer("GET", everywhere, 40_000_000, always)],
  ])("fails with UPSTREAM_INVALID_RESPONSE: %s", async (_, fault) => {
    await using gateway = await startFailing(fault, { seed: seedRecords(1) });

    const answer = await readExisting(gateway);

    expect(codesOf(answer)).toEqual(["UPSTREAM_INVALID_RESPONSE"]);
  });

  it("fails with UPSTREAM_UNAVAILABLE if every response is cut short", async () => {
    await using gateway = await startFailing(truncateAnswer("GET", everywhere, always), { seed: seedRecords(1) });

    expect(codesOf(await readExisting(gateway))).toEqual(["UPSTREAM_UNAVAILABLE"]);
  });
});

/** A certificate that is there, so that a fault which tampers with the truth has a success to tamper with. */
function existing(gateway: TestGateway): Promise<Answer<object>> {
  return gateway.send(GET, { id: gateway.emulator.records[0]?.id ?? "" });
}

describe("a certificate from Graph", () => {
  it.each<[string, unknown]>([
    ["without an id", { keyName: "x" }],
    ["with an empty id", { id: "" }],
    ["with a null id", { id: null }],
    ["with an id that is a number", { id: 5 }],
    ["with a thumbprint that is a number", { id, thumbprint: 5 }],
    ["with a date that is a number", { id, startDateTime: 1767225600 }],
    ["with a file that is an object", { id, encryptedPfxBlob: { "@odata.mediaReadLink": "x" } }],
    ["with a name that is a list", { id, userPrincipalName: ["x"] }],
    ["that is null", null],
    ["that is text", "certificate"],
    ["that is a list", [{ id }]],
  ])("fails with UPSTREAM_INVALID_RESPONSE: one %s", async (_, certificate) => {
    const body = JSON.stringify(certificate);
    await using gateway = await startFailing(answerStatus("GET", everywhere, 200, { body, ...always }));

    const answer = await gateway.send(GET, { id });

    expect(codesOf(answer)).toEqual(["UPSTREAM_INVALID_RESPONSE"]);
    expect(graphOf(answer)).toMatchObject({ status: 200, code: null, message: null });
  });

  it("fails with UPSTREAM_INVALID_RESPONSE if it is another one", async () => {
    const body = JSON.stringify({ id: "another", userPrincipalName: "alex@contoso.example" });
    await using gateway = await startFailing(answerStatus("GET", everywhere, 200, { body, ...always }));

    const answer = await gateway.send(GET, { id });

    expect(codesOf(answer)).toEqual(["UPSTREAM_INVALID_RESPONSE"]);
    expect(answer.text).not.toContain("alex");
  });

  it("is returned if its id differs only in case", async () => {
    const body = JSON.stringify({ id: id.toUpperCase() });
    await using gateway = await startFailing(answerStatus("GET", everywhere, 200, { body, ...always }));

    expect((await gateway.send(GET, { id })).data?.userPfxCertificate?.id).toBe(id.toUpperCase());
  });
});

describe("a page from Graph", () => {
  it.each([
    ["without a list", { value: {} }],
    ["with text for a list", { value: "[]" }],
    ["with null for a list", { value: null }],
  ])("fails with UPSTREAM_INVALID_RESPONSE %s", async (_, body) => {
    await using gateway = await startFailing(answerStatus("GET", everywhere, 200, { body, ...always }));

    expect(codesOf(await gateway.send(LIST))).toEqual(["UPSTREAM_INVALID_RESPONSE"]);
  });
});

describe("a throttled read", () => {
  const nowMs = Date.UTC(2026, 5, 1, 12);

  it.each([
    ["seconds", 120],
    ["fraction", 120.5],
    ["date", 121],
    ["millisecondsHeader", 120.5],
    ["nested", 121],
    ["none", 20],
  ] as const)("reports the wait that Graph asks for, given as %s: %s", async (hint, seconds) => {
    const waitMs = hint === "seconds" ? 120_000 : 120_500;
    await using gateway = await startFailing(throttle("GET", everywhere, waitMs, hint, always), { now: () => nowMs });

    const { errors } = await gateway.send(LIST);

    expect(errors?.[0]?.extensions).toMatchObject({ code: "THROTTLED", graph: { status: 429 } });
    expect(errors?.[0]?.extensions?.retryAfterSeconds).toBe(seconds);
  });

  it.each([
    ["a word", "soon"],
    ["a negative number", "-120"],
    ["a list", "120, 240"],
    ["an exponent", "12e1"],
    ["hexadecimal", "0x78"],
    ["infinity", "Infinity"],
    ["more digits than a number holds", "9".repeat(400)],
    ["a word and a number", "in 120"],
    ["a date that is none", "Mon, 99 Foo 2026 00:00:00 GMT"],
    ["nothing", ""],
    ["a time span that is none", "1:2:3"],
    ["a word like a day and a number", "moon 120"],
  ])("reports twenty seconds, Graph's window, if Graph's hint is %s", async (_, retryAfter) => {
    await using gateway = await startFailing(answerStatus("GET", everywhere, 429, { retryAfter, ...always }));

    const { errors } = await gateway.send(LIST);

    expect(errors?.[0]?.extensions).toMatchObject({ code: "THROTTLED", retryAfterSeconds: 20 });
  });

  it.each<[string, Record<string, string | string[]>, unknown, number]>([
    ["blanks around the number", { "retry-after": " 120 " }, null, 120],
    ["two headers", { "retry-after": ["soon", "120"] }, null, 120],
    ["two headers that differ", { "retry-after": ["90", "120"] }, null, 120],
    ["a time span", { "retry-after": "00:02:00" }, null, 120],
    ["a time span with days and fractions", { "retry-after": "1.00:02:00.5" }, null, 86_520.5],
    ["an HTTP date in small letters", { "retry-after": "mon, 01 jun 2026 12:02:00 gmt" }, null, 120],
    ["a date as C prints it", { "retry-after": "Mon Jun  1 12:02:00 2026" }, null, 120],
    ["an ISO date", { "retry-after": "2026-06-01T12:02:00Z" }, null, 120],
    ["an ISO date without a zone", { "retry-after": "2026-06-01T12:02:00.0000000" }, null, 120],
    ["an ISO date of another zone", { "retry-after": "2026-06-01T14:02:00+02:00" }, null, 120],
    ["less in milliseconds than in seconds", { "x-ms-retry-after-ms": "200", "retry-after": "120" }, null, 120],
    ["more in milliseconds than in seconds", { "x-ms-retry-after-ms": "120500", "retry-after": "3" }, null, 120.5],
    ["less in the header than in the body", { "retry-after": "3" }, 120, 120],
    ["more in the header than in the body", { "retry-after": "120" }, "3", 120],
    ["an HTTP date in the body", {}, "Mon, 01 Jun 2026 12:02:00 GMT", 120],
    ["an ISO date in the body", {}, "2026-06-01T12:02:00Z", 120],
    ["a time span in the body", {}, "00:02:00", 120],
    ["blanks in the body", {}, " 120 ", 120],
  ])("reports the longest wait of Graph's hints: %s", async (_, headers, nested, seconds) => {
    const body = envelope(intuneMessage("An error has occurred.", nested));
    await using graph = await startAnswering(429, { date: new Date(nowMs).toUTCString(), ...headers }, body);
    await using gateway = await startFailing(undefined, { through: async () => graph });

    const { errors } = await gateway.send(LIST);

    expect(errors?.[0]?.extensions).toMatchObject({ code: "THROTTLED", retryAfterSeconds: seconds });
  });

  it("reports no wait if an unavailable Graph gives none", async () => {
    await using gateway = await startFailing(answerStatus("GET", everywhere, 503, always));

    const { errors } = await gateway.send(LIST);

    expect(errors?.[0]?.extensions?.code).toBe("UPSTREAM_UNAVAILABLE");
    expect(errors?.[0]?.extensions).not.toHaveProperty("retryAfterSeconds");
  });

  it.each([
    ["120", 120],
    [120, 120],
    [120.5, 120.5],
    ["", 20],
    [[], 20],
    [true, 20],
    [-120, 20],
    ["1e999", 20],
    [{ seconds: 120 }, 20],
  ])("reads RetryAfter in the nested JSON: %j as %s", async (retryAfter, seconds) => {
    const body = envelope(intuneMessage("An error has occurred.", retryAfter));
    await using gateway = await startFailing(answerStatus("GET", everywhere, 429, { body, ...always }));

    const { errors } = await gateway.send(LIST);

    expect(errors?.[0]?.extensions?.retryAfterSeconds).toBe(seconds);
  });

  it("reports zero if the date has passed", async () => {
    const retryAfter = new Date(nowMs - 60_000).toUTCString();
    const fault = answerStatus("GET", everywhere, 429, { retryAfter, ...always });
    await using gateway = await startFailing(fault, { now: () => nowMs });

    const { errors } = await gateway.send(LIST);

    expect(errors?.[0]?.extensions?.retryAfterSeconds).toBe(0);
  });

  it("reports the wait also if Graph is unavailable", async () => {
    await using gateway = await startFailing(answerStatus("GET", everywhere, 503, { retryAfter: 120, ...always }));

    const { errors } = await gateway.send(LIST);

    expect(errors?.[0]?.extensions).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", retryAfterSeconds: 120 });
  });
});

describe("createUserPfxCertificate, rejected by Graph,", () => {
  it.each([
    [400, "BAD_USER_INPUT"],
    [403, "FORBIDDEN"],
    [409, "UPSTREAM_UNAVAILABLE"],
    [412, "UPSTREAM_UNAVAILABLE"],
    [413, "BAD_USER_INPUT"],
    [422, "BAD_USER_INPUT"],
  ])("turns %i into %s and stores nothing", async (status, code) => {
    const body = envelope(intuneMessage("It was refused."), "Refused");
    await using gateway = await startFailing(answerStatus("POST", collection, status, { body, ...always }));

    const answer = await gateway.send(CREATE, { input: anInput() });

    expect(answer.data).toBeNull();
    expect(codesOf(answer)).toEqual([code]);
    expect(graphOf(answer)).toMatchObject({ status, code: "Refused", message: "It was refused.", activityId });
    expect(answer.errors?.[0]?.extensions).not.toHaveProperty("invalid");
    expect(gateway.emulator.ledger).toEqual([]);
  });
});

describe("Graph's message", () => {
  const real = "An error has occurred";

  async function read403(body: unknown): Promise<Answer<unknown>> {
    await using gateway = await startFailing(answerStatus("GET", everywhere, 403, { body, ...always }));
    return await gateway.send(LIST); // and only then dispose of the gateway
  }

  it.each([
    ["plain", envelope(real, "Forbidden"), "Forbidden", null],
    ["nested once", envelope(intuneMessage(real), "Forbidden"), "Forbidden", activityId],
    [
      "nested twice",
      envelope(JSON.stringify({ ErrorCode: "Forbidden", Message: intuneMessage(real) }), "UnknownError"),
      "Forbidden",
      activityId,
    ],
    [
      "nested three times",
      envelope(
        JSON.stringify({ ErrorCode: "A", Message: JSON.stringify({ ErrorCode: "B", message: intuneMessage(real) }) }),
      ),
      "B",
      activityId,
    ],
    ["under a small letter", envelope(JSON.stringify({ message: real }), "Forbidden"), "Forbidden", null],
    ["with an empty code around it", envelope(JSON.stringify({ ErrorCode: "", Message: real }), ""), null, null],
  ])("is unwrapped if it is %s", async (_, body, code, activity) => {
    const answer = await read403(body);

    expect(graphOf(answer)).toMatchObject({ code, message: real, activityId: activity });
    expect(answer.text).not.toMatch(/Operation ID|manage\.microsoft|RACerts|_version|CustomApiErrorPhrase|1f2e3d4c/);
  });

  it.each(["nested", "threeLevel"] as const)("is unwrapped as the emulator writes it, %s", async (errorShape) => {
    await using gateway = await startGateway({ errorShape });

    const answer = await gateway.send(DELETE, { deletedId: id });

    expect(graphOf(answer)).toMatchObject({
      code: "ResourceNotFound",
      message: "Resource not found.",
      activityId: expect.stringMatching(guid),
    });
    expect(answer.text).not.toMatch(/Operation ID|manage\.microsoft|RACerts/);
  });

  it.each([
    ["a URL", "Call https://fef.msua02.manage.microsoft.com/RACerts/1f2e3d4c?x=1 again."],
    ["a URL of another scheme", "Call net.tcp://fef.msua02.manage.microsoft.com:8443/RACerts/1f2e3d4c again."],
    ["a host and path", "Call fef.msua02.manage.microsoft.com/RACerts/1f2e3d4c again."],
    ["a URL in quotes", 'Call "https://fef.msua02.manage.microsoft.com/RACerts/1f2e3d4c" again.'],
    ["a URL with credentials", "Call https://user:RACerts@fef.msua02.manage.microsoft.com/ again."],
  ])("loses %s and keeps the surrounding text", async (_, message) => {
    const answer = await read403(envelope(message));

    expect(graphOf(answer)).toMatchObject({ message: expect.stringMatching(/^Call "?\(address cut\)"? again\.$/) });
  });

  it.each([
    ["one letter", "a"],
    ["labels of a host", "a."],
    ["the beginnings of a URL", "a+"],
    ["blanks", " "],
    ["blanks and dashes", " - "],
    ["quotes", '"'],
    ["braces", "{"],
    ["escapes", "%41"],
    ["the beginnings of escapes", "&#"],
    ["the beginnings of other escapes", "\\"],
    ["pairs of escapes", "%41%42 is "],
    ["escapes too far apart", "%41.........."],
  ])("is not shown, which takes no time, if it repeats %s endlessly", { timeout: 5000 }, async (_, piece) => {
    // A pattern that looks at such text from every place on would take ten seconds and more.
    const message = `It failed. ${piece.repeat(Math.floor(100_000 / piece.length))}`;

    const answer = await read403(envelope(message));

    expect(answer.text.length).toBeLessThan(3000);
    expect(graphOf(answer)).toMatchObject({ code: "SomeCode", message: null });
  });

  it("is on one line", async () => {
    const answer = await read403(envelope("It failed.\r\n\tTry again.\n"));

    expect(graphOf(answer)).toMatchObject({ message: "It failed. Try again." });
  });

  it.each([
    ["control characters", "It\u0000failed\r\nX-Header: \u001b[31mred\u0085\u007f."],
    ["a long run of digits and letters", `The value ${"QUJD".repeat(30)} is wrong.`],
    ["escapes", "It&#39;s 50%25 of the files &quot;here&quot; and there, \\u0041, 2026-01-01T00:00:00."],
    ["more than 300 characters", "It failed again. ".repeat(20)],
  ])("is not shown if it has %s; code and ids are", async (_, message) => {
    const answer = await read403(envelope(message));

    expect(graphOf(answer)).toMatchObject({
      code: "SomeCode",
      message: null,
      requestId: expect.stringMatching(guid),
      clientRequestId: expect.stringMatching(guid),
    });
    expect(answer.errors?.[0]?.message).toBe("A permission or an Intune role is missing.");
  });

  it("keeps no invalid activity id", async () => {
    const answer = await read403(envelope("It failed - Activity ID: 0123456789abcdef0123456789abcdef0123"));

    expect(graphOf(answer)).toMatchObject({ activityId: null });
  });
});

describe("Graph's message about a create", () => {
  const password = encryptedPassword;
  /** No password that is sent to Graph looks like these; the search finds them all the same. */
  const odd = ['kV7q"TzR2\\mXw9/LbD4+cJ8s=Fh3N&pY6u', "Zq3 w+rT'x&<é>9\"k!(p)~*", "Zq3w+é'9kTv"];
  const blob = Buffer.from("9f8e7d6c5b4a39281706f5e4d3c2b1a0-raw-pkcs12-bytes-of-a-test").toString("base64");
  const token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.c2VjcmV0LWNsYWltcw.";

  const hex = (text: string) => Buffer.from(text).toString("hex");
  const forms: [string, (secret: string) => string][] = [
    ["as it is", (secret) => secret],
    ["in pieces of twelve", (secret) => (secret.match(/.{1,12}/g) ?? []).join(" | ")],
    ["in pieces of twelve on lines of their own", (secret) => (secret.match(/.{1,12}/g) ?? []).join("\r\n")],
    ["the first half", (secret) => secret.slice(0, secret.length / 2)],
    ["the second half", (secret) => secret.slice(secret.length / 2)],
    ["as base64", (secret) => Buffer.from(secret).toString("base64")],
    ["as base64 from the second byte on", (secret) => Buffer.from(`"${secret}`).toString("base64").slice(0, 40)],
    ["as base64 from the third byte on", (secret) => Buffer.from(`="${secret}`).toString("base64").slice(0, 40)],
    ["in hexadecimal", (secret) => hex(secret).slice(0, 40)],
    ["in capital hexadecimal", (secret) => hex(secret).toUpperCase().slice(0, 40)],
    ["in hexadecimal, decoded before", (secret) => Buffer.from(secret, "base64").toString("hex").slice(0, 40)],
    ["URL-encoded", (secret) => encodeURIComponent(secret)],
    ["JSON-escaped", (secret) => JSON.stringify(secret)],
  ];

  const shapes: [string, (said: string) => object][] = [
    ["plainly", (said) => envelope(`The value '${said}' is not valid.`)],
    ["in nested JSON", (said) => envelope(intuneMessage(`The value '${said}' is not valid.`))],
    [
      "three levels deep",
      (said) =>
        envelope(JSON.stringify({ ErrorCode: "BadRequest", Message: intuneMessage(`The value '${said}' is bad.`) })),
    ],
  ];

  /** Code and ids are there, and none of the message. */
  function expectUnsaid(answer: Answer<unknown>): void {
    expect(graphOf(answer)).toMatchObject({
      code: expect.stringMatching(/^(SomeCode|BadRequest)$/),
      message: null,
      requestId: expect.stringMatching(guid),
      clientRequestId: expect.stringMatching(guid),
    });
    expect(answer.errors?.[0]?.message).toBe("Microsoft Graph rejected the content.");
  }

  it.each(forms)("quotes no file, password or token %s", async (_, form) => {
    for (const secret of [password, blob, token]) {
      for (const [, shape] of shapes) {
        const said = form(secret);
        await using gateway = await startFailing(
          answerStatus("POST", collection, 400, { body: shape(said), ...always }),
        );
        const input = anInput({ encryptedPfxPassword: password, encryptedPfxBlob: blob });

        const answer = await gateway.send(CREATE, { input }, { authorization: `Bearer ${token}` });

        expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
        expectUnsaid(answer);
        for (const each of [secret, said, ...said.split(/ \| |\r\n/)])
          expect(leaksOf(each, gateway, answer)).toEqual([]);
      }
    }
  });

  it.each<[string, (file: Buffer) => string]>([
    ["as it is", (file) => file.toString("base64").slice(0, 40)],
    ["its first bytes in hexadecimal", (file) => file.subarray(0, 20).toString("hex")],
    ["its last bytes in hexadecimal", (file) => file.subarray(-20).toString("hex")],
    ["as base64 once more", (file) => Buffer.from(file.toString("base64").slice(0, 24)).toString("base64")],
  ])("quotes no part of a large file %s", async (_, form) => {
    const file = Buffer.from(Array.from({ length: 150_000 }, (_, index) => (index * 7919 + (index >> 8) * 31) & 0xff));
    const said = form(file);
    await using gateway = await startFailing(
      answerStatus("POST", collection, 400, { body: envelope(`The value '${said}' is not valid.`), ...always }),
    );

    const answer = await gateway.send(CREATE, { input: anInput({ encryptedPfxBlob: file.toString("base64") }) });

    expectUnsaid(answer);
    expect(leaksOf(said, gateway, answer)).toEqual([]);
  });

  const everyByte = (write: (byte: string) => string) => (secret: string) =>
    (hex(secret).match(/../g) ?? []).map(write).join("");
  const everyLetter = (write: (code: number) => string) => (secret: string) =>
    Array.from(secret, (letter) => write(letter.charCodeAt(0))).join("");
  const someLetters = (unsafe: RegExp, write: (code: number) => string) => (secret: string) =>
    secret.replace(unsafe, (letter) => write(letter.charCodeAt(0)));
  const inGroups = (write: (secret: string) => string, size: number, sign: string) => (secret: string) =>
    (write(secret).match(new RegExp(`.{1,${size}}`, "g")) ?? []).join(sign);
  const unicode = (code: number) => `\\u${code.toString(16).toUpperCase().padStart(4, "0")}`;
  const unsafeInNet = /[^ -~]|["&'+<>`]/g;

  it.each<[string, (secret: string) => string]>([
    ["in JSON as .NET writes it", someLetters(unsafeInNet, unicode)],
    ["in JSON as .NET writes it, twice", someLetters(unsafeInNet, (code) => `\\${unicode(code)}`)],
    ["in HTML as .NET writes it", someLetters(unsafeInNet, (code) => `&#x${code.toString(16).toUpperCase()};`)],
    ["in HTML, in decimal", someLetters(unsafeInNet, (code) => `&#${code};`)],
    ["as a form of the web", (secret) => new URLSearchParams({ v: secret }).toString().slice(2)],
    ["with every letter as \\u", everyLetter(unicode)],
    ["with every letter as \\\\u", everyLetter((code) => `\\${unicode(code)}`)],
    ["with every byte as \\x", everyByte((byte) => `\\x${byte}`)],
    ["with every byte as \\x, in a list", everyByte((byte) => `\\x${byte}, `)],
    ["with every byte as %", everyByte((byte) => `%${byte}`)],
    ["with every letter as an entity", everyLetter((code) => `&#${code};`)],
    ["with every letter as an entity in hexadecimal", everyLetter((code) => `&#x${code.toString(16)};`)],
    ["with every letter in octal", everyByte((byte) => `\\${Number.parseInt(byte, 16).toString(8).padStart(3, "0")}`)],
    ["in groups of four", inGroups((secret) => secret, 4, " ")],
    ["in groups of three with dashes", inGroups((secret) => secret, 3, "-")],
    ["letter by letter", inGroups((secret) => secret, 1, ", ")],
    ["as base64 in groups of four", inGroups((secret) => Buffer.from(secret).toString("base64"), 4, " ")],
    ["in hexadecimal in groups of four", inGroups(hex, 4, " ")],
    ["in hexadecimal in groups of two with colons", inGroups(hex, 2, ":")],
  ])("quotes no piece of a secret %s", async (_, form) => {
    for (const secret of odd) {
      const body = envelope(`The value '${form(secret).trim()}' is not valid.`);
      expect(readGraphError(body, [secret])).toMatchObject({ code: "SomeCode", message: null });
    }
    for (const secret of [password, blob]) {
      const said = form(secret).trim();
      const body = envelope(`The value '${said}' is not valid.`);
      await using gateway = await startFailing(answerStatus("POST", collection, 400, { body, ...always }));
      const input = anInput({ encryptedPfxPassword: password, encryptedPfxBlob: blob });

      const answer = await gateway.send(CREATE, { input });

      expectUnsaid(answer);
      expect(leaksOf(said, gateway, answer)).toEqual([]);
    }
  });

  it("quotes no secret in the code either", async () => {
    const secret = /[A-Za-z0-9]{20}/.exec(password)?.[0] ?? "none";
    const fault = answerStatus("POST", collection, 400, { body: envelope("No.", `Bad_${secret}`), ...always });
    await using gateway = await startFailing(fault);

    const answer = await gateway.send(CREATE, { input: anInput() });

    expect(secret).toHaveLength(20);

    expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(graphOf(answer)).toMatchObject({ code: null, message: "No." });
    expect(leaksOf(secret, gateway, answer)).toEqual([]);
  });

  it.each([9, 65_536])("is not shown if message and password repeat one letter: %i times", async (count) => {
    const secret = "a".repeat(1364);
    const fault = answerStatus("POST", collection, 400, { body: envelope(`No: ${"a".repeat(count)}`), ...always });
    await using gateway = await startFailing(fault);

    const answer = await gateway.send(CREATE, { input: anInput({ encryptedPfxPassword: secret }) });

    expectUnsaid(answer);
  });
});

describe("an enum member that this build does not know", () => {
  it.each(["intendedPurpose", "paddingScheme"])("becomes null, with one warning in the log: %s", async (property) => {
    await using gateway = await startGateway({ seed: seedRecords(1) });
    const [record] = gateway.emulator.records;
    const body = { ...record, [property]: "quantumResistant" };
    gateway.emulator.faults.add(answerStatus("GET", everywhere, 200, { body }));

    const { data, errors } = await gateway.send(GET, { id: record?.id ?? "" });

    expect(errors).toBeUndefined();
    expect(data?.userPfxCertificate).toMatchObject({ id: record?.id, [property]: null });
    expect(gateway.log.filter(({ level }) => Number(level) >= 40)).toMatchObject([{ level: 40, property }]);
    expect(JSON.stringify(gateway.log)).not.toContain("quantumResistant");
  });

  it("causes one warning per page", async () => {
    const value = seedRecords(3).map((record, index) => ({ ...record, id: `id-${index}`, intendedPurpose: "new" }));
    await using gateway = await startGateway({
      faults: [answerStatus("GET", collection, 200, { body: { value } })],
    });

    const { errors } = await gateway.send(LIST, {});

    expect(errors).toBeUndefined();
    expect(gateway.log.filter(({ level }) => Number(level) >= 40)).toHaveLength(1);
  });

  it.each([null, undefined])("does not include %s, which becomes null without a warning", async (intendedPurpose) => {
    await using gateway = await startGateway({
      faults: [answerStatus("GET", everywhere, 200, { body: { id, intendedPurpose, paddingScheme: null } })],
    });

    const { data } = await gateway.send(GET, { id });

    expect(data?.userPfxCertificate).toMatchObject({ id, intendedPurpose: null });
    expect(gateway.log.filter(({ level }) => Number(level) >= 40)).toEqual([]);
  });
});

describe("a Graph whose v1.0 lacks the collection", () => {
  const warnings = (gateway: TestGateway) => gateway.log.filter(({ level }) => Number(level) === 40);
  const versions = (gateway: TestGateway) => gateway.emulator.requests.map(({ version }) => version);

  it("gets all requests at beta after the first one, which is logged once", async () => {
    await using gateway = await startGateway({ v1HasSegment: false, seed: seedRecords(2) });

    const first = await gateway.send(LIST);
    const second = await gateway.send(LIST);
    const third = await gateway.send(GET, { id: gateway.emulator.records[0]?.id ?? "" });

    expect([first, second, third].map(({ errors }) => errors)).toEqual([undefined, undefined, undefined]);
    expect(first.data?.userPfxCertificates.edges).toHaveLength(2);
    expect(versions(gateway)).toEqual(["v1.0", "beta", "beta", "beta"]);
    expect(warnings(gateway)).toMatchObject([{ msg: expect.stringContaining("beta") }]);
  });

  it("gets a create once, although it went to v1.0 first", async () => {
    await using gateway = await startGateway({ v1HasSegment: false });

    const { data, errors } = await gateway.send(CREATE, { input: anInput() });

    expect(errors).toBeUndefined();
    expect(data?.createUserPfxCertificate.id).toBe(gateway.emulator.records[0]?.id);
    expect(gateway.emulator.ledger).toHaveLength(1);
    expect(versions(gateway)).toEqual(["v1.0", "beta"]);
  });

  it("is detected once by many concurrent requests", async () => {
    await using gateway = await startGateway({ v1HasSegment: false, writeQuota: false });

    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, number) =>
        gateway.send(CREATE, { input: anInput({ thumbprint: thumbprintOf(number) }) }),
      ),
    );

    expect(answers.flatMap(({ errors }) => errors ?? [])).toEqual([]);
    expect(gateway.emulator.ledger).toHaveLength(10);
    expect(warnings(gateway)).toHaveLength(1);
  });

  it("is UPSTREAM_MISCONFIGURED if v1.0 is configured, and beta gets no request", async () => {
    await using gateway = await startGateway({ v1HasSegment: false, config: { graphApiVersion: "v1.0" } });

    const answers = [
      await gateway.send(LIST),
      await gateway.send(GET, { id }),
      await gateway.send(CREATE, { input: anInput() }),
      await gateway.send(DELETE, { deletedId: id }),
    ];

    expect(answers.flatMap(codesOf)).toEqual(Array.from(answers, () => "UPSTREAM_MISCONFIGURED"));
    expect(new Set(versions(gateway))).toEqual(new Set(["v1.0"]));
    expect(warnings(gateway)).toEqual([]);
  });

  it("gets requests only at beta if beta is configured", async () => {
    await using gateway = await startGateway({ v1HasSegment: false, config: { graphApiVersion: "beta" } });

    const { errors } = await gateway.send(LIST);

    expect(errors).toBeUndefined();
    expect(versions(gateway)).toEqual(["beta"]);
    expect(warnings(gateway)).toEqual([]);
  });

  it("is not assumed after another kind of 400", async () => {
    await using gateway = await startGateway({ seed: seedRecords(1) });
    gateway.emulator.faults.add(
      answerStatus("GET", everywhere, 400, { body: envelope("The segment was not found.", "BadRequest") }),
    );

    const refused = await gateway.send(LIST);
    const { errors } = await gateway.send(LIST);

    expect(codesOf(refused)).toEqual(["UPSTREAM_INVALID_RESPONSE"]);
    expect(errors).toBeUndefined();
    expect(versions(gateway)).toEqual(["v1.0", "v1.0"]);
  });
});

describe("a graphql-js error about a value", () => {
  it("is reworded without the value, whatever its source", () => {
    const secret = "kV7qTzR2mXw9LbD4cJ8s";
    const format = createFormatError(createLog("silent"));
    const { schema } = buildSchema();
    const literal = parse(`{ userPfxCertificates(first: "${secret}", after: 5) { nodes { id } } }`);
    const variable = parse("query ($first: Int) { userPfxCertificates(first: $first) { nodes { id } } }");

    const complaints = [
      ...validate(schema, literal),
      ...[execute({ schema, document: variable, variableValues: { first: secret } })].flatMap((result) =>
        "errors" in result && result.errors ? result.errors : [],
      ),
    ];

    expect(complaints).toHaveLength(3);
    for (const complaint of complaints) {
      const isVariable = complaint.message.startsWith("Variable");
      const coded = isVariable
        ? new GraphQLError(complaint.message, { nodes: complaint.nodes ?? [], extensions: { code: "BAD_USER_INPUT" } })
        : complaint;
      const answered = format(coded.toJSON(), coded);
      expect(answered).toMatchObject({
        message: "A value has the wrong type.",
        extensions: { code: "BAD_USER_INPUT" },
      });
      expect(JSON.stringify(answered)).not.toContain(secret);
    }
  });
});

describe("an internal error of the gateway", () => {
  it("is masked under an id; only the log has its class and frames", async () => {
    const secret = "kV7qTzR2mXw9LbD4cJ8s";
    const lines: string[] = [];
    const log = createLog("trace", { write: (line) => void lines.push(line) });
    const format = createFormatError(log);
    const cause = Object.assign(new TypeError(`cannot read ${secret} of 10.0.0.5`), { value: secret });
    const located = new GraphQLError(cause.message, { path: ["userPfxCertificate"], originalError: cause });

    const answered = format({ ...located.toJSON(), extensions: { code: "INTERNAL_SERVER_ERROR", secret } }, located);
    await delay(0); // for the log's line

    const [logged = ""] = lines;
    const { id: loggedId, ...record }: Record<string, unknown> = JSON.parse(logged);
    expect(loggedId).toMatch(guid);
    expect(answered).toEqual({
      message: `The gateway had an internal error. The gateway's operator can find it in the log under ${loggedId}.`,
      path: ["userPfxCertificate"],
      extensions: { code: "INTERNAL_SERVER_ERROR" },
    });
    expect(lines).toHaveLength(1);
    expect(record).toEqual({
      level: 50,
      time: expect.any(String),
      name: "TypeError",
      frames: expect.arrayContaining([expect.stringMatching(/^at .*graph-errors\.test\.ts/)]),
      msg: "internal error",
    });
    expect(JSON.stringify([answered, record])).not.toMatch(new RegExp(`${secret}|10\\.0\\.0\\.5`));
  });

  it("has a new id each time", () => {
    const ids: string[] = [];
    const log = { ...createLog("silent"), internalError: ({ id: each }: { id: string }) => void ids.push(each) };
    const format = createFormatError(log);

    for (let count = 0; count < 10; count++) format({ message: "x" }, new Error("x"));

    expect(new Set(ids).size).toBe(10);
  });
});
