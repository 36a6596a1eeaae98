import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApolloServer } from "@apollo/server";
import { afterEach, describe, expect, it, vi } from "vitest";
import { answerStatus } from "../../../../src/emulator/faults.ts";
import { seedRecords } from "../../../../src/emulator/seed.ts";
import { type GatewayOptions, startGateway, type TestGateway } from "../../../support/gateway.ts";
import { type CollectedSpan, startOtlpCollector } from "../../../support/otlp-collector.ts";

const query = "query List($first: Int) { userPfxCertificates(first: $first) { nodes { id thumbprint } } }";
const variables = { first: 2 };
const clientLibrary = { name: "@apollo/client", version: "4.3.0" };

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

async function post(gateway: TestGateway, body: unknown) {
  const response = await fetch(gateway.url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer caller-token" },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

/** Sends a body three times. @returns the responses, and how many of them Apollo Server gave */
async function sendThreeTimes(gateway: TestGateway, body: unknown) {
  const apollo = vi.spyOn(ApolloServer.prototype, "executeHTTPGraphQLRequest");
  const responses = [await post(gateway, body), await post(gateway, body), await post(gateway, body)];
  return { responses, byApollo: apollo.mock.calls.length };
}

describe("the second request of an operation skips Apollo Server", () => {
  it.each<[string, object]>([
    ["with the text alone", { query, variables }],
    ["with extensions.clientLibrary, as Apollo Client 4 sends it", { query, variables, extensions: { clientLibrary } }],
    ["with empty extensions", { query, variables, extensions: {} }],
    ["with extensions: null", { query, variables, extensions: null }],
  ])("%s", async (_, body) => {
    await using gateway = await startGateway({ seed: seedRecords() });

    const { responses, byApollo } = await sendThreeTimes(gateway, body);

    expect(byApollo).toBe(1);
    expect(responses[0]?.status).toBe(200);
    expect(responses).toEqual(Array(3).fill(responses[0]));
  });

  it.each<[string, object]>([
    ["by sha256Hash", { variables, extensions: { persistedQuery: { version: 1, sha256Hash: "list-1" } } }],
    [
      "by sha256Hash beside clientLibrary",
      { variables, extensions: { clientLibrary, persistedQuery: { version: 1, sha256Hash: "list-1" } } },
    ],
    ["by documentId", { variables, documentId: "list-1" }],
    ["by its text", { query, variables }],
  ])("of a manifest, %s", async (_, body) => {
    const folder = mkdtempSync(join(tmpdir(), "manifest-"));
    const file = join(folder, "manifest.json");
    writeFileSync(file, JSON.stringify({ "list-1": query }));
    await using gateway = await startGateway({ seed: seedRecords(), config: { persistedOperationsFile: file } });
    rmSync(folder, { recursive: true });

    const { responses, byApollo } = await sendThreeTimes(gateway, body);

    expect(byApollo).toBe(1);
    expect(responses[0]?.status).toBe(200);
    expect(responses).toEqual(Array(3).fill(responses[0]));
  });

  it.each<[string, object]>([
    ["an unknown id", { variables, documentId: "list-2" }],
    ["an id with another text", { query: "{ __typename }", documentId: "list-1" }],
    ["another text", { query: "{ __typename }" }],
    ["no id that is a string", { variables, documentId: 7 }],
  ])("of a manifest, but not for %s", async (_, body) => {
    const folder = mkdtempSync(join(tmpdir(), "manifest-"));
    const file = join(folder, "manifest.json");
    writeFileSync(file, JSON.stringify({ "list-1": query }));
    await using gateway = await startGateway({ seed: seedRecords(), config: { persistedOperationsFile: file } });
    rmSync(folder, { recursive: true });
    await post(gateway, { query, variables });

    const { responses, byApollo } = await sendThreeTimes(gateway, body);

    expect(byApollo).toBe(3);
    expect(responses[0]?.status).toBe(200);
    expect(responses[0]?.text).toContain("PERSISTED_QUERY_");
  });

  it.each<[string, object]>([
    [
      "a persisted query where there is no manifest",
      { query, extensions: { persistedQuery: { version: 1, sha256Hash: "a" } } },
    ],
    ["extensions that are a list", { query, variables, extensions: [] }],
    ["extensions that are a text", { query, variables, extensions: "{}" }],
  ])("but not with %s", async (_, body) => {
    await using gateway = await startGateway({ seed: seedRecords() });
    await post(gateway, { query, variables });

    const { responses, byApollo } = await sendThreeTimes(gateway, body);

    expect(byApollo).toBe(3);
    expect(responses).toEqual(Array(3).fill(responses[0]));
  });
});

describe("with traces on", () => {
  const start = (url: string, options: GatewayOptions = {}) => {
    vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", url);
    return startGateway({ seed: seedRecords(), ...options, config: { tracing: true, ...options.config } });
  };

  it("the second request skips Apollo Server, and has the same spans", async () => {
    await using collector = await startOtlpCollector();
    await using gateway = await start(collector.url);

    const { byApollo } = await sendThreeTimes(gateway, { query, variables });
    await gateway.stop();

    const shapes = tracesOf(collector.spans);
    expect(byApollo).toBe(1);
    expect(shapes).toHaveLength(3);
    expect(shapes[0]).toEqual(["POST /graphql", "query", expect.stringMatching(/^GET .*userPfxCertificates$/)]);
    expect(shapes).toEqual(Array(3).fill(shapes[0]));
  });

  it("a failure that Apollo Server words has one span of the operation, and asks Graph once", async () => {
    await using collector = await startOtlpCollector();
    await using gateway = await start(collector.url);
    await post(gateway, { query, variables });
    gateway.emulator.faults.add(answerStatus("GET", "/userPfxCertificates", 403));

    const { text } = await post(gateway, { query, variables });
    await gateway.stop();

    expect(text).toContain("FORBIDDEN");
    expect(tracesOf(collector.spans)[1]).toEqual([
      "POST /graphql",
      "query !FORBIDDEN",
      expect.stringMatching(/^GET .*userPfxCertificates !403$/),
    ]);
  });
});

/** Of each trace, the names and errors of its spans, from the first span down. */
function tracesOf(spans: readonly CollectedSpan[]): string[][] {
  const label = ({ name, attributes }: CollectedSpan) =>
    attributes["error.type"] === undefined ? name : `${name} !${attributes["error.type"]}`;
  const below = (parent: CollectedSpan): string[] =>
    spans.filter(({ parentSpanId }) => parentSpanId === parent.spanId).flatMap((span) => [label(span), ...below(span)]);
  return spans.filter(({ name }) => name.startsWith("POST /graphql")).map((first) => [label(first), ...below(first)]);
}
