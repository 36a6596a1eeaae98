/** What a frontend makes of the gateway's failures: real answers, in the shapes in which GraphQL clients hand them on. */
import { readdirSync, readFileSync } from "node:fs";
import type { ApolloServerErrorCode } from "@apollo/server/errors";
import {
  CreateUserPfxCertificateDocument as CREATE,
  DeleteUserPfxCertificateDocument as DELETE,
  findGatewayError,
  type GatewayError,
  type GatewayErrorCode,
  type GatewayErrorExtensions,
  isGatewayError,
  isGatewayErrorCode,
  UserPfxCertificatesDocument as LIST,
} from "intune-pfx-client/operations";
import { describe, expect, expectTypeOf, it } from "vitest";
import { answerStatus, challengeClaims, throttle } from "../../src/emulator/faults.ts";
import type { ErrorCode, GraphErrorDetails, InvalidValue } from "../../src/errors.ts";
import { type GatewayOptions, startGateway, type TestGateway } from "../support/gateway.ts";
import { anInput } from "../support/input.ts";

const everywhere = /userPfxCertificates/;
const always = { times: Number.POSITIVE_INFINITY };

const codes: Record<GatewayErrorCode, true> = {
  BAD_USER_INPUT: true,
  UNAUTHENTICATED: true,
  CLAIMS_CHALLENGE: true,
  FORBIDDEN: true,
  NOT_FOUND: true,
  CONFLICT: true,
  THROTTLED: true,
  RATE_LIMITED: true,
  OVERLOADED: true,
  OUTCOME_UNKNOWN: true,
  UPSTREAM_UNAVAILABLE: true,
  UPSTREAM_TIMEOUT: true,
  UPSTREAM_INVALID_RESPONSE: true,
  UPSTREAM_MISCONFIGURED: true,
  INTERNAL_SERVER_ERROR: true,
  GRAPHQL_PARSE_FAILED: true,
  GRAPHQL_VALIDATION_FAILED: true,
  OPERATION_RESOLUTION_FAILURE: true,
  BAD_REQUEST: true,
  PERSISTED_QUERY_NOT_FOUND: true,
  PERSISTED_QUERY_NOT_SUPPORTED: true,
  PERSISTED_QUERY_REQUIRED: true,
};

type Failing = [GatewayErrorCode, GatewayOptions, (gateway: TestGateway) => Promise<{ text: string }>];

async function text(response: Promise<Response>): Promise<{ text: string }> {
  return { text: await (await response).text() };
}

const failing: Failing[] = [
  ["BAD_USER_INPUT", {}, (gateway) => gateway.send(CREATE, { input: anInput({ thumbprint: "short" }) })],
  ["NOT_FOUND", {}, (gateway) => gateway.send(DELETE, { deletedId: "0123456789abcdef-0123" })],
  [
    "CONFLICT",
    {},
    async (gateway) => {
      await gateway.send(CREATE, { input: anInput() });
      return gateway.send(CREATE, { input: anInput() });
    },
  ],
  ["NOT_FOUND", {}, (gateway) => text(fetch(new URL("/nothing", gateway.url)))],
  ["UNAUTHENTICATED", {}, (gateway) => gateway.send(LIST, {}, { authorization: "Basic eDp5" })],
  [
    "CLAIMS_CHALLENGE",
    { faults: [challengeClaims("GET", everywhere, '{"a":1}', always)] },
    (gateway) => gateway.send(LIST),
  ],
  ["FORBIDDEN", { faults: [answerStatus("GET", everywhere, 403, always)] }, (gateway) => gateway.send(LIST)],
  ["UPSTREAM_UNAVAILABLE", { faults: [answerStatus("GET", everywhere, 503, always)] }, (gateway) => gateway.send(LIST)],
  ["THROTTLED", { faults: [throttle("GET", everywhere, 600_000, "seconds", always)] }, (gateway) => gateway.send(LIST)],
  ["GRAPHQL_PARSE_FAILED", {}, (gateway) => gateway.send("{")],
  ["GRAPHQL_VALIDATION_FAILED", {}, (gateway) => gateway.send("{ nothing }")],
  ["BAD_REQUEST", {}, (gateway) => text(fetch(gateway.url, { method: "PUT" }))],
];

describe("isGatewayError", () => {
  it.each(Object.keys(codes) as GatewayErrorCode[])("knows %s, and tells it from the others", (code) => {
    const error = { message: "No.", extensions: { code } };
    expect(isGatewayError(error)).toBe(true);
    expect(isGatewayError(error, code)).toBe(true);
    for (const other of Object.keys(codes) as GatewayErrorCode[]) {
      expect(isGatewayError(error, other)).toBe(other === code);
    }
  });

  it.each([
    [undefined],
    [null],
    ["CONFLICT"],
    [new Error("CONFLICT")],
    [{ message: "Redacted" }],
    [{ extensions: { code: "CONFLICT" } }],
    [{ message: "A router's", extensions: { code: "SUBREQUEST_HTTP_ERROR" } }],
    [{ message: "Another's", extensions: { code: "THROTTLED", retryAfterSeconds: "5" } }],
    [{ message: "Another's", extensions: { code: "CONFLICT", certificateId: 5 } }],
  ])("is not taken in by %j", (error) => {
    expect(isGatewayError(error)).toBe(false);
    expect(findGatewayError(error)).toBeUndefined();
  });

  it("narrows to the code that was asked for", () => {
    const error: unknown = { message: "No.", extensions: { code: "THROTTLED", retryAfterSeconds: 1.5 } };
    expect(isGatewayError(error, "THROTTLED") && error.extensions.retryAfterSeconds).toBe(1.5);
    if (isGatewayError(error, "THROTTLED")) expectTypeOf(error).toEqualTypeOf<GatewayError<"THROTTLED">>();
  });
});

