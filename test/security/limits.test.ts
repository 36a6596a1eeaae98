/**
 * How large a document may be: every limit at its edge and past it, documents built to keep a validator busy, and what
 * well-meant clients send. Times are not asserted but for a guard against hanging.
 */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { getIntrospectionQuery, parse, specifiedRules, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { buildSchema } from "../../src/server/graphql/build-schema.ts";
import { exceededLimit, limits, maxTokens, withinLimits } from "../../src/server/graphql/rules/document-limits.ts";
import { startCpuTimer } from "../support/cpu-time.ts";
import { startGateway } from "../support/gateway.ts";
import { anInput, thumbprintOf } from "../support/input.ts";
import { codesOf } from "../support/leaks.ts";

const { schema } = buildSchema();
const hangMs = 2000;

function times(count: number, text: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => text(index)).join(" ");
}

const everything = `id thumbprint intendedPurpose userPrincipalName startDateTime expirationDateTime providerName keyName
  paddingScheme encryptedPfxBlob encryptedPfxPassword createdDateTime lastModifiedDateTime`;

/** `count` certificates by id in one operation, by variables. */
function byId(count: number): string {
  return `query (${times(count, (i) => `$i${i}: ID!`)}) {
    ${times(count, (i) => `a${i}: userPfxCertificate(id: $i${i}) { ${everything} }`)}
  }`;
}

/** A list within a list, `levels` deep; each level has the fields of a certificate's owner. */
function nestedLists(levels: number): string {
  const below = levels === 1 ? "id" : `user { ${nestedLists(levels - 1).replace("userPfxC", "pfxC")} }`;
  return `userPfxCertificates { nodes { ${below} } }`;
}

/** A document for each limit, as large as told. */
const documents: Readonly<Record<keyof typeof limits, (size: number) => string>> = {
  operations: (size) => times(size, (i) => `query Q${i} { __typename }`),
  fragments: (size) =>
    `{ ${times(size, (i) => `...F${i}`)} } ${times(size, (i) => `fragment F${i} on Query { a${i % 9}: __typename }`)}`,
  variables: (size) => `query (${times(size, (i) => `$v${i}: ID`)}) { __typename }`,
  depth: (size) => `${"{ ... ".repeat(size - 1)} { __typename ${"}".repeat(size)}`,
  aliases: (size) => `{ ${times(size, (i) => `a${i}: __typename`)} }`,
  selections: (size) =>
    `{ a: userPfxCertificates { nodes { ...F0 } } } fragment F0 on UserPfxCertificate { ${times(
      size - 3,
      (i) => `f${i}`,
    )} }`,
  repetitions: (size) => {
    // n of the same are n(n-1)/2 pairs; what is missing to the size is made of pairs of their own.
    const n = Math.floor((1 + Math.sqrt(1 + 8 * size)) / 2);
    return `{ ${times(n, () => "same")} ${times(size - (n * (n - 1)) / 2, (i) => `x${i} x${i}`)} }`;
  },
  directivesOfOne: (size) => `{ __typename ${"@include(if: true) ".repeat(size)} }`,
  directives: (size) => `{ ${times(size, (i) => `f${i} @skip(if: false)`)} }`,
  mutationFields: (size) => `mutation { ${times(size, (i) => `m${i}: deleteUserPfxCertificate(id: "${i}")`)} }`,
  lists: (size) => `{ ${times(size, (i) => `l${i}: userPfxCertificates { nodes { id } }`)} }`,
  listDepth: (size) => `{ ${nestedLists(size)} }`,
  listsOfPage: (size) =>
    `{ userPfxCertificates { ${times(size, (i) => `n${i}: ${i % 2 ? "nodes" : "edges"} { __typename }`)} } }`,
  namesOfProperty: (size) => inList(times(size, (i) => `p${i}: keyName`)),
  literalDepth: (size) => `{ userPfxCertificate(id: ${"[".repeat(size)}${"]".repeat(size)}) { id } }`,
  nameCharacters: (size) => `query ${"n".repeat(size)} { __typename }`,
};

describe.each(Object.entries(documents))("the limit of %s", (name, documentOf) => {
  const limit = Object.entries(limits).find(([key]) => key === name)?.[1] ?? 0;

  it("accepts a document exactly at the limit", () => {
    expect(exceededLimit(parse(documentOf(limit), { maxTokens }), schema)).toBeUndefined();
  });

  it("rejects one more with the gateway's own message", async () => {
    await using gateway = await startGateway();

    const answer = await gateway.send(documentOf(limit + 1));

    expect(answer.status).toBe(200);
    expect(answer.errors).toEqual([
      {
        message: expect.stringMatching(new RegExp(`^The document is too large: at most ${limit} [a-z ,]+\\.$`)),
        extensions: { code: "GRAPHQL_VALIDATION_FAILED" },
      },
    ]);
    expect(gateway.emulator.requests).toEqual([]);
  });
});

