import { describe, expect, it } from "vitest";
import { startGateway } from "../../support/gateway.ts";

const sandbox = "https://studio.apollographql.com";
const portal = "https://portal.contoso.example";

function preflight(url: string, origin: string, more: Record<string, string> = {}): Promise<Response> {
  return fetch(url, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type",
      ...more,
    },
  });
}

function post(url: string, origin: string, body = '{"query":"{ __typename }"}'): Promise<Response> {
  return fetch(url, { method: "POST", headers: { origin, "content-type": "application/json" }, body });
}

function corsHeaders({ headers }: Response): string[] {
  return [...headers.keys()].filter((name) => name.startsWith("access-control-"));
}

describe("cross-origin access in development", () => {
  const own = [
    sandbox,
    "http://localhost",
    "http://localhost:3000",
    "http://localhost:65535",
    "https://localhost:5173",
    "http://127.0.0.1:8080",
    "http://[::1]:8080",
  ];

  it.each(own)("is allowed for %s, in the preflight and in the response", async (origin) => {
    await using gateway = await startGateway();

    const asked = await preflight(gateway.url, origin);
    const answered = await post(gateway.url, origin);

    expect(asked.status).toBe(204);
    expect(await asked.text()).toBe("");
    expect(asked.headers.get("access-control-allow-origin")).toBe(origin);
    expect(answered.status).toBe(200);
    expect(answered.headers.get("access-control-allow-origin")).toBe(origin);
  });

  it.each([
    [sandbox, "true"],
    ["https://evil.example", null],
  ])("lets %s reach a private network: %s", async (origin, allowed) => {
    await using gateway = await startGateway();

    const { headers } = await preflight(gateway.url, origin, { "access-control-request-private-network": "true" });
    const { headers: unasked } = await preflight(gateway.url, origin);

    expect(headers.get("access-control-allow-private-network")).toBe(allowed);
    expect(unasked.get("access-control-allow-private-network")).toBeNull();
  });

  const foreign = [
    "https://evil.example",
    "null",
    "http://studio.apollographql.com",
    "https://studio.apollographql.com.evil.example",
    "https://evil-studio.apollographql.com",
    "https://studio.apollographql.com:8443",
    "http://localhost.evil.example",
    "http://localhost:3000.evil.example",
    "http://evil.example:3000",
    "http://evillocalhost:3000",
    "http://127.0.0.1.evil.example",
    "http://localhost:3000@evil.example",
    "http://localhost:",
    "http://localhost:123456",
    "file://localhost",
  ];

  it.each(foreign)("is not allowed for %s", async (origin) => {
    await using gateway = await startGateway();

    const asked = await preflight(gateway.url, origin);
    const answered = await post(gateway.url, origin);

    expect(corsHeaders(asked)).toEqual([]);
    expect(corsHeaders(answered)).toEqual([]);
    expect(asked.headers.get("vary")).toBe("Origin");
    expect(answered.headers.get("vary")).toBe("Origin");
  });
});

describe("cross-origin access with a list of origins", () => {
  const config = { corsOrigins: [portal, "http://intranet.contoso.example:8080"] };

  it.each(config.corsOrigins)("is allowed for the listed %s", async (origin) => {
    await using gateway = await startGateway({ config });

    const asked = await preflight(gateway.url, origin);
    const answered = await post(gateway.url, origin);

    expect(asked.headers.get("access-control-allow-origin")).toBe(origin);
    expect(answered.headers.get("access-control-allow-origin")).toBe(origin);
  });

  const foreign = [
    sandbox,
    "http://localhost:3000",
    "null",
    "http://portal.contoso.example",
    "https://portal.contoso.example:8443",
    "https://portal.contoso.example.evil.example",
    "https://evil.portal.contoso.example",
    "https://evilportal.contoso.example",
    "https://portalXcontoso.example",
    "HTTPS://PORTAL.CONTOSO.EXAMPLE",
    `${portal}/`,
    `${portal},http://intranet.contoso.example:8080`,
    "http://intranet.contoso.example",
    "http://intranet.contoso.example:80800",
    "*",
  ];

  it.each(foreign)("is not allowed for %s", async (origin) => {
    await using gateway = await startGateway({ config });

    expect(corsHeaders(await preflight(gateway.url, origin))).toEqual([]);
    expect(corsHeaders(await post(gateway.url, origin))).toEqual([]);
  });

  it("is allowed for no origin if the list is empty", async () => {
    await using gateway = await startGateway({ config: { corsOrigins: [] } });

    for (const origin of [sandbox, portal, "http://localhost:3000", "null"]) {
      expect(corsHeaders(await preflight(gateway.url, origin))).toEqual([]);
    }
  });
});

