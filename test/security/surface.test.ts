/**
 * A gateway as it runs in production, and what is commonly tried on a GraphQL server: the attacks of graphql-cop, requests
 * that another site makes a browser send, and keys that mean something to JavaScript.
 *
 * @see https://github.com/dolevf/graphql-cop
 */
import { describe, expect, it } from "vitest";
import { type Answer, startGateway } from "../support/gateway.ts";
import { anInput } from "../support/input.ts";
import { codesOf } from "../support/leaks.ts";

const config = { introspection: false, explorer: false, corsOrigins: ["https://portal.example"] } as const;
const production = () => startGateway({ config });
const json = { "content-type": "application/json", authorization: "Bearer caller-token" };

async function post(url: string, body: string, headers: Record<string, string> = json): Promise<Answer<unknown>> {
  return answerOf(await fetch(url, { method: "POST", headers, body }));
}

async function get(url: string, search: string, headers: Record<string, string> = {}): Promise<Answer<unknown>> {
  return answerOf(await fetch(`${url}?${search}`, { headers: { authorization: "Bearer caller-token", ...headers } }));
}

async function answerOf(response: Response): Promise<Answer<unknown>> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, ...JSON.parse(text) };
}

function times(count: number, text: string | ((index: number) => string)): string {
  return Array.from({ length: count }, (_, index) => (typeof text === "string" ? text : text(index))).join(" ");
}

