import { readFileSync } from "node:fs";
import {
  CreateUserPfxCertificateDocument as CREATE,
  UserPfxCertificateDocument as GET,
  UserPfxCertificatesDocument as LIST,
} from "intune-pfx-client/operations";
import { afterEach, describe, expect, it, vi } from "vitest";
import { answerStatus, delayAnswer, dropAnswer, throttle } from "../../src/emulator/faults.ts";
import { seedRecords } from "../../src/emulator/seed.ts";
import { parseTraceparent } from "../../src/observability/span.ts";
import { connectTo } from "../server/http/raw.ts";
import { type GatewayOptions, startGateway } from "../support/gateway.ts";
import { identityAt } from "../support/identity.ts";
import { startIdentityProvider } from "../support/identity-provider.ts";
import { anInput } from "../support/input.ts";
import { type CollectedSpan, type OtlpCollector, startOtlpCollector } from "../support/otlp-collector.ts";

const collection = "/userPfxCertificates";
const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const incoming = `00-${traceId}-00f067aa0ba902b7-01`;

afterEach(() => vi.unstubAllEnvs());

/** A gateway that exports to a collector; stopping it sends what there is. */
function start(collector: Pick<OtlpCollector, "url">, options: GatewayOptions = {}) {
  vi.stubEnv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url);
  return startGateway({ ...options, config: { tracing: true, ...options.config } });
}

/** Spans as an outline: names and errors, children in the order of the list under their parents. */
function treeOf(spans: readonly CollectedSpan[], parentSpanId: string): unknown[] {
  const children = spans.filter((span) => span.parentSpanId === parentSpanId);
  return children.map(({ name, spanId, attributes }) => {
    const label = attributes["error.type"] === undefined ? name : `${name} !${attributes["error.type"]}`;
    const below = treeOf(spans, spanId);
    return below.length === 0 ? label : { [label]: below };
  });
}

const post = "POST /v1.0/deviceManagement/userPfxCertificates";
const list = "GET /v1.0/deviceManagement/userPfxCertificates";