describe("a response to another origin", () => {
  it("allows the headers that clients need, and no credentials", async () => {
    await using gateway = await startGateway();

    const { headers } = await preflight(gateway.url, sandbox);

    expect(headers.get("access-control-allow-methods")).toBe("GET, POST");
    const allowed = headers.get("access-control-allow-headers")?.split(", ");
    expect(allowed).toEqual(expect.arrayContaining(["authorization", "content-type", "apollo-require-preflight"]));
    expect(headers.get("access-control-max-age")).toBe("600");
    expect(headers.get("access-control-allow-credentials")).toBeNull();
  });

  it("has Vary: Origin, and lets scripts read WWW-Authenticate, Retry-After and x-request-id", async () => {
    await using gateway = await startGateway();

    const { headers } = await post(gateway.url, sandbox);

    expect(headers.get("vary")).toBe("Origin");
    expect(headers.get("access-control-expose-headers")).toBe("WWW-Authenticate, Retry-After, X-Request-Id");
  });

  it.each([
    ["Apollo Client's clientAwareness", "apollographql-client-name,apollographql-client-version,content-type"],
    ["Sentry", "baggage,content-type,sentry-trace"],
    ["Datadog", "x-datadog-origin,x-datadog-parent-id,x-datadog-sampling-priority,x-datadog-trace-id"],
    ["New Relic", "newrelic,traceparent,tracestate"],
    ["jQuery and axios", "X-Requested-With, X-XSRF-TOKEN"],
  ])("allows the headers that %s sends", async (_, asked) => {
    await using gateway = await startGateway();

    const { status, headers } = await preflight(gateway.url, sandbox, { "access-control-request-headers": asked });

    const allowed = headers.get("access-control-allow-headers")?.split(", ");
    expect(status).toBe(204);
    expect(allowed).toEqual(expect.arrayContaining(asked.toLowerCase().split(/, ?/)));
    expect(headers.get("vary")).toMatch(/^Origin, Access-Control-Request-Headers\b/);
  });

  it.each([
    ["*", "*"],
    ["what is no name", "x-good, bad name, x(y), ,:"],
    ["more than 4,096 characters", Array.from({ length: 500 }, (_, n) => `x-number-${n}`).join(",")],
  ])("does not allow %s as headers", async (what, asked) => {
    await using gateway = await startGateway();

    const { headers } = await preflight(gateway.url, sandbox, { "access-control-request-headers": asked });

    const allowed = headers.get("access-control-allow-headers") ?? "";
    expect(allowed).toMatch(/^authorization, [a-z, -]+$/);
    expect(allowed.length).toBeLessThan(200);
    expect(allowed.includes("x-good")).toBe(what.startsWith("what"));
  });

  it("allows a method that the gateway lacks, so that its 405 can be read", async () => {
    await using gateway = await startGateway();

    const asked = await preflight(gateway.url, sandbox, { "access-control-request-method": "PUT" });
    const odd = await preflight(gateway.url, sandbox, { "access-control-request-method": "*" });

    expect(asked.headers.get("access-control-allow-methods")).toBe("GET, POST, PUT");
    expect(odd.headers.get("access-control-allow-methods")).toBe("GET, POST");
  });

  it("can be read whatever its path and status, by an allowed origin only", async () => {
    await using gateway = await startGateway({ config: { maxBodyBytes: 1024 } });
    const { url } = gateway;
    const at = (path: string) => new URL(path, url).href;
    const large = "x".repeat(20_000);
    const ask = (origin: string): readonly [status: number, response: Promise<Response>][] => [
      [204, preflight(at("/nothing"), origin)],
      [204, preflight(at("/livez"), origin)],
      [404, post(at("/nothing"), origin)],
      [405, post(at("/livez"), origin)],
      [405, fetch(url, { method: "PUT", headers: { origin } })],
      [413, post(url, origin, large)],
      [415, fetch(url, { method: "POST", headers: { origin }, body: "{}" })],
      [431, fetch(url, { headers: { origin, "x-large": large } })],
      [431, fetch(url, { headers: { origin, "x-large": "x".repeat(65_000) } })],
      [200, fetch(at("/readyz"), { headers: { origin } })],
    ];

    for (const [status, response] of ask(sandbox)) {
      const answer = await response;
      expect(answer.status).toBe(status);
      expect(answer.headers.get("access-control-allow-origin")).toBe(sandbox);
      expect(answer.headers.get("access-control-expose-headers")).toContain("X-Request-Id");
    }
    for (const [status, response] of ask("https://evil.example")) {
      const answer = await response;
      if (status !== 204) expect(answer.status).toBe(status);
      expect(corsHeaders(answer)).toEqual([]);
      expect(answer.headers.get("vary")).toBe("Origin");
    }
  });

  it("has Vary: Origin even for a request without an origin", async () => {
    await using gateway = await startGateway();

    const { headers } = await fetch(gateway.url, { headers: { accept: "text/html" } });

    expect(headers.get("vary")).toBe("Origin");
    expect(headers.get("access-control-allow-origin")).toBeNull();
  });

  it("can be read by scripts if it is an error", async () => {
    await using gateway = await startGateway();

    const broken = await post(gateway.url, sandbox, "{");
    const unauthenticated = await post(
      gateway.url,
      sandbox,
      '{"query":"{ userPfxCertificates(first: 1) { nodes { id } } }"}',
    );

    expect(broken.status).toBe(400);
    expect(broken.headers.get("access-control-allow-origin")).toBe(sandbox);
    expect(unauthenticated.status).toBe(401);
    expect(unauthenticated.headers.get("www-authenticate")).toBe("Bearer");
    expect(unauthenticated.headers.get("access-control-expose-headers")).toContain("WWW-Authenticate");
  });
});
