import { readFileSync } from "node:fs";
import {
  CreateUserPfxCertificateDocument as CREATE,
  CreateUserPfxCertificatesDocument as CREATE_MANY,
  UserPfxCertificatesDocument as LIST,
} from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { answerStatus, delayAnswer, dropAnswer, throttle } from "../../src/emulator/faults.ts";
import { connectTo, sendRaw } from "../server/http/raw.ts";
import { type GatewayOptions, startGateway } from "../support/gateway.ts";
import { identityAt } from "../support/identity.ts";
import { startIdentityProvider } from "../support/identity-provider.ts";
import { anInput, thumbprintOf } from "../support/input.ts";

const collection = "/userPfxCertificates";

function start(options: GatewayOptions = {}) {
  return startGateway({ ...options, config: { metricsPort: 0, ...options.config } });
}

/** Values of one metric by their labels, as Prometheus writes them; those that are zero left out. */
function valuesOf(text: string, name: string): Record<string, number> {
  const lines = text.split("\n").filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  const values = lines.map((line): [string, number] => {
    const at = line.lastIndexOf(" ");
    return [line.slice(name.length, at), Number(line.slice(at + 1))];
  });
  return Object.fromEntries(values.filter(([, value]) => value !== 0));
}

describe("GET /metrics", () => {
  it("serves exactly the documented metrics and those of the process", async () => {
    const rows = readFileSync(new URL("../../docs/observability.md", import.meta.url), "utf8").matchAll(
      /^\| `(\w+)` \| (\w+) \|(.*?)\| .+ \|$/gm,
    );
    const documented = [...rows].map(([, name, type, labels = ""]) => ({
      name,
      type,
      labels: labels.replaceAll("`", "").trim().split(", ").filter(Boolean).sort(),
    }));
    const provider = await startIdentityProvider();
    await using gateway = await start({
      config: { authMode: "app", identity: identityAt(provider) },
      faults: [dropAnswer("POST", collection), answerStatus("GET", collection, 503, { times: 2 })],
    });
    await gateway.send(CREATE, { input: anInput() }, { authorization: `Bearer ${await provider.callers.issue()}` });
    await gateway.send(LIST, {});

    const text = await gateway.metrics();
    await provider[Symbol.asyncDispose]();

    const exported = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = "", type]) => {
      const suffix = type === "histogram" ? "_count" : "";
      const sample = new RegExp(`^${name}${suffix}(?:\\{(.*)\\})? `, "m").exec(text);
      const labels = [...(sample?.[1] ?? "").matchAll(/(\w+)="/g)].map(([, label]) => label).sort();
      return { name, type, labels, hasSample: sample !== null };
    });
    const own = exported.filter(({ name }) => !/^(process|nodejs)_/.test(name));
    expect(own.every(({ hasSample }) => hasSample)).toBe(true);
    expect(own.map(({ name, type, labels }) => ({ name, type, labels }))).toEqual(expect.arrayContaining(documented));
    expect(own).toHaveLength(documented.length);
    expect(exported.map(({ name }) => name)).toContain("nodejs_eventloop_lag_p99_seconds");
  });

  it("is the only route of its port, and is not served on the API's port", async () => {
    await using gateway = await start();
    const url = gateway.metricsUrl ?? "";
    const json = async (response: Response) => [response.status, Object.keys(JSON.parse(await response.text()))];

    const { headers, status } = await fetch(url);

    expect([status, headers.get("content-type")]).toEqual([
      200,
      expect.stringMatching(/^text\/plain; version=0\.0\.4/),
    ]);
    expect(await json(await fetch(url, { method: "POST", body: "x" }))).toEqual([405, ["errors"]]);
    expect(await json(await fetch(new URL("/graphql", url)))).toEqual([404, ["errors"]]);
    expect(await json(await fetch(new URL("/metrics", gateway.url)))).toEqual([404, ["errors"]]);
  });

  it.each([
    [400, "no HTTP\r\n\r\n"],
    [400, "GET /metrics HTTP/1.1\r\n\r\n"],
    [431, `GET /metrics HTTP/1.1\r\nHost: a\r\nX-Large: ${"x".repeat(9000)}\r\n\r\n`],
    [417, "GET /metrics HTTP/1.1\r\nHost: a\r\nExpect: nothing\r\n\r\n"],
    [405, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"],
  ])("answers %i as JSON to %j on its port", async (status, bytes) => {
    await using gateway = await start();

    const answer = await sendRaw(gateway.metricsUrl ?? "", bytes);

    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    expect(Object.keys(JSON.parse(answer.text))).toEqual(["errors"]);
  });

  it("is off by default", async () => {
    await using gateway = await startGateway();

    expect(gateway.metricsUrl).toBeUndefined();
  });

  it("answers during a stop until everything else has ended", async () => {
    await using gateway = await start({ faults: [delayAnswer("GET", collection, 400)] });
    const underWay = gateway.send(LIST, {});
    await expect.poll(() => gateway.emulator.requests.length).toBe(1);
    const idle = connectTo(gateway.metricsUrl ?? "");

    const stopped = gateway.stop();

    expect(valuesOf(await gateway.metrics(), "graphql_requests_in_flight")).toEqual({ "": 1 });
    expect((await underWay).status).toBe(200);
    await stopped;
    await expect(gateway.metrics()).rejects.toThrow();
    idle.destroy();
  });
});

