import { CreateUserPfxCertificateDocument as CREATE } from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { answerStatus } from "../../../../src/emulator/faults.ts";
import { seedRecords } from "../../../../src/emulator/seed.ts";
import { OperationCache } from "../../../../src/server/graphql/compiled/operation-cache.ts";
import { startGateway, type TestGateway } from "../../../support/gateway.ts";
import { anInput, thumbprintOf } from "../../../support/input.ts";

const list = `query List($first: Int, $after: String) {
  userPfxCertificates(first: $first, after: $after) {
    nodes { id thumbprint purpose: intendedPurpose ...Times encryptedPfxBlob }
    edges { cursor node { id } }
    pageInfo { hasNextPage endCursor }
  }
}
fragment Times on UserPfxCertificate { startDateTime createdDateTime }`;

async function post(gateway: TestGateway, body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(gateway.url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer caller-token", ...headers },
    body: JSON.stringify(body),
  });
  const of = (name: string) => response.headers.get(name);
  const text = await response.text();
  return {
    status: response.status,
    type: of("content-type"),
    cache: of("cache-control"),
    length: of("content-length"),
    text,
  };
}

const accepts = [
  "*/*",
  "application/json",
  "application/graphql-response+json",
  "application/graphql-response+json, application/json;q=0.9",
  "application/json;odata.metadata=none",
];

describe("a cached operation", () => {
  it.each(accepts)("gets the same response, byte for byte, with Accept: %s", async (accept) => {
    await using gateway = await startGateway({ seed: seedRecords() });
    const bodies = [
      { query: list, variables: { first: 2 } },
      { query: list, variables: { first: 2 }, operationName: "List" },
      { query: list },
      { query: list, variables: null, operationName: null },
      { query: list, variables: { first: 0 } },
      { query: list, variables: { first: "two" } },
      { query: list, variables: { after: "no cursor" } },
      { query: list, variables: [] },
      { query: list, operationName: "Other" },
      { query: list, extensions: { a: 1 } },
      { query: "query ($id: ID!) { userPfxCertificate(id: $id) { id } }", variables: { id: "none" } },
      { query: "query ($id: ID!) { userPfxCertificate(id: $id) { id } }", variables: {} },
    ];

    for (const body of bodies) {
      const [first, second, third] = [
        await post(gateway, body, { accept }),
        await post(gateway, body, { accept }),
        await post(gateway, body, { accept }),
      ];

      expect(second).toEqual(first);
      expect(third).toEqual(first);
    }
  });

  it("sends one request to Graph even if graphql-js completes the result", async () => {
    await using gateway = await startGateway();
    await gateway.send(CREATE, { input: anInput({ thumbprint: thumbprintOf(1) }) });
    await gateway.send(CREATE, { input: anInput({ thumbprint: thumbprintOf(2) }) });
    gateway.emulator.faults.add(answerStatus("POST", "/userPfxCertificates", 403));
    const before = gateway.emulator.requests.length;

    const { status, data, errors } = await gateway.send(CREATE, { input: anInput({ thumbprint: thumbprintOf(3) }) });

    expect(status).toBe(200);
    expect(data).toBeNull();
    expect(errors).toMatchObject([
      { path: ["createUserPfxCertificate"], extensions: { code: "FORBIDDEN", graph: { status: 403 } } },
    ]);
    expect(gateway.emulator.requests.slice(before).map(({ method }) => method)).toEqual(["POST"]);
    expect(gateway.emulator.ledger).toHaveLength(2);
  });

  it("is validated and authorized like the first time", async () => {
    await using gateway = await startGateway();
    for (const n of [1, 2]) await gateway.send(CREATE, { input: anInput({ thumbprint: thumbprintOf(n) }) });

    const invalid = await gateway.send(CREATE, { input: anInput({ thumbprint: "short", keyName: " " }) });
    const nobody = await gateway.send(
      CREATE,
      { input: anInput({ thumbprint: thumbprintOf(3) }) },
      { authorization: "" },
    );

    expect(invalid.errors?.[0]?.extensions).toMatchObject({
      code: "BAD_USER_INPUT",
      invalid: [{ path: "input.thumbprint" }, { path: "input.keyName" }],
    });
    expect([nobody.status, nobody.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect(gateway.emulator.ledger).toHaveLength(2);
  });

  it("writes the same log lines", async () => {
    await using gateway = await startGateway();
    for (const n of [1, 2, 3]) await gateway.send(CREATE, { input: anInput({ thumbprint: thumbprintOf(n) }) });

    const shapes = gateway.log
      .filter(({ msg }) => msg === "access" || msg === "audit")
      .map(({ msg, operationType, outcome, status }) => ({ msg, operationType, outcome, status }));

    expect(shapes).toEqual(
      [1, 2, 3].flatMap(() => [
        { msg: "audit", outcome: "success" },
        { msg: "access", operationType: "mutation", status: 200 },
      ]),
    );
  });
});

describe("the operation cache", () => {
  const operation = {
    compiled: { run: async () => ({ a: 1 }) },
    name: "A",
    recordedType: "query",
    recordedName: undefined,
  };

  it("keeps a limited number of operations, those used last, and none with a long text", () => {
    const operationCache = new OperationCache();
    for (let n = 0; n <= 100; n++) operationCache.add(`query A { a${n} }`, operation);
    operationCache.add(`query A { ${"a".repeat(4000)} }`, operation);
    const isKnown = (query: string) => operationCache.find({ query }) !== undefined;

    expect(isKnown("query A { a0 }")).toBe(false);
    expect(isKnown("query A { a1 }")).toBe(true);
    expect(isKnown("query A { a100 }")).toBe(true);
    expect(isKnown(`query A { ${"a".repeat(4000)} }`)).toBe(false);
  });

  it.each<[string, unknown]>([
    ["no object", null],
    ["a batch", [{ query: "q" }]],
    ["another text", { query: "other" }],
    ["no text", { query: 1 }],
    ["another operation's name", { query: "q", operationName: "B" }],
    ["a persisted query", { query: "q", extensions: { persistedQuery: {} } }],
    ["extensions that are a list", { query: "q", extensions: [] }],
    ["a document's id", { query: "q", documentId: "1" }],
    ["variables that are a list", { query: "q", variables: [] }],
    ["variables that are a text", { query: "q", variables: "{}" }],
    ["a key called __proto__", JSON.parse('{ "query": "q", "__proto__": {} }')],
  ])("leaves to Apollo Server %s", (_, body) => {
    const operationCache = new OperationCache();
    operationCache.add("q", operation);

    expect(operationCache.find({ query: "q" })).toBeDefined();
    expect(operationCache.find(body)).toBeUndefined();
  });
});
