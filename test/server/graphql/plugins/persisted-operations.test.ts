/** A gateway that answers only the operations of a manifest: what gets in, by which way, and which manifests there are. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ConfigError } from "../../../../src/config/read-env.ts";
import { buildSchema } from "../../../../src/server/graphql/build-schema.ts";
import { readOperationManifest } from "../../../../src/server/graphql/plugins/manifest.ts";
import { type Answer, startGateway } from "../../../support/gateway.ts";

const READ = "query Read($id: ID!) {\n  userPfxCertificate(id: $id) {\n    id\n  }\n}";
const DELETE = 'mutation Delete { deleteUserPfxCertificate(id: "a") }';
const SUBGRAPH = "{ _service { sdl } }";
const hash = "b".repeat(64);
const operations = [
  { id: "read", name: "Read", type: "query", body: READ },
  { id: "delete", name: "Delete", type: "mutation", body: DELETE },
  { id: hash, name: "Subgraph", type: "query", body: SUBGRAPH },
];
const apolloManifest = { format: "apollo-persisted-query-manifest", version: 1, operations };
const relayMap = Object.fromEntries(operations.map(({ id, body }) => [id, body]));

function fileOf(content: unknown): { path: string } & Disposable {
  const folder = mkdtempSync(join(tmpdir(), "manifest-"));
  const path = join(folder, "operations.json");
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return { path, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

async function startKnowing(content: unknown) {
  using file = fileOf(content); // read at start, and only then
  return await startGateway({ config: { introspection: false, persistedOperationsFile: file.path } });
}

async function post(url: string, body: object, accept = "application/json"): Promise<Answer<unknown>> {
  const headers = { accept, "content-type": "application/json", authorization: "Bearer caller-token" };
  return answerOf(await fetch(url, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function answerOf(response: Response): Promise<Answer<unknown>> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, ...JSON.parse(text) };
}

const persisted = (sha256Hash: unknown) => ({ persistedQuery: { version: 1, sha256Hash } });
const variables = { id: "none" };

describe.each([
  ["Apollo's manifest", apolloManifest],
  ["Relay's map", relayMap],
])("with %s", (_, manifest) => {
  it.each([
    ["the hash of Apollo Client's link", { extensions: persisted("read"), variables }],
    ["a documentId", { documentId: "read", variables }],
    ["its text to the letter", { query: READ, variables }],
    ["its id and its text", { query: READ, extensions: persisted("read"), variables }],
    ["an operation's name besides", { documentId: "read", operationName: "Read", variables }],
  ])("executes a known operation by %s", async (_, body) => {
    await using gateway = await startKnowing(manifest);

    const { status, data, errors } = await post(gateway.url, body);

    expect({ status, data, errors }).toEqual({ status: 200, data: { userPfxCertificate: null }, errors: undefined });
  });

  it("executes a known operation by GET", async () => {
    await using gateway = await startKnowing(manifest);
    const headers = { "apollo-require-preflight": "1", authorization: "Bearer caller-token" };

    for (const search of [
      new URLSearchParams({ extensions: JSON.stringify(persisted("read")), variables: JSON.stringify(variables) }),
      new URLSearchParams({ documentId: "read", variables: JSON.stringify(variables) }),
    ]) {
      const { status, data } = await answerOf(await fetch(`${gateway.url}?${search}`, { headers }));
      expect({ status, data }).toEqual({ status: 200, data: { userPfxCertificate: null } });
    }
    const mutation = await answerOf(await fetch(`${gateway.url}?documentId=delete`, { headers }));
    expect(mutation.status).toBe(405);
  });

  it("accepts an id with the prefix sha256:", async () => {
    await using gateway = await startKnowing(manifest);

    const { status } = await post(gateway.url, { documentId: `sha256:${hash}` });

    expect(status).toBe(200);
  });

  it.each([
    ["another text", { query: "{ __typename }" }, "PERSISTED_QUERY_REQUIRED"],
    ["a known text with a blank more", { query: `${READ} `, variables }, "PERSISTED_QUERY_REQUIRED"],
    [
      "a known text with another operation behind it",
      { query: `${READ} query B { __typename }`, operationName: "B" },
      "PERSISTED_QUERY_REQUIRED",
    ],
    ["no text", { variables }, "PERSISTED_QUERY_REQUIRED"],
    ["no valid text", { query: "{" }, "PERSISTED_QUERY_REQUIRED"],
    ["introspection", { query: "{ __schema { types { name } } }" }, "PERSISTED_QUERY_REQUIRED"],
    ["a federated router's question", { query: "{ _service { sdl } } " }, "PERSISTED_QUERY_REQUIRED"],
    ["a mutation", { query: 'mutation { deleteUserPfxCertificate(id: "b") }' }, "PERSISTED_QUERY_REQUIRED"],
    ["an unknown id", { documentId: "other" }, "PERSISTED_QUERY_NOT_FOUND"],
    ["an unknown hash", { extensions: persisted("other") }, "PERSISTED_QUERY_NOT_FOUND"],
    [
      "a hash with a text to register",
      { query: "{ __typename }", extensions: persisted("other") },
      "PERSISTED_QUERY_NOT_FOUND",
    ],
    [
      "a known id with another text",
      { query: "{ __typename }", extensions: persisted("read") },
      "PERSISTED_QUERY_NOT_FOUND",
    ],
    ["a hash that is no string", { extensions: persisted(["read"]) }, "PERSISTED_QUERY_NOT_FOUND"],
    ["a persisted query that is none", { extensions: { persistedQuery: "read" } }, "PERSISTED_QUERY_NOT_FOUND"],
    ["an id called like a property of every object", { documentId: "constructor" }, "PERSISTED_QUERY_NOT_FOUND"],
    ["an id called __proto__", { extensions: persisted("__proto__") }, "PERSISTED_QUERY_NOT_FOUND"],
    ["an empty id", { documentId: "" }, "PERSISTED_QUERY_NOT_FOUND"],
  ])("rejects %s", async (_, body, code) => {
    await using gateway = await startKnowing(manifest);

    const { status, data, errors } = await post(gateway.url, body);

    const { status: asGraphqlResponse } = await post(gateway.url, body, "application/graphql-response+json");
    const isMalformed = !["query", "documentId", "extensions"].some((name) => name in body);

    expect({ status, data }).toEqual({ status: isMalformed ? 400 : 200, data: undefined });
    expect(asGraphqlResponse).toBe(400);
    expect(errors).toEqual([{ message: expect.stringMatching(/know/), extensions: { code } }]);
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("still reports invalid values by path and rule", async () => {
    await using gateway = await startKnowing(manifest);

    const { errors } = await post(gateway.url, { documentId: "read", variables: { id: ["a", "b"] } });

    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", invalid: [{ path: "id" }] } }]);
  });
});

describe("without a manifest", () => {
  it("no text can be registered under a hash", async () => {
    await using gateway = await startGateway();

    const body = { query: "{ __typename }", extensions: persisted("a".repeat(64)) };
    const { status, errors, data } = await post(gateway.url, body);
    const { status: asGraphqlResponse } = await post(gateway.url, body, "application/graphql-response+json");

    expect([status, asGraphqlResponse]).toEqual([200, 400]);
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ extensions: { code: "PERSISTED_QUERY_NOT_SUPPORTED" } }]);
  });
});

describe("a manifest", () => {
  const { schema } = buildSchema();
  const problemsOf = (content: unknown): readonly string[] => {
    using file = fileOf(content);
    try {
      readOperationManifest(file.path, schema);
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
    return [];
  };

  it.each([
    ["text", "{", /the file is not JSON$/],
    ["a list", [], /must hold an apollo-persisted-query-manifest, version 1, or a map of ids$/],
    ["a string", '"x"', /must hold/],
    ["nothing", {}, /has no operations$/],
    ["another format", { ...apolloManifest, format: "other" }, /must hold/],
    ["another version", { ...apolloManifest, version: 2 }, /must hold/],
    ["operations that are no list", { ...apolloManifest, operations: {} }, /must hold/],
    ["no operations", { ...apolloManifest, operations: [] }, /has no operations$/],
    [
      "an operation without id",
      { ...apolloManifest, operations: [{ body: READ }] },
      /operation 1 needs an id and a body$/,
    ],
    ["an operation without body", { a: null }, /operation 1 needs an id and a body$/],
    [
      "two operations of one id",
      { ...apolloManifest, operations: [operations[0], operations[0]] },
      /operation 2 has the same id as another operation$/,
    ],
    ["an operation that is no GraphQL", { a: READ, b: "query {" }, /operation 2 can't be executed: Syntax Error/],
    [
      "an operation on another schema",
      { a: "{ users { name } }" },
      /operation 1 can't be executed: Cannot query field "users"/,
    ],
    ["a subscription", { a: "subscription { __typename }" }, /can't be executed: The schema has no subscription/],
    [
      "a fragment alone",
      { a: "fragment F on Query { __typename }" },
      /operation 1 has a document without an operation/,
    ],
    [
      "an operation that is too large",
      { a: `{ ${Array.from({ length: 101 }, (_, n) => `a${n}: __typename`).join(" ")} }` },
      /operation 1 can't be executed: The document is too large/,
    ],
  ])("is rejected at the start if it contains %s", (_, content, problem) => {
    const problems = problemsOf(content);

    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^PERSISTED_OPERATIONS_FILE: /);
    expect(problems[0]).toMatch(problem);
  });

  it("is required at the configured path", () => {
    expect(() => readOperationManifest("/nowhere/operations.json", schema)).toThrow(
      "PERSISTED_OPERATIONS_FILE: the file can't be read",
    );
  });

  it.each([
    ["UTF-8 with a byte order mark", Buffer.from(`\uFEFF${JSON.stringify({ one: READ })}`)],
    ["UTF-16, little endian", Buffer.from(`\uFEFF${JSON.stringify({ one: READ })}\r\n`, "utf16le")],
    ["UTF-16, big endian", Buffer.from(`\uFEFF${JSON.stringify({ one: READ })}`, "utf16le").swap16()],
  ])("may be a file in %s", async (_, content) => {
    using file = fileOf("");
    writeFileSync(file.path, content);
    await using gateway = await startGateway({ config: { persistedOperationsFile: file.path } });

    const { status } = await post(gateway.url, { documentId: "one", variables: { id: "none" } });

    expect(status).toBe(200);
  });

  it("must not be a file in UTF-16 without a byte order mark", () => {
    using file = fileOf("");
    writeFileSync(file.path, Buffer.from(JSON.stringify({ one: READ }), "utf16le"));

    expect(() => readOperationManifest(file.path, schema)).toThrow(
      "PERSISTED_OPERATIONS_FILE: the file must be in UTF-8, or in UTF-16 with a byte order mark",
    );
  });

  it("that is invalid prevents the start", async () => {
    using file = fileOf({});

    await expect(startGateway({ config: { persistedOperationsFile: file.path } })).rejects.toThrow(ConfigError);
  });

  it("has all its problems reported at once", () => {
    expect(problemsOf({ a: "{", b: READ, c: "{ nothing }" })).toHaveLength(2);
  });
});