/** By the names graphql-cop gives them. What it sends, and what it must not get to see. */
describe("graphql-cop", () => {
  it("finds no alias overloading", async () => {
    await using gateway = await production();

    const answer = await gateway.send(`query cop { ${times(101, (i) => `alias${i}:__typename`)} }`);

    expect(answer.data).toBeUndefined();
    expect(answer.status).toBe(200);
  });

  it("finds no array-based query batching", async () => {
    await using gateway = await production();

    const { status, data } = await post(
      gateway.url,
      JSON.stringify(Array.from({ length: 10 }, () => ({ query: "{ __typename }" }))),
    );

    expect({ status, data }).toEqual({ status: 400, data: undefined });
  });

  it("finds no directive overloading", async () => {
    await using gateway = await production();

    const { errors } = await gateway.send(`query cop { __typename ${"@aa".repeat(10)} }`);

    expect(errors).toHaveLength(1);
  });

  it("finds no circular query through introspection, nor circular fragments", async () => {
    await using gateway = await production();

    const introspection = await gateway.send(
      "query cop { __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }",
    );
    const fragments = await gateway.send(
      "query { __schema { ...A } } fragment A on __Schema { __typename ...B } fragment B on __Schema { ...A }",
    );

    expect([introspection.data, fragments.data]).toEqual([undefined, undefined]);
    expect([introspection.status, fragments.status]).toEqual([200, 200]);
  });

  it.each([
    ["a field", "{ __schema { directive } }"],
    ["a field of ours", "{ userPfxCertificat(id: 1) { id } }"],
    ["a field of a type", "{ userPfxCertificate(id: 1) { thumbprin } }"],
    ["an argument", "{ userPfxCertificate(ident: 1) { id } }"],
    ["a type", "query ($v: UserPfxCertificateFilte) { __typename }"],
    ["a fragment's type", "{ ...F } fragment F on Quer { __typename }"],
    ["a directive's argument", "{ __typename @include(iff: true) }"],
    ["an enum member", "{ userPfxCertificates(filter: { intendedPurpose: WIF }) { nodes { id } } }"],
    ["an input's property", '{ userPfxCertificates(filter: { thumbprin: "" }) { nodes { id } } }'],
    ["a field without subfields", "{ userPfxCertificates }"],
  ])("gets no suggestion for %s, wherever graphql-js has one", async (_, query) => {
    await using gateway = await production();

    const { text, status } = await gateway.send(query);

    expect(status).toBe(200);
    expect(text).not.toMatch(/did you mean|perhaps/i);
  });

  it.each([
    ["an enum member", { filter: { intendedPurpose: "WIF" } }],
    ["an input's property", { filter: { thumbprin: "" } }],
    ["several", { filter: { thumbprin: "", intendedPurpose: "VP", expiresBefor: "" } }],
  ])("gets no suggestion for %s in a variable", async (_, variables) => {
    await using gateway = await production();

    const { text, errors } = await gateway.send<unknown, object>(
      "query ($filter: UserPfxCertificateFilter) { userPfxCertificates(filter: $filter) { nodes { id } } }",
      variables,
    );

    expect(errors).toBeDefined();
    expect(text).not.toMatch(/did you mean/i);
  });

  it("finds no mutation by GET", async () => {
    await using gateway = await production();

    const plain = await get(gateway.url, "query=mutation%20cop%20%7B__typename%7D");
    const preflighted = await get(gateway.url, "query=mutation%20cop%20%7B__typename%7D", {
      "apollo-require-preflight": "1",
    });

    expect([plain.status, preflighted.status]).toEqual([400, 405]);
    expect([plain.data, preflighted.data]).toEqual([undefined, undefined]);
  });

  it("finds no query by GET that another site can make a browser send", async () => {
    await using gateway = await production();

    const { status, data } = await get(gateway.url, "query=query%20cop%20%7B__typename%7D");

    expect({ status, data }).toEqual({ status: 400, data: undefined });
  });

  it("finds no query by an URL-encoded POST", async () => {
    await using gateway = await production();

    const { status, data } = await post(gateway.url, "query=query%20cop%20%7B__typename%7D", {
      "content-type": "application/x-www-form-urlencoded",
    });

    expect({ status, data }).toEqual({ status: 415, data: undefined });
  });

  it.each([
    "{ __schema { types { name fields { name } } } }",
    "{ __schema\n,{ types { name } } }",
    '{ __type(name: "Query") { name } }',
    "{ a: __schema { queryType { name } } }",
    "query ($no: Boolean = false) { __schema @include(if: $no) { queryType { name } } }",
    "{ ... { __schema { queryType { name } } } }",
    "{ ...F } fragment F on Query { __schema { queryType { name } } }",
    "mutation { __schema { queryType { name } } }",
  ])("finds no introspection: %s", async (query) => {
    await using gateway = await production();

    const { status, data } = await gateway.send(query);

    expect({ status, data }).toEqual({ status: 200, data: undefined });
  });

  it("finds no tracing, and no header that says what runs here", async () => {
    await using gateway = await production();
    const asking = {
      "apollo-federation-include-trace": "ftv1",
      "apollo-tracing": "1",
      "x-apollo-tracing": "1",
      debug: "1",
    };

    const { text, headers, status } = await gateway.send("query cop { __typename }", {}, asking);

    expect({ status, text: text.trim() }).toEqual({ status: 200, text: '{"data":{"__typename":"Query"}}' });
    expect([...headers.keys()].sort()).toEqual([
      "cache-control",
      "connection",
      "content-length",
      "content-type",
      "date",
      "keep-alive",
      "vary",
      "x-content-type-options",
      "x-request-id",
    ]);
  });

  it.each(["/graphql", "/graphiql", "/playground", "/console", "/altair", "/voyager", "/sandbox", "/"])(
    "finds no IDE at %s",
    async (path) => {
      await using gateway = await production();

      const response = await fetch(new URL(path, gateway.url), { headers: { accept: "text/html" } });

      expect(response.status).toBe(path === "/graphql" ? 400 : 404);
      expect(response.headers.get("content-type")).toMatch(/^application\/json/);
      expect(await response.text()).not.toMatch(/graphiql|playground|sandbox/i);
    },
  );

  it("finds no field duplication", async () => {
    await using gateway = await production();

    const { status, data } = await gateway.send(`query cop { ${times(500, "__typename")} }`);

    expect({ status, data }).toEqual({ status: 200, data: undefined });
  });

  it("finds no unhandled error", async () => {
    await using gateway = await production();

    const { errors, status, text } = await gateway.send("qwerty cop { abc }");

    expect(status).toBe(200);
    expect(Object.keys(errors?.[0]?.extensions ?? {})).toEqual(["code"]);
    expect(text).not.toMatch(/exception|stack|\bat .+:\d+:\d+/i);
  });
});

