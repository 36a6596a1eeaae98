/**
 * Requests that are small on the wire and large in what they would have the gateway do. Each is refused, by an answer that is
 * small as well, and without minutes of CPU time.
 */
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { startCpuTimer } from "../support/cpu-time.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { anInput } from "../support/input.ts";

const guardMs = 3000;

/** Sends a body, compressed, and tells how much CPU time the answer took. */
async function post(gateway: TestGateway, body: string) {
  const headers = { "content-type": "application/json", "content-encoding": "gzip", authorization: "Bearer token" };
  const compressed = gzipSync(body);
  const cpuMs = startCpuTimer();
  const response = await fetch(gateway.url, { method: "POST", headers, body: compressed });
  const text = await response.text();
  const tookMs = cpuMs();
  return { status: response.status, headers: response.headers, text, errors: JSON.parse(text).errors, tookMs };
}

const CREATE_MANY =
  "mutation ($inputs: [CreateUserPfxCertificateInput!]!) { createUserPfxCertificates(inputs: $inputs) { failedCount } }";
const LIST =
  "query ($filter: UserPfxCertificateFilter) { userPfxCertificates(filter: $filter, first: 1) { nodes { id } } }";
const withVariables = (query: string, variables: string) =>
  `{"query":${JSON.stringify(query)},"variables":${variables}}`;
const unknownKeys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, key) => [`key${key}`, 1]));