describe("repeated items of a list", () => {
  it.each([
    "a: edges { x: node { id } y: node { id } z: node { id } } b: edges { node { id } }",
    "a: nodes { x: id y: id } b: nodes { x: id } c: nodes { x: id }",
    "nodes { a: user { x: userPrincipalName y: userPrincipalName } b: user { x: userPrincipalName } c: user { __typename } }",
  ])("are counted across levels: %s", (page) => {
    expect(exceededLimit(parse(`{ userPfxCertificates { ${page} } }`), schema)).toBe("namesOfProperty");
  });

  it("are counted for entities, and not for certificates by id", () => {
    const six = times(6, (i) => `n${i}: userPrincipalName`);
    const entities = `query ($some: [_Any!]!) { _entities(representations: $some) { ... on User { ${six} } } }`;

    expect(exceededLimit(parse(entities), schema)).toBe("namesOfProperty");
    expect(exceededLimit(parse(`{ userPfxCertificate(id: 1) { ${six} } }`), schema)).toBeUndefined();
  });

  it("may be selected as nodes and edges with every property renamed", () => {
    const renamed = everything
      .split(/\s+/)
      .map((property) => `my_${property}: ${property}`)
      .join(" ");
    const page = `nodes { ${renamed} } edges { node { ${renamed} } }`;

    expect(exceededLimit(parse(`{ userPfxCertificates { ${page} } }`), schema)).toBeUndefined();
  });
});

describe("the limit of tokens", () => {
  const documentOf = (size: number) => `{ ${"a ".repeat(size - 2)} }`;

  it("accepts a document exactly at the limit", () => {
    expect(() => parse(documentOf(maxTokens), { maxTokens })).not.toThrow();
  });

  it("rejects one more and names the limit", async () => {
    await using gateway = await startGateway();

    const { status, errors } = await gateway.send(documentOf(maxTokens + 1));

    expect(status).toBe(200);
    expect(errors).toMatchObject([
      { message: "The document is too large: at most 10000 tokens.", extensions: { code: "GRAPHQL_PARSE_FAILED" } },
    ]);
  });
});

const doubling = (count: number, levelOf: (next: string) => string, last: string) =>
  `${times(count, (i) => `fragment F${i} on UserPfxCertificate { ${levelOf(`...F${i + 1}`)} }`)}
   fragment F${count} on UserPfxCertificate { ${last} }`;
const inList = (text: string) => `{ userPfxCertificates { nodes { ${text} } } }`;