describe("a trace", () => {
  it("shows a create with its token, its retry and the look-up after a lost response", async () => {
    await using provider = await startIdentityProvider();
    await using collector = await startOtlpCollector();
    await using gateway = await start(collector, {
      config: { authMode: "obo", identity: identityAt(provider) },
      faults: [throttle("POST", collection, 1, "seconds"), dropAnswer("POST", collection)],
    });
    const authorization = `Bearer ${await provider.callers.issue()}`;

    await gateway.send(CREATE, { input: anInput() }, { authorization, traceparent: incoming });
    await gateway.stop();

    expect(treeOf(collector.spans, "00f067aa0ba902b7")).toEqual([
      {
        "POST /graphql": [{ mutation: ["token", `${post} !429`, `${post} !network`, { reconcile: [list] }] }],
      },
    ]);
    expect(new Set(collector.spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
  });

  it("follows the conventions for HTTP and GraphQL, and names the service", async () => {
    await using collector = await startOtlpCollector();
    await using gateway = await start(collector, { seed: seedRecords(1) });
    const id = gateway.emulator.records[0]?.id ?? "";
    const { hostname, origin, port } = new URL(gateway.emulator.url);

    await gateway.send(GET, { id });
    await gateway.stop();

    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(collector.resources[0]).toMatchObject({ "service.name": "intune-pfx-gateway", "service.version": version });
    expect(spanNamed(collector, "POST /graphql")).toMatchObject({
      kind: 2,
      status: 0,
      attributes: {
        "http.request.method": "POST",
        "http.route": "/graphql",
        "http.response.status_code": 200,
        "url.scheme": "http",
        "url.path": "/graphql",
      },
    });
    expect(spanNamed(collector, "query")).toMatchObject({ kind: 1, attributes: { "graphql.operation.type": "query" } });
    expect(spanNamed(collector, `${list}/{id}`)).toMatchObject({
      kind: 3,
      status: 0,
      attributes: {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "server.address": hostname,
        "server.port": Number(port),
        "url.full": `${origin}/v1.0/deviceManagement/userPfxCertificates/REDACTED`,
        "url.template": "/v1.0/deviceManagement/userPfxCertificates/{id}",
        "azure.service.request.id": expect.stringMatching(/^[0-9a-f-]{36}$/),
        "gateway.graph.operation": "read",
      },
    });
  });

  it("is passed on to Graph: each attempt sends its own span", async () => {
    await using collector = await startOtlpCollector();
    await using gateway = await start(collector, { faults: [answerStatus("GET", collection, 503)] });

    await gateway.send(LIST, {}, { traceparent: incoming });
    await gateway.stop();

    const attempts = collector.spans.filter(({ kind }) => kind === 3);
    expect(attempts).toHaveLength(2);
    expect(gateway.emulator.requests.map(({ headers }) => headers.traceparent)).toEqual(
      attempts.map(({ spanId }) => `00-${traceId}-${spanId}-01`),
    );
  });

  it("marks errors by their codes", async () => {
    await using collector = await startOtlpCollector();
    await using gateway = await start(collector, { faults: [answerStatus("GET", collection, 403)] });

    await gateway.send(LIST, {});
    await gateway.send("{");
    await gateway.stop();

    expect(spanNamed(collector, "query")).toMatchObject({ status: 2, attributes: { "error.type": "FORBIDDEN" } });
    expect(spanNamed(collector, "GraphQL Operation")).toMatchObject({
      status: 2,
      attributes: { "error.type": "GRAPHQL_PARSE_FAILED" },
    });
  });

  it("is not recorded if the caller's is not, but is still passed on", async () => {
    await using collector = await startOtlpCollector();
    await using gateway = await start(collector);

    await gateway.send(LIST, {}, { traceparent: incoming.replace(/1$/, "0") });
    await gateway.stop();

    expect(collector.spans).toEqual([]);
    expect(gateway.emulator.requests[0]?.headers.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
  });

  it("has no span for probes and other requests that are not GraphQL", async () => {
    await using collector = await startOtlpCollector();
    await using gateway = await start(collector);
    await fetch(new URL("/livez", gateway.url));
    await fetch(new URL("/elsewhere", gateway.url));

    await gateway.stop();

    expect(collector.spans).toEqual([]);
  });

  it("ends even if the client did not wait", async () => {
    await using collector = await startOtlpCollector();
    await using gateway = await start(collector, { faults: [delayAnswer("GET", collection, 60_000)] });
    const query = '{"query":"{ userPfxCertificates { nodes { id } } }"}';
    const gone = connectTo(gateway.url);
    gone.write(
      `POST /graphql HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nContent-Type: application/json\r\nContent-Length: ${query.length}\r\n\r\n${query}`,
    );
    await expect.poll(() => gateway.emulator.requests.length).toBe(1);
    gone.destroy();
    await expect.poll(() => gateway.log.some(({ msg }) => msg === "access")).toBe(true);

    await gateway.stop();

    expect(spanNamed(collector, "POST /graphql")).toMatchObject({
      status: 2,
      attributes: { "error.type": "disconnected" },
    });
    expect(spanNamed(collector, list)).toMatchObject({ status: 2, attributes: { "error.type": "disconnected" } });
  });

  it("has its id in the access log", async () => {
    await using gateway = await startGateway();

    await gateway.send(LIST, {}, { traceparent: incoming });

    await expect.poll(() => gateway.log.find(({ msg }) => msg === "access")).toMatchObject({ traceId });
  });
});

describe("a collector that rejects traces", () => {
  it("is reported once with its status, delays no request, and is not quoted", async () => {
    await using collector = await startOtlpCollector({ status: 400 });
    vi.stubEnv("OTEL_BSP_SCHEDULE_DELAY", "10");
    await using gateway = await start(collector);

    for (let round = 0; round < 3; round++) {
      expect((await gateway.send(LIST, {})).status).toBe(200);
      await expect.poll(() => collector.requests.length).toBeGreaterThan(round);
    }
    await gateway.stop();

    expect(gateway.log.filter(({ level }) => Number(level) >= 40)).toMatchObject([
      { cause: "400", msg: "the collector did not accept the traces" },
    ]);
  });

  it("is reported with the network's cause if nothing listens at its address", async () => {
    vi.stubEnv("OTEL_BSP_SCHEDULE_DELAY", "10");
    await using gateway = await start({ url: "http://127.0.0.1:9" });

    await gateway.send(LIST, {});

    const line = { cause: "ECONNREFUSED", msg: "the collector did not accept the traces" };
    await expect
      .poll(() => gateway.log.filter(({ level }) => Number(level) >= 40), { timeout: 15_000 })
      .toMatchObject([line]);
  });
});

describe("a traceparent while traces are off", () => {
  it("is passed on to Graph", async () => {
    await using gateway = await startGateway();

    await gateway.send(LIST, {}, { traceparent: incoming });

    expect(gateway.emulator.requests[0]?.headers.traceparent).toBe(incoming);
  });

  it("is not invented", async () => {
    await using gateway = await startGateway();

    await gateway.send(LIST, {});

    expect(gateway.emulator.requests[0]?.headers).not.toHaveProperty("traceparent");
  });

  it.each([
    ["of a later version, as far as it is known", `01-${traceId}-00f067aa0ba902b7-03-more`, incoming],
    ["with flags unknown to this version", `00-${traceId}-00f067aa0ba902b7-ff`, incoming],
    ["that is too long", `${incoming}-more`, undefined],
    ["in upper case", incoming.toUpperCase(), undefined],
    ["without a trace", `00-${"0".repeat(32)}-00f067aa0ba902b7-01`, undefined],
    ["without a parent", `00-${traceId}-${"0".repeat(16)}-01`, undefined],
    ["of the version that is none", incoming.replace("00-", "ff-"), undefined],
    ["that is something else", "secret", undefined],
    ["that is missing", undefined, undefined],
  ])("%s is read as %s", (_, header, expected) => {
    expect(parseTraceparent(header)).toBe(expected);
  });
});

function spanNamed({ spans }: OtlpCollector, name: string): CollectedSpan | undefined {
  return spans.find((span) => span.name === name);
}