describe("many invalid values", () => {
  it.each(["", "once its operation is prepared"])("a list of too many inputs is one problem %s", async (prepared) => {
    await using gateway = await startGateway();
    if (prepared) await gateway.send(CREATE_MANY, { inputs: [] });

    const { status, errors, tookMs } = await post(
      gateway,
      withVariables(CREATE_MANY, `{"inputs":[${"{},".repeat(40_000)}{}]}`),
    );

    expect(status).toBe(200);
    expect(errors).toEqual([
      {
        message: "inputs must have at most 200 items",
        extensions: { code: "BAD_USER_INPUT", invalid: [{ path: "inputs", message: "must have at most 200 items" }] },
      },
    ]);
    expect(tookMs).toBeLessThan(guardMs);
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("a list of too many inputs in a literal is one problem among others", async () => {
    await using gateway = await startGateway();
    const inputs = `[${"{} ".repeat(1000)}]`;

    const { errors } = await gateway.send(`mutation {
      createUserPfxCertificates(inputs: ${inputs}) { failedCount }
      deleteUserPfxCertificate(id: 1.5)
    }`);

    expect(errors?.at(-1)?.extensions).toMatchObject({
      invalid: [{ path: "inputs", message: "must have at most 200 items" }, { path: "id" }],
    });
  });

  it("of a list are reported up to a hundred, with a note that more exist", async () => {
    await using gateway = await startGateway();

    const { status, errors } = await gateway.send(CREATE_MANY, { inputs: new Array(200).fill({}) });

    expect(status).toBe(200);
    expect(errors?.[0]?.message).toBe(
      "inputs.0.thumbprint is required (and more than 99 more; see extensions.invalid)",
    );
    expect(errors?.[0]?.extensions?.invalid).toHaveLength(100);
  });

  it("are all reported if there are exactly a hundred", async () => {
    await using gateway = await startGateway();

    const { errors } = await gateway.send(CREATE_MANY, { inputs: new Array(10).fill({}) });

    expect(errors?.[0]?.message).toBe("inputs.0.thumbprint is required (and 99 more; see extensions.invalid)");
    expect(errors?.[0]?.extensions?.invalid).toHaveLength(100);
  });

  it.each([
    ["a filter", withVariables(LIST, JSON.stringify({ filter: unknownKeys(40_000) }))],
    ["an input", withVariables(CREATE_MANY, JSON.stringify({ inputs: [{ ...anInput(), ...unknownKeys(40_000) }] }))],
    [
      "twenty-five lists",
      withVariables(
        `query ($filter: UserPfxCertificateFilter) { ${Array.from({ length: 25 }, (_, i) => `l${i}: userPfxCertificates(filter: $filter) { nodes { id } }`).join(" ")} }`,
        JSON.stringify({ filter: Object.fromEntries(Array.from({ length: 40_000 }, (_, key) => [`-${key}`, 1])) }),
      ),
    ],
  ])("unknown properties, in %s, are checked up to a limit", async (_, body) => {
    await using gateway = await startGateway();

    const { status, errors, text, tookMs } = await post(gateway, body);

    expect(status).toBe(200);
    expect(errors[0].extensions.code).toBe("BAD_USER_INPUT");
    expect(errors[0].message).toMatch(/ has no property (key0 \(and more than 99 more|of that name)/);
    expect(text.length).toBeLessThan(20_000);
    expect(tookMs).toBeLessThan(guardMs);
  });

  it("does not reject a valid request with more properties than any input", async () => {
    await using gateway = await startGateway();
    const QUERY = "query ($representations: [_Any!]!) { _entities(representations: $representations) { __typename } }";
    const user = { __typename: "User", userPrincipalName: "adele@contoso.example", ...unknownKeys(50) };

    const { data } = await gateway.send(QUERY, { representations: new Array(300).fill(user) });

    expect(data).toEqual({ _entities: new Array(300).fill({ __typename: "User" }) });
  });

  it("does not read an object where the type is a scalar", async () => {
    await using gateway = await startGateway();

    const { status, errors } = await gateway.send("query ($id: ID!) { userPfxCertificate(id: $id) { id } }", {
      id: unknownKeys(50),
    });

    expect(status).toBe(200);
    expect(errors?.[0]?.extensions?.invalid).toEqual([{ path: "id", message: "must be a string or a whole number" }]);
  });
});

describe("JSON with too many parts", () => {
  it.each(["[],", "{},", "1,"])("is rejected before it is parsed: %s", async (part) => {
    await using gateway = await startGateway();

    const { status, errors } = await post(
      gateway,
      `{"query":"{ __typename }","extensions":{"a":[${part.repeat(600_000)}1]}}`,
    );

    expect(status).toBe(400);
    expect(errors).toEqual([
      {
        message: "The body has more than 104857 parts (lists, objects and commas).",
        extensions: { code: "BAD_REQUEST" },
      },
    ]);
  });
});

describe("a document that is slow to parse", () => {
  const message = "The document is too large: at most 10000 line breaks and backslashes.";
  const texts: Readonly<Record<string, string>> = {
    "many comments": `{ __typename } ${"#\n".repeat(690_000)}`,
    "many lines, which every one of its errors counts": `{ ${"\n".repeat(1_000_000)} ${unknownFields(100)} }`,
    "many lines in a string": `{ userPfxCertificate(id: """${"\n".repeat(1_000_000)}""") { id } }`,
    "many escapes": `{ userPfxCertificate(id: "${"\\n".repeat(600_000)}") { id } }`,
    "lines that end as on a Macintosh": `{ __typename } ${"\r".repeat(10_001)}`,
  };

  it.each(Object.entries(texts))("is rejected before it is parsed: %s", async (_, query) => {
    await using gateway = await startGateway();

    const { status, errors, tookMs } = await post(gateway, JSON.stringify({ query }));

    expect(status).toBe(200);
    expect(errors).toEqual([{ message, extensions: { code: "GRAPHQL_PARSE_FAILED" } }]);
    expect(tookMs).toBeLessThan(guardMs);
  });

  it("does not include one with ten thousand lines or with large files", async () => {
    await using gateway = await startGateway();
    const inputs = Array.from({ length: 60 }, () => `{ encryptedPfxBlob: "${"A".repeat(30_000)}" }`).join("\n");

    const long = await post(gateway, JSON.stringify({ query: `{ __typename }${"#\n".repeat(10_000)}` }));
    const large = await post(
      gateway,
      JSON.stringify({ query: `mutation { createUserPfxCertificates(inputs: [${inputs}]) { failedCount } }` }),
    );

    expect(long.status).toBe(200);
    expect(JSON.stringify(large.errors)).toContain("inputs.0.thumbprint is required");
  });
});

function unknownFields(count: number): string {
  return Array.from({ length: count }, (_, field) => `x${field}`).join(" ");
}