describe("findGatewayError", () => {
  it("has the id of the certificate that is there, typed", async () => {
    await using gateway = await startGateway();
    await gateway.send(CREATE, { input: anInput() });

    const found = findGatewayError(await gateway.send(CREATE, { input: anInput() }), "CONFLICT");

    expectTypeOf(found?.extensions.certificateId).toEqualTypeOf<string | undefined>();
    expect(found?.extensions.certificateId).toBe(gateway.emulator.records[0]?.id);
  });

  it.each(failing)("finds %s in a real answer, whichever client hands it on", async (code, options, fail) => {
    await using gateway = await startGateway(options);
    const answer = JSON.parse((await fail(gateway)).text);
    const [error] = answer.errors;
    const shapes: Record<string, unknown> = {
      "an answer": answer,
      "one error": error,
      "Apollo Client 4, CombinedGraphQLErrors": Object.assign(new Error("x"), { errors: answer.errors, data: null }),
      "Apollo Client 4, ServerError": Object.assign(new Error("x"), { bodyText: JSON.stringify(answer) }),
      "Apollo Client 3, ApolloError": Object.assign(new Error("x"), {
        graphQLErrors: answer.errors,
        networkError: null,
      }),
      "Apollo Client 3, ServerError": Object.assign(new Error("x"), {
        graphQLErrors: [],
        networkError: Object.assign(new Error("x"), { result: answer }),
      }),
      "urql, CombinedError": Object.assign(new Error("x"), {
        graphQLErrors: [Object.assign(new Error(error.message), error)],
        response: new Response(),
      }),
      "graphql-request, ClientError": Object.assign(new Error("x"), { response: { ...answer, status: 200 } }),
    };
    for (const [shape, failure] of Object.entries(shapes)) {
      const found = findGatewayError(failure, code);
      expect(found?.extensions, shape).toEqual(error.extensions);
      expect(findGatewayError(failure)?.message, shape).toBe(error.message);
      expect(findGatewayError(failure, "PERSISTED_QUERY_REQUIRED"), shape).toBeUndefined();
    }
  });

  it("comes to an end where an error holds itself", () => {
    const failure: Record<string, unknown> = { bodyText: "no JSON" };
    failure.response = failure;
    expect(findGatewayError(failure)).toBeUndefined();
  });
});

describe("the client's types", () => {
  it("are those of the server's errors", () => {
    expectTypeOf<GatewayErrorCode>().toEqualTypeOf<
      ErrorCode | `${ApolloServerErrorCode}` | "PERSISTED_QUERY_REQUIRED" | "RATE_LIMITED" | "OVERLOADED"
    >();
    expectTypeOf<NonNullable<GatewayErrorExtensions["graph"]>>().toEqualTypeOf<Readonly<GraphErrorDetails>>();
    expectTypeOf<NonNullable<GatewayErrorExtensions["invalid"]>>().toEqualTypeOf<readonly Readonly<InvalidValue>[]>();
    expect(Object.keys(codes)).toHaveLength(22);
  });

  it("have a document for every operation of operations/", async () => {
    const client: Record<string, unknown> = await import("intune-pfx-client/operations");
    const folder = new URL("../../operations/", import.meta.url);
    const files = readdirSync(folder).filter((file) => file.endsWith(".graphql"));
    const names = files.map(
      (file) => /(?:query|mutation) (\w+)/.exec(readFileSync(new URL(file, folder), "utf8"))?.[1],
    );
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) expect(client).toHaveProperty(`${name}Document.kind`, "Document");
  });
});

describe("findGatewayError, through a router that answers with an error of its own,", () => {
  const inner = {
    message: "Step up.",
    extensions: { code: "CLAIMS_CHALLENGE", claims: Buffer.from('{"a":1}').toString("base64") },
  };
  const routers = (body: unknown) => ({
    errors: [
      {
        message: "401: Unauthorized",
        extensions: { code: "UNAUTHENTICATED", response: { url: "http://pfx", status: 401, body } },
      },
    ],
  });

  it.each([
    ["as an object", { errors: [inner] }],
    ["as text", JSON.stringify({ errors: [inner] })],
  ])("finds the gateway's error in the answer that the router has put into it: %s", (_, body) => {
    for (const failure of [routers(body), { graphQLErrors: routers(body).errors }, { result: routers(body) }]) {
      expect(findGatewayError(failure)).toEqual(inner);
      expect(findGatewayError(failure, "CLAIMS_CHALLENGE")?.extensions.claims).toBe(inner.extensions.claims);
    }
  });

  it.each([["no JSON"], [undefined], [{ errors: "none" }], [null], [{ errors: [{ message: "x" }] }]])(
    "takes the router's own error if there is none of the gateway's in it: %j",
    (body) => {
      expect(findGatewayError(routers(body))?.extensions.code).toBe("UNAUTHENTICATED");
    },
  );
});

describe("the code of a plural create's failure", () => {
  it("is narrowed to the codes that are known", () => {
    const code: string = "THROTTLED";
    if (isGatewayErrorCode(code)) expectTypeOf(code).toEqualTypeOf<GatewayErrorCode>();

    expect(Object.keys(codes).every(isGatewayErrorCode)).toBe(true);
    expect(["LATER", "toString", "", undefined, 5].some(isGatewayErrorCode)).toBe(false);
  });
});
