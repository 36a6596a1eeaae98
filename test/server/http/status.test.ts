import { describe, expect, it } from "vitest";
import { startGateway, type TestGateway } from "../../support/gateway.ts";
import { anInput } from "../../support/input.ts";

const graphqlResponse = "application/graphql-response+json";

interface Sent {
  readonly status: number;
  readonly type: string | null;
  readonly code: string | undefined;
}

async function send(gateway: TestGateway, accept: string, init: RequestInit, search = ""): Promise<Sent> {
  const response = await fetch(`${gateway.url}${search}`, {
    ...init,
    headers: { accept, "apollo-require-preflight": "1", ...init.headers },
  });
  const { errors } = JSON.parse(await response.text());
  return {
    status: response.status,
    type: response.headers.get("content-type"),
    code: errors?.[0]?.extensions.code,
  };
}

const post = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  body: typeof body === "string" ? body : JSON.stringify(body),
  headers: { "content-type": "application/json", authorization: "Bearer caller-token", ...headers },
});

const two = "query A { __typename } query B { __typename }";
const byId = "query ($id: ID!) { userPfxCertificate(id: $id) { id } }";
const createMany =
  "mutation ($inputs: [CreateUserPfxCertificateInput!]!) { createUserPfxCertificates(inputs: $inputs) { failedCount } }";

/** GraphQL requests that are not executed. */
const wellFormed: readonly (readonly [what: string, code: string, body: object])[] = [
  ["a document with a syntax error", "GRAPHQL_PARSE_FAILED", { query: "{" }],
  ["an empty document", "GRAPHQL_PARSE_FAILED", { query: "" }],
  [
    "a document that is too large to parse",
    "GRAPHQL_PARSE_FAILED",
    { query: `{ __typename } ${"#\n".repeat(10_001)}` },
  ],
  ["a document with too many tokens", "GRAPHQL_PARSE_FAILED", { query: `{ ${"a ".repeat(10_001)} }` }],
  ["a field that the schema lacks", "GRAPHQL_VALIDATION_FAILED", { query: "{ nothing }" }],
  ["a document beyond the limits", "GRAPHQL_VALIDATION_FAILED", { query: `{ ${"a: __typename ".repeat(101)} }` }],
  ["a literal of the wrong type", "BAD_USER_INPUT", { query: "{ userPfxCertificate(id: 1.5) { id } }" }],
  ["an operation name that is not there", "OPERATION_RESOLUTION_FAILURE", { query: two, operationName: "C" }],
  ["two operations without a name", "OPERATION_RESOLUTION_FAILURE", { query: two }],
  ["a missing variable", "BAD_USER_INPUT", { query: byId }],
  ["a variable of the wrong type", "BAD_USER_INPUT", { query: byId, variables: { id: [] } }],
  [
    "a large variable of the wrong type",
    "BAD_USER_INPUT",
    { query: createMany, variables: { inputs: Array(300).fill({}) } },
  ],
  [
    "a mutation that writes too much",
    "BAD_USER_INPUT",
    {
      query: createMany.replace(" }", " } b: createUserPfxCertificates(inputs: $inputs) { failedCount }"),
      variables: { inputs: Array(150).fill(anInput()) },
    },
  ],
  [
    "a persisted query that cannot be stored",
    "PERSISTED_QUERY_NOT_SUPPORTED",
    { query: "{ __typename }", extensions: { persistedQuery: { version: 1, sha256Hash: "a".repeat(64) } } },
  ],
];

/** Requests that are no GraphQL requests. */
const malformed: readonly (readonly [what: string, status: number, init: RequestInit, search?: string])[] = [
  ["no query", 400, post({ variables: {} })],
  ["an empty object", 400, post({})],
  ["a query that is no string", 400, post({ query: 7 })],
  ["variables that are a string", 400, post({ query: "{ __typename }", variables: "{}" })],
  ["an operation name that is no string", 400, post({ query: "{ __typename }", operationName: 7 })],
  ["a batch", 400, post([{ query: "{ __typename }" }])],
  ["broken JSON", 400, post("{")],
  ["a GET that another site could send", 400, { headers: { "apollo-require-preflight": "" } }, "?query={__typename}"],
  ["a GET without a query", 400, {}, "?variables={}"],
  ["a mutation by GET", 405, {}, "?query=mutation{__typename}"],
  ["another media type", 415, post("{}", { "content-type": "text/plain" })],
  ["a body that is too large", 413, post(" ".repeat(20_000))],
  ["no token", 401, post({ query: "{ userPfxCertificates { nodes { id } } }" }, { authorization: "" })],
];

const start = () => startGateway({ config: { maxBodyBytes: 1_000_000 } });

describe("a GraphQL request that is not executed", () => {
  it.each(wellFormed)(
    "has status 200 as application/json and 400 as application/graphql-response+json: %s",
    async (_, code, body) => {
      await using gateway = await start();

      for (const accept of ["application/json", "*/*", "application/json;odata.metadata=none"]) {
        const type = "application/json; charset=utf-8";
        expect(await send(gateway, accept, post(body))).toEqual({ status: 200, type, code });
      }
      for (const accept of [graphqlResponse, `${graphqlResponse}, application/json;q=0.9`, `${graphqlResponse};v=1`]) {
        const type = "application/graphql-response+json; charset=utf-8";
        expect(await send(gateway, accept, post(body))).toEqual({ status: 400, type, code });
      }
      expect(gateway.emulator.requests).toEqual([]);
    },
  );

  it("has the same statuses by GET", async () => {
    await using gateway = await start();

    for (const search of ["?query={", "?query={nothing}", `?query=${encodeURIComponent(byId)}`, "?query="]) {
      expect((await send(gateway, "application/json", {}, search)).status).toBe(200);
      expect((await send(gateway, graphqlResponse, {}, search)).status).toBe(400);
    }
  });

  it("has the same statuses after its operation was compiled", async () => {
    await using gateway = await start();
    const ask = (accept: string, id: unknown) => send(gateway, accept, post({ query: byId, variables: { id } }));

    for (const accept of ["application/json", graphqlResponse]) {
      expect((await ask(accept, "none")).status).toBe(200);
      expect((await ask(accept, "none")).status).toBe(200);
      expect((await ask(accept, [])).status).toBe(accept === graphqlResponse ? 400 : 200);
    }
  });
});

describe("a request that is no GraphQL request", () => {
  it.each(malformed.map(([what, status, init, search = ""]) => [what, status, init, search] as const))(
    "has the same status in both media types: %s, %i",
    async (_, status, init, search) => {
      await using gateway = await startGateway({ config: { maxBodyBytes: 10_000 } });

      expect((await send(gateway, "application/json", init, search)).status).toBe(status);
      expect((await send(gateway, graphqlResponse, init, search)).status).toBe(status);
    },
  );
});

describe("a request that is executed", () => {
  it("has status 200 in both media types if its field fails", async () => {
    await using gateway = await start();
    const query =
      "mutation ($input: CreateUserPfxCertificateInput!) { createUserPfxCertificate(input: $input) { id } }";
    const body = { query, variables: { input: anInput({ thumbprint: "no thumbprint" }) } };

    for (const accept of ["application/json", graphqlResponse]) {
      expect(await send(gateway, accept, post(body))).toMatchObject({ status: 200, code: "BAD_USER_INPUT" });
    }
  });
});