const bombs: Readonly<Record<string, string>> = {
  "fragments that double at every level": `${inList("...F0")} ${doubling(99, (next) => `${next} ${next}`, "id")}`,
  "fragments that double, with inline ones between": `${inList("...F0")} ${doubling(
    99,
    (next) => `... { ${next} } ... { ${next} } id`,
    "id",
  )}`,
  "fragments that double through fields": `${inList("...F0")} ${doubling(
    28,
    (next) => `a: user { pfxCertificates { nodes { ${next} } } } b: user { pfxCertificates { nodes { ${next} } } }`,
    "id",
  )}`,
  "fragments that double, unused": `{ __typename } ${doubling(99, (next) => `${next} ${next}`, "id")}`,
  "fields that double, unused": `{ __typename } ${doubling(
    99,
    (next) => `a: user { ...U } b: user { userPrincipalName } ${next}`,
    "id",
  )} fragment U on User { pfxCertificates { nodes { ...F0 } } }`,
  "a fragment in itself": `${inList("...A")} fragment A on UserPfxCertificate { id ...A }`,
  "fragments in a circle":
    "{ ...A } fragment A on Query { ...B } fragment B on Query { ...C } fragment C on Query { ...A }",
  "fragments in a circle through fields": `${inList("...A")}
    fragment A on UserPfxCertificate { user { ...B } } fragment B on User { pfxCertificates { nodes { ...A } } }`,
  "a circle that nothing uses": "{ __typename } fragment A on Query { ...B ...B } fragment B on Query { ...A ...A }",
  "10,000 aliases": `{ ${times(10_000, (i) => `a${i}: __typename`)} }`,
  "3,000 aliases": `{ ${times(3000, (i) => `a${i}: __typename`)} }`,
  "aliases in fragments": `{ ${times(50, (i) => `...F${i}`)} } ${times(
    50,
    (i) => `fragment F${i} on Query { ${times(3, (j) => `a${i}_${j}: __typename`)} }`,
  )}`,
  "the same field 9,000 times": `{ ${"__typename ".repeat(9000)} }`,
  "the same field in many inline fragments": inList("... { ... { id } ... { id } ... { id } } ".repeat(150)),
  "the same list 500 times": `{ ${"userPfxCertificates { nodes { id } } ".repeat(500)} }`,
  "1,000 directives in one place": `{ __typename ${"@skip(if: false) ".repeat(1000)} }`,
  "1,000 unknown directives": `{ __typename ${"@aa".repeat(1000)} }`,
  "1,000 directives all over": `{ ${times(1000, (i) => `f${i} @include(if: true)`)} }`,
  "directives on an operation": `query ${"@skip(if: true) ".repeat(50)} { __typename }`,
  "directives on a variable": `query ($id: ID ${"@aa ".repeat(50)}) { userPfxCertificate(id: $id) { id } }`,
  "1,000 levels": `${"{ a ".repeat(1000)}${"}".repeat(1000)}`,
  "3,000 levels": `${"{ a ".repeat(3000)}${"}".repeat(3000)}`,
  "100,000 levels": `${"{ a ".repeat(100_000)}${"}".repeat(100_000)}`,
  "1,000 levels of inline fragments": `${"{ ... ".repeat(1000)} { __typename ${"}".repeat(1001)}`,
  "1,000 levels of a literal": `{ userPfxCertificate(id: ${"[".repeat(1000)}${"]".repeat(1000)}) { id } }`,
  "1,000 levels of objects": `{ userPfxCertificates(filter: ${"{ filter: ".repeat(1000)} 1 ${"}".repeat(1000)}) { nodes { id } } }`,
  "1,000 levels of a variable's type": `query ($v: ${"[".repeat(1000)}ID${"]".repeat(1000)}) { __typename }`,
  "a name of a megabyte": `{ ${"n".repeat(1_000_000)} }`,
  "a number of a megabyte": `{ userPfxCertificates(first: ${"9".repeat(1_000_000)}) { nodes { id } } }`,
  "1,000 operations": times(1000, (i) => `query Q${i} { __typename }`),
  "1,000 anonymous operations": times(1000, () => "{ __typename }"),
  "circular introspection": `{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } }`,
};

describe("a document of", () => {
  it.each(Object.entries(bombs))("%s is rejected quickly and without a request to Graph", async (_, document) => {
    await using gateway = await startGateway();
    await gateway.send("{ __typename }");

    const cpuMs = startCpuTimer();
    const answer = await gateway.send(document);

    expect(answer.status).toBe(200);
    expect(codesOf(answer).map(String).join()).toMatch(/^(GRAPHQL_(PARSE|VALIDATION)_FAILED|BAD_USER_INPUT),?/);
    expect(answer.data).toBeUndefined();
    expect(cpuMs()).toBeLessThan(hangMs);
    expect(gateway.emulator.requests).toEqual([]);
    expect(gateway.log.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  });

  it("anything within the limits is validated quickly", () => {
    const names = [
      "id",
      "user",
      "a: user",
      "b: user",
      "pfxCertificates",
      "nodes",
      "__typename",
      "...",
      "...F0",
      "...F1",
    ];
    const { node: selection } = fc.letrec<{ node: string }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 8 },
        fc.constantFrom("id", "__typename", "...F0", "...F1", "...F2", "...F3"),
        fc
          .tuple(fc.constantFrom(...names), fc.array(tie("node"), { minLength: 1, maxLength: 12 }))
          .map(([name, below]) => `${name} { ${below.join(" ")} }`.replace(/(F\d) \{.*/s, "$1")),
      ),
    }));
    const bodies = fc.array(fc.array(selection, { minLength: 1, maxLength: 20 }), { minLength: 5, maxLength: 5 });
    let slowestMs = 0;
    fc.assert(
      fc.property(bodies, ([operation = [], ...fragments]) => {
        const text = `{ ${operation.join(" ")} } ${fragments
          .map((body, i) => `fragment F${i} on Query { ${body.join(" ")} }`)
          .join(" ")}`;
        const document = parse(text);
        const cpuMs = startCpuTimer();
        validate(schema, document, [...specifiedRules, withinLimits]);
        slowestMs = Math.max(slowestMs, cpuMs());
      }),
      { numRuns: 150 },
    );
    expect(slowestMs).toBeLessThan(hangMs);
  });
});