const mutation = JSON.stringify({ query: 'mutation { deleteUserPfxCertificate(id: "a") }' });
const form = "query=mutation+%7B+deleteUserPfxCertificate%28id%3A+%22a%22%29+%7D";
const multipart = `--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${mutation}\r\n--x--\r\n`;

describe("a request that another site makes a browser send", () => {
  it.each([
    ["a form", form, "application/x-www-form-urlencoded"],
    ["a form with a charset", form, "application/x-www-form-urlencoded; charset=utf-8"],
    ["text", mutation, "text/plain"],
    ["text that claims to be JSON in a parameter", mutation, "text/plain; application/json"],
    ["a multipart form", multipart, "multipart/form-data; boundary=x"],
    ["a type that is none", mutation, ";application/json"],
    ["a comment before JSON's type", mutation, "(application/json) text/plain"],
    ["two types", mutation, "text/plain, application/json"],
  ])("is rejected: %s", async (_, body, type) => {
    await using gateway = await production();

    const { status, data, headers } = await post(gateway.url, body, {
      "content-type": type,
      origin: "https://evil.example",
    });

    expect({ status, data }).toEqual({ status: 415, data: undefined });
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect(gateway.emulator.requests).toEqual([]);
  });

  it.each([
    ["nothing more", {}],
    ["a form's type", { "content-type": "application/x-www-form-urlencoded" }],
    ["text's type", { "content-type": "text/plain" }],
    ["an origin", { origin: "https://evil.example" }],
    ["empty preflight headers", { "x-apollo-operation-name": "", "apollo-require-preflight": "" }],
  ])("is rejected: a GET with %s", async (_, headers) => {
    await using gateway = await production();

    const answer = await get(gateway.url, "query={userPfxCertificates{nodes{id}}}", headers);

    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(answer.data).toBeUndefined();
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("gets no CORS permission to send JSON", async () => {
    await using gateway = await production();

    for (const origin of [
      "https://evil.example",
      "null",
      "https://portal.example.evil.example",
      "http://portal.example",
    ]) {
      const { headers } = await fetch(gateway.url, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
      });
      expect(headers.get("access-control-allow-origin")).toBeNull();
    }
  });
});

describe("keys with a meaning in JavaScript", () => {
  const query =
    "query ($id: ID!, $filter: UserPfxCertificateFilter) { userPfxCertificate(id: $id) { id } userPfxCertificates(filter: $filter) { nodes { id } } }";
  const poison = '{"polluted":"yes","isAdmin":true,"toString":"x"}';
  const bodies: Readonly<Record<string, string>> = {
    "__proto__ in the body": `{"__proto__":${poison},"query":"{ __typename }"}`,
    "constructor in the body": `{"constructor":{"prototype":${poison}},"query":"{ __typename }"}`,
    "nothing but __proto__": `{"__proto__":{"query":"{ __typename }"}}`,
    "__proto__ in extensions": `{"query":"{ __typename }","extensions":{"__proto__":${poison},"constructor":${poison}}}`,
    "__proto__ as a persisted query": `{"extensions":{"persistedQuery":{"__proto__":${poison},"version":1,"sha256Hash":"__proto__"}}}`,
    "__proto__ as variables": `{"query":${JSON.stringify(query)},"variables":{"__proto__":{"id":"a"}}}`,
    "__proto__ next to variables": `{"query":${JSON.stringify(query)},"variables":{"id":"a","__proto__":${poison},"constructor":${poison}}}`,
    "__proto__ in a filter": `{"query":${JSON.stringify(query)},"variables":{"id":"a","filter":{"__proto__":${poison}}}}`,
    "constructor in a filter": `{"query":${JSON.stringify(query)},"variables":{"id":"a","filter":{"constructor":{"prototype":${poison}}}}}`,
    "__proto__ as a cursor": `{"query":"query($c: String){userPfxCertificates(after:$c){nodes{id}}}","variables":{"c":"__proto__"}}`,
    "__proto__ as an operation's name": `{"query":"query A { __typename } query B { __typename }","operationName":"__proto__"}`,
    "constructor as an operation's name": `{"query":"query A { __typename }","operationName":"constructor"}`,
    "__proto__ as an entity": `{"query":"query($r: [_Any!]!){_entities(representations:$r){__typename}}","variables":{"r":[{"__typename":"__proto__"},{"__typename":"constructor"}]}}`,
    "__proto__ in an entity": `{"query":"query($r: [_Any!]!){_entities(representations:$r){__typename}}","variables":{"r":[{"__typename":"UserPfxCertificate","id":"a","__proto__":${poison}}]}}`,
    "__proto__ as names of a document": `{"query":"query __proto__($constructor: ID = \\"a\\") { __proto__: userPfxCertificate(id: $constructor) { constructor: id toString: id hasOwnProperty: id } ...__proto__ } fragment __proto__ on Query { valueOf: __typename }"}`,
    "__proto__ as a property of a create": `{"query":"mutation($i: CreateUserPfxCertificateInput!){createUserPfxCertificate(input:$i){id}}","variables":{"i":${JSON.stringify(anInput()).replace("{", `{"__proto__":${poison},`)}}}`,
  };

  it.each(Object.entries(bodies))("do no harm: %s", async (_, body) => {
    await using gateway = await production();

    const { status } = await post(gateway.url, body);
    const next = await gateway.send("{ __typename }");

    expect(status).toBeLessThan(500);
    expect(gateway.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
    expect(next.text.trim()).toBe('{"data":{"__typename":"Query"}}');
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect("polluted" in {} || "isAdmin" in {}).toBe(false);
  });

  it("are ordinary property names", async () => {
    await using gateway = await production();

    const { data, text } = await gateway.send("{ __proto__: __typename constructor: __typename toString: __typename }");

    expect(data).toBeDefined();
    expect(text.trim()).toBe('{"data":{"__proto__":"Query","constructor":"Query","toString":"Query"}}');
  });
});

const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
const deepObject = (levels: number) => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;

describe("a request nested 100,000 deep", () => {
  const q = {
    id: "query($v: ID!){userPfxCertificate(id:$v){id}}",
    filter: "query($v: UserPfxCertificateFilter){userPfxCertificates(filter:$v){nodes{id}}}",
    after: "query($v: String){userPfxCertificates(after:$v){nodes{id}}}",
    first: "query($v: Int){userPfxCertificates(first:$v){nodes{id}}}",
    inputs: "mutation($v: [CreateUserPfxCertificateInput!]!){createUserPfxCertificates(inputs:$v){createdCount}}",
    input: "mutation($v: CreateUserPfxCertificateInput!){createUserPfxCertificate(input:$v){id}}",
    changes: 'mutation($v: UpdateUserPfxCertificateInput!){updateUserPfxCertificate(id:"a",input:$v){id}}',
    entities: "query($v: [_Any!]!){_entities(representations:$v){__typename}}",
  };
  const values = { lists: deep(100_000), objects: deepObject(100_000) };
  const shapes: readonly (readonly [string, string])[] = [
    ...Object.entries(q).flatMap(([name, query]) =>
      Object.entries(values).map(
        ([kind, value]) =>
          [`${kind} for ${name}`, `{"query":${JSON.stringify(query)},"variables":{"v":${value}}}`] as const,
      ),
    ),
    ...["id", "userPrincipalName", "__typename"].flatMap((key) =>
      Object.entries(values).map(([kind, value]) => {
        const entity = `{"__typename":"${key === "id" ? "UserPfxCertificate" : "User"}","${key}":${value}}`;
        return [
          `${kind} as an entity's ${key}`,
          `{"query":${JSON.stringify(q.entities)},"variables":{"v":[${entity}]}}`,
        ] as const;
      }),
    ),
    ["lists in a filter", `{"query":${JSON.stringify(q.filter)},"variables":{"v":{"thumbprint":${values.lists}}}}`],
    ["a body", values.lists],
    ["a body of objects", values.objects],
    ["an operation's name", `{"query":"{__typename}","operationName":${values.lists}}`],
    ["a persisted query", `{"extensions":{"persistedQuery":${values.lists}}}`],
    ["a query", `{"query":${values.objects}}`],
  ];

  it.each(shapes)("is reported as the caller's mistake: %s", async (name, body) => {
    await using gateway = await production();

    const answer = await post(gateway.url, body);

    expect(codesOf(answer)).not.toContain("INTERNAL_SERVER_ERROR");
    expect(answer.status).toBeLessThan(500);
    if (name.includes(" for ") && !name.includes("entities")) expect(codesOf(answer)).toEqual(["BAD_USER_INPUT"]);
    expect(gateway.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("is accepted in an ignored part of the request", async () => {
    await using gateway = await production();

    const unused = await post(gateway.url, `{"query":"{__typename}","variables":{"v":${values.lists}}}`);
    const extension = await post(gateway.url, `{"query":"{__typename}","extensions":${values.objects}}`);

    expect([unused.status, extension.status]).toEqual([200, 200]);
  });
});

describe("an operation of a type that the schema lacks", () => {
  it("is rejected as invalid, not reported as a bug", async () => {
    await using gateway = await production();

    const answers = [await gateway.send("subscription { x }"), await gateway.send("subscription { __typename }")];

    for (const { status, data, errors } of answers) {
      expect({ status, data }).toEqual({ status: 200, data: undefined });
      expect(errors).toMatchObject([{ extensions: { code: "GRAPHQL_VALIDATION_FAILED" } }]);
    }
    expect(gateway.log.filter(({ msg }) => msg === "internal error")).toEqual([]);
  });
});

describe("introspection that is off", () => {
  it("is rejected with a message for the caller", async () => {
    await using gateway = await production();

    const { errors } = await gateway.send("{ __schema { queryType { name } } }");

    expect(errors?.map(({ message }) => message)).toEqual(["Introspection is turned off."]);
  });
});

describe("an operation's name", () => {
  it("is treated as absent if it is empty", async () => {
    await using gateway = await production();

    const answers = [
      await post(gateway.url, JSON.stringify({ query: "query A { __typename }", operationName: "" })),
      await get(gateway.url, "query={__typename}&operationName=", { "apollo-require-preflight": "1" }),
    ];

    expect(answers.map(({ status, data }) => ({ status, data }))).toEqual(
      Array(2).fill({ status: 200, data: { __typename: "Query" } }),
    );
  });

  it("is not quoted if the document has no such operation", async () => {
    await using gateway = await production();
    const operationName = "kV7qTzR2mXw9LbD4cJ8s";

    const answer = await post(gateway.url, JSON.stringify({ query: "query A { __typename }", operationName }));
    const missing = await post(gateway.url, JSON.stringify({ query: "query A { __typename } query B { __typename }" }));

    for (const { status, errors, text } of [answer, missing]) {
      expect(status).toBe(200);
      expect(text).not.toContain(operationName);
      expect(errors).toEqual([
        {
          message: "operationName must name one of the document's operations.",
          extensions: { code: "OPERATION_RESOLUTION_FAILURE" },
        },
      ]);
    }
  });
});