describe("metrics", () => {
  it("count requests by type and outcome, and errors by code", async () => {
    await using gateway = await start();
    await gateway.send(CREATE, { input: anInput() });
    await gateway.send(CREATE, { input: anInput({ encryptedPfxBlob: "AAAA" }) });
    await gateway.send(LIST, {});
    await gateway.send("{ nothing }");
    await gateway.send("{");
    await gateway.send(CREATE, { input: anInput({ thumbprint: "no" }) });
    await fetch(gateway.url, { method: "POST", body: "{", headers: { "content-type": "application/json" } });
    await fetch(gateway.url, { method: "POST", body: "{}", headers: { "content-type": "application/json" } });
    await fetch(new URL("/elsewhere", gateway.url));
    await fetch(new URL("/livez", gateway.url));

    const text = await gateway.metrics();

    expect(valuesOf(text, "graphql_requests_total")).toEqual({
      '{operation_type="mutation",outcome="success"}': 1,
      '{operation_type="mutation",outcome="error"}': 2,
      '{operation_type="query",outcome="success"}': 1,
      '{operation_type="none",outcome="error"}': 4,
    });
    expect(valuesOf(text, "graphql_errors_total")).toEqual({
      '{code="CONFLICT"}': 1,
      '{code="GRAPHQL_VALIDATION_FAILED"}': 1,
      '{code="GRAPHQL_PARSE_FAILED"}': 1,
      '{code="BAD_USER_INPUT"}': 1,
      '{code="BAD_REQUEST"}': 2,
    });
    expect(valuesOf(text, "graphql_request_duration_seconds_count")).toEqual({
      '{operation_type="mutation"}': 3,
      '{operation_type="query"}': 1,
      '{operation_type="none"}': 4,
    });
    expect(valuesOf(text, "graphql_requests_in_flight")).toEqual({});
  });

  it("count every request, however many come between two scrapes", async () => {
    await using gateway = await start();
    const ask = async (count: number) => {
      for (let asked = 0; asked < count; asked += 50) {
        await Promise.all(Array.from({ length: 50 }, () => gateway.send("{ __typename }")));
      }
    };
    await ask(1050);
    const counts = async () => {
      const text = await gateway.metrics();
      return [
        valuesOf(text, "graphql_requests_total"),
        valuesOf(text, "graphql_request_duration_seconds_count"),
        valuesOf(text, "graphql_request_duration_seconds_bucket")['{le="+Inf",operation_type="query"}'],
      ];
    };
    const of = (count: number) => [
      { '{operation_type="query",outcome="success"}': count },
      { '{operation_type="query"}': count },
      count,
    ];

    expect(await counts()).toEqual(of(1050));
    expect(await counts()).toEqual(of(1050));
    await ask(50);
    expect(await counts()).toEqual(of(1100));
  });

  it("report the duration of requests to the gateway and to Graph in seconds", async () => {
    await using gateway = await start({ faults: [delayAnswer("GET", collection, 400)] });
    await gateway.send(LIST, {});

    const text = await gateway.metrics();

    for (const [name, labels] of [
      ["graphql_request_duration_seconds", 'operation_type="query"'],
      ["graph_upstream_duration_seconds", 'operation="read"'],
    ] as const) {
      const seconds = valuesOf(text, `${name}_sum`)[`{${labels}}`];
      expect(seconds).toBeGreaterThan(0.39);
      expect(seconds).toBeLessThan(10);
      const buckets = valuesOf(text, `${name}_bucket`);
      expect(buckets[`{le="0.25",${labels}}`]).toBeUndefined();
      expect(buckets[`{le="10",${labels}}`]).toBe(1);
    }
  });

  it("count the items of a plural create that fail", async () => {
    await using gateway = await start();
    const inputs = [1, 2, 3].map((n) => anInput({ thumbprint: n === 2 ? "no" : thumbprintOf(n) }));

    await gateway.send(CREATE_MANY, { inputs });

    const text = await gateway.metrics();
    expect(valuesOf(text, "graphql_errors_total")).toEqual({ '{code="BAD_USER_INPUT"}': 1 });
    expect(valuesOf(text, "graph_upstream_requests_total")).toEqual({ '{operation="create",status="200"}': 1 });
  });

  it("count requests to Graph: attempts, retries and look-ups", async () => {
    await using gateway = await start({
      faults: [throttle("POST", collection, 1, "seconds"), dropAnswer("POST", collection)],
    });

    await gateway.send(CREATE, { input: anInput() });

    const text = await gateway.metrics();
    expect(valuesOf(text, "graph_upstream_requests_total")).toEqual({
      '{operation="create",status="429"}': 1,
      '{operation="create",status="network"}': 1,
      '{operation="read",status="200"}': 1,
    });
    expect(valuesOf(text, "graph_upstream_retries_total")).toEqual({ '{operation="create"}': 1 });
    expect(valuesOf(text, "graph_reconciles_total")).toEqual({ '{outcome="stored"}': 1 });
    expect(valuesOf(text, "graph_upstream_duration_seconds_count")).toEqual({
      '{operation="create"}': 2,
      '{operation="read"}': 1,
    });
  });

  it("report the look-up after a lost response as absent or unknown", async () => {
    const lost = { apply: false, times: 9 };
    await using absent = await start({ faults: [answerStatus("POST", collection, 503, lost)] });
    await using unknown = await start({
      faults: [answerStatus("POST", collection, 503, lost), answerStatus("GET", collection, 403, { times: 9 })],
    });

    await absent.send(CREATE, { input: anInput() });
    await unknown.send(CREATE, { input: anInput() });

    expect(valuesOf(await absent.metrics(), "graph_reconciles_total")).toEqual({ '{outcome="absent"}': 2 });
    expect(valuesOf(await absent.metrics(), "graph_upstream_retries_total")).toEqual({ '{operation="create"}': 1 });
    expect(valuesOf(await unknown.metrics(), "graph_reconciles_total")).toEqual({ '{outcome="unknown"}': 1 });
  });

  it("show the remaining write quota", async () => {
    await using gateway = await start({ config: { graphWritesPer20s: 5 } });
    expect(valuesOf(await gateway.metrics(), "graph_write_quota_remaining")).toEqual({ "": 5 });

    await gateway.send(CREATE, { input: anInput() });

    expect(valuesOf(await gateway.metrics(), "graph_write_quota_remaining")).toEqual({ "": 4 });
  });

  it("show that the circuit breaker is open", async () => {
    await using gateway = await start({ faults: [answerStatus("GET", collection, 503, { times: 99 })] });
    expect(valuesOf(await gateway.metrics(), "graph_circuit_breaker_open")).toEqual({});

    for (let round = 0; round < 20; round++) await gateway.send(LIST, {});

    expect(valuesOf(await gateway.metrics(), "graph_circuit_breaker_open")).toEqual({ "": 1 });
  });

  it("report the sources of tokens and the number of cached tokens", async () => {
    const provider = await startIdentityProvider();
    await using gateway = await start({ config: { authMode: "obo", identity: identityAt(provider) } });
    const [one, other] = [await provider.callers.issue(), await provider.callers.issue({ jti: "other" })];
    for (const token of [one, one, other]) await gateway.send(LIST, {}, { authorization: `Bearer ${token}` });
    await provider[Symbol.asyncDispose]();
    await gateway.send(LIST, {}, { authorization: `Bearer ${one}` });

    const text = await gateway.metrics();

    expect(valuesOf(text, "token_requests_total")).toEqual({ '{outcome="acquired"}': 2, '{outcome="cached"}': 2 });
    expect(valuesOf(text, "token_cache_entries")).toEqual({ "": 2 });
  });

  it("count a client that did not wait as an error", async () => {
    await using gateway = await start({ faults: [delayAnswer("GET", collection, 60_000)] });
    const query = '{"query":"{ userPfxCertificates { nodes { id } } }"}';
    const gone = connectTo(gateway.url);
    gone.write(
      `POST /graphql HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nContent-Type: application/json\r\nContent-Length: ${query.length}\r\n\r\n${query}`,
    );
    await expect.poll(() => gateway.emulator.requests.length).toBe(1);
    gone.destroy();

    await expect
      .poll(async () => Object.entries(valuesOf(await gateway.metrics(), "graphql_requests_total")))
      .toEqual([[expect.stringContaining('outcome="error"'), 1]]);
  });

  it("contain no value that a client chose", async () => {
    await using gateway = await start();
    const chosen = "canary7f3a";
    await gateway.send(`query ${chosen} { ${chosen}: __typename }`);
    await gateway.send(`query ${chosen} { ${chosen} }`);
    await gateway.send(CREATE, { input: anInput({ userPrincipalName: `${chosen}@contoso.example`, keyName: chosen }) });
    await sendRaw(gateway.url, `GET /${chosen}?${chosen} HTTP/1.1\r\nHost: ${chosen}\r\n\r\n`);

    expect(await gateway.metrics()).not.toContain(chosen);
  });
});