describe("a usual document", () => {
  const operations = readdirSync("operations").filter((file) => file.endsWith(".graphql"));
  const legitimate: Readonly<Record<string, string>> = {
    ...Object.fromEntries(operations.map((file) => [file, readFileSync(`operations/${file}`, "utf8")])),
    "all of operations/ in one document": operations
      .map((file) => readFileSync(`operations/${file}`, "utf8"))
      .join("\n"),
    "introspection as graphql-js asks for it": getIntrospectionQuery(),
    "introspection with everything there is": getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
    }),
    "a hundred certificates by id": byId(100),
    "the schema of a subgraph": "{ _service { sdl } }",
    "entities of a federated graph": `query Q__subgraph__0($representations: [_Any!]!) {
      _entities(representations: $representations) {
        ... on UserPfxCertificate { ${everything} user { userPrincipalName } }
        ... on User { pfxCertificates(first: 10) { nodes { ${everything} } pageInfo { hasNextPage } } }
      }
    }`,
    "components of thirty fragments": `${inList(times(30, (i) => `...F${i}`))} ${times(
      30,
      (i) => `fragment F${i} on UserPfxCertificate { __typename id ${i % 2 ? "thumbprint" : "keyName"} }`,
    )}`,
    "200 inputs as literals": `mutation { createUserPfxCertificates(inputs: [${times(
      200,
      (i) =>
        `{ ${Object.entries(anInput({ thumbprint: thumbprintOf(i) }))
          .map(([name, value]) => `${name}: ${/Purpose|Scheme/.test(name) ? value : JSON.stringify(value)}`)
          .join(" ")} }`,
    )}]) { createdCount } }`,
  };

  it.each(Object.entries(legitimate))("is accepted: %s", (_, text) => {
    const document = parse(text, { maxTokens });

    expect(exceededLimit(document, schema)).toBeUndefined();
    expect(validate(schema, document, [...specifiedRules, withinLimits])).toEqual([]);
  });

  it("is executed: a hundred certificates by id", async () => {
    await using gateway = await startGateway();
    const variables = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`i${i}`, `none-${i}`]));

    const { status, errors, data } = await gateway.send<Record<string, null>, object>(byId(100), variables);

    expect({ status, errors }).toEqual({ status: 200, errors: undefined });
    expect(Object.keys(data ?? {})).toHaveLength(100);
  });
});

const BULK = (fields: number) => `mutation ($inputs: [CreateUserPfxCertificateInput!]!) {
  ${times(fields, (i) => `m${i}: createUserPfxCertificates(inputs: $inputs) { createdCount }`)}
}`;
const inputs = (count: number) => Array.from({ length: count }, (_, i) => anInput({ thumbprint: thumbprintOf(i) }));

describe("a mutation of several fields", () => {
  it("must not write more in total than one plural create may", async () => {
    await using gateway = await startGateway({ config: { maxBatchItems: 10 } });

    const answer = await gateway.send(BULK(2), { inputs: inputs(6) });

    expect(answer.status).toBe(200);
    expect(answer.errors).toMatchObject([
      {
        extensions: {
          code: "BAD_USER_INPUT",
          invalid: [{ path: "inputs", message: "must have at most 10 items across all fields of the mutation" }],
        },
      },
    ]);
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("counts fields in fragments and inputs in literals", async () => {
    await using gateway = await startGateway({ config: { maxBatchItems: 3 } });

    const answer = await gateway.send(
      `mutation ($i: CreateUserPfxCertificateInput!) { ...F a: createUserPfxCertificates(inputs: [$i, $i]) { createdCount } }
       fragment F on Mutation { ... { b: createUserPfxCertificates(inputs: [$i, $i]) { createdCount } } }`,
      { i: anInput() },
    );

    expect(answer.status).toBe(200);
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("counts a field once if two fragments select it under one name", async () => {
    await using gateway = await startGateway({ config: { maxBatchItems: 3 } });

    const { data } = await gateway.send<Record<string, unknown>, object>(
      `mutation ($inputs: [CreateUserPfxCertificateInput!]!) { ...A ...B }
       fragment A on Mutation { createUserPfxCertificates(inputs: $inputs) { createdCount } }
       fragment B on Mutation { createUserPfxCertificates(inputs: $inputs) { failedCount } }`,
      { inputs: inputs(2) },
    );

    expect(data?.createUserPfxCertificates).toEqual({ createdCount: 2, failedCount: 0 });
  });

  it("may write as much as one plural create", async () => {
    await using gateway = await startGateway({ config: { maxBatchItems: 12 }, onDuplicate: "overwrite" });

    const answer = await gateway.send(BULK(2), { inputs: inputs(6) });

    expect(answer.errors).toBeUndefined();
    expect(answer.status).toBe(200);
  });
});
