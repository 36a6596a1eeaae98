/**
 * The built program behind a company's proxy: Graph and Entra have their real names, which only the proxy can resolve, and
 * certificates of an authority of the test's own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { print } from "graphql";
import {
  CreateUserPfxCertificateDocument as CREATE,
  UserPfxCertificatesDocument as LIST,
} from "intune-pfx-client/operations";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dropAnswer } from "../../src/emulator/faults.ts";
import { type Emulator, startEmulator } from "../../src/emulator/server.ts";
import { type ConnectProxy, startConnectProxy } from "../support/connect-proxy.ts";
import { type IdentityProvider, startIdentityProvider } from "../support/identity-provider.ts";
import { anInput } from "../support/input.ts";
import { startOtlpCollector } from "../support/otlp-collector.ts";
import { buildProgram, programFolder } from "../support/program.ts";
import { startTlsFront, type TlsFront } from "../support/tls-front.ts";

const folder = programFolder();
const password = "canary-Proxy7";
const started = new Set<ChildProcess>();

beforeAll(() => buildProgram(folder), 60_000);
afterAll(() => {
  for (const child of started) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

/** A server of this machine, and the name and port by which only the proxy knows it. */
interface Known {
  readonly target: string;
  readonly url: URL;
}

interface World extends AsyncDisposable {
  readonly emulator: Emulator;
  readonly proxy: ConnectProxy;
  readonly output: () => string;
  ask(
    document: Parameters<typeof print>[0],
    variables?: object,
    token?: string,
  ): Promise<{ data?: unknown; errors?: { extensions: Record<string, unknown> }[] }>;
}

async function start(
  env: (proxy: ConnectProxy) => Record<string, string> = (proxy) => ({ HTTPS_PROXY: proxy.url }),
  others: readonly Known[] = [],
): Promise<World> {
  const emulator = await startEmulator();
  const ports: Record<string, number> = {};
  const fronts: TlsFront[] = [];
  for (const { target, url } of [{ target: "graph.microsoft.com:443", url: new URL(emulator.url) }, ...others]) {
    if (target.endsWith(":443")) {
      const front = await startTlsFront(target.replace(/:443$/, ""), url);
      fronts.push(front);
      ports[target] = front.port;
    } else {
      ports[target] = Number(url.port);
    }
  }
  const proxy = await startConnectProxy(ports, { user: "kim", password });
  const authority = join(folder, "authority.pem");
  writeFileSync(authority, fronts.map((front) => front.authority).join("\n"));
  const child = spawn(process.execPath, [join(folder, "dist", "main.js")], {
    cwd: join(folder, "empty"),
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PORT: "0",
      NODE_ENV: "production",
      AUTH_MODE: "passthrough",
      LOG_LEVEL: "debug",
      REQUEST_DEADLINE_MS: "4000",
      NODE_EXTRA_CA_CERTS: authority,
      ...env(proxy),
    },
  });
  started.add(child);
  const ended = new Promise((resolve) => child.once("close", resolve));
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  await expect.poll(() => output, { timeout: 20_000 }).toMatch(/"listening"|Not started/);
  const url = /"url":"([^"]+)"/.exec(output)?.[1] ?? `not started: ${output}`;
  return {
    emulator,
    proxy,
    output: () => output,
    async ask(document, variables, token = "caller-token") {
      const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
      const body = JSON.stringify({ query: print(document), variables });
      const response = await fetch(url, { method: "POST", headers, body });
      return JSON.parse(await response.text());
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
      started.delete(child);
      await proxy[Symbol.asyncDispose]();
      for (const front of fronts) await front[Symbol.asyncDispose]();
      await emulator.close();
    },
  };
}

describe("a gateway behind a proxy", () => {
  it("reaches Graph through it, with its user and password, and names it in the log without them", async () => {
    await using world = await start();

    const created = await world.ask(CREATE, { input: anInput() });
    const listed = await world.ask(LIST);

    expect(created.errors).toBeUndefined();
    expect(listed.errors).toBeUndefined();
    expect(world.emulator.ledger).toHaveLength(1);
    expect(new Set(world.proxy.targets)).toEqual(new Set(["graph.microsoft.com:443"]));
    expect(world.proxy.others).toEqual([]);
    expect(world.output()).toContain(`"proxy":"http://${world.proxy.host}"`);
    expect(world.output()).not.toContain(password);
  });

  it.each([
    ["https_proxy", (proxy: ConnectProxy) => ({ https_proxy: proxy.url, HTTPS_PROXY: "http://127.0.0.1:9" })],
    ["HTTP_PROXY alone", (proxy: ConnectProxy) => ({ HTTP_PROXY: proxy.url })],
    ["an address without http://", (proxy: ConnectProxy) => ({ HTTPS_PROXY: proxy.url.replace("http://", "") })],
  ])("takes %s", async (_, env) => {
    await using world = await start(env);

    expect((await world.ask(LIST)).errors).toBeUndefined();
    expect(world.proxy.targets).toHaveLength(1);
  });

  it("settles a create whose answer was lost through the proxy: once", async () => {
    await using world = await start();
    world.emulator.faults.add(dropAnswer("POST", "/userPfxCertificates"));

    const { data, errors } = await world.ask(CREATE, { input: anInput() });

    expect(errors).toBeUndefined();
    expect(data).toMatchObject({ createUserPfxCertificate: { id: world.emulator.records[0]?.id } });
    expect(world.emulator.ledger).toHaveLength(1);
  });

  it.each([
    ["answers 407", { status: 407 }, "PROXY_STATUS_407"],
    ["answers 502", { status: 502 }, "PROXY_STATUS_502"],
    ["closes before it answers", { cut: "before the answer" }, "PROXY_CLOSED"],
    ["closes after CONNECT", { cut: "after the answer" }, "PROXY_CLOSED"],
    ["does not answer", { isSilent: true }, undefined],
  ] as const)(
    "says that nothing was sent where the proxy %s, tries again a few times, and works again afterwards",
    async (_, fault, cause) => {
      await using world = await start();
      world.proxy.fault = fault;

      const { errors } = await world.ask(CREATE, { input: anInput() });

      expect(errors?.[0]?.extensions.code).toBe(cause === undefined ? "UPSTREAM_TIMEOUT" : "UPSTREAM_UNAVAILABLE");
      expect(world.proxy.targets.length).toBeLessThanOrEqual(4);
      expect(world.emulator.requests).toEqual([]);
      if (cause !== undefined) expect(world.output()).toContain(`"cause":"${cause}"`);
      world.proxy.fault = undefined;
      expect((await world.ask(LIST)).errors).toBeUndefined();
    },
  );

  it("says that nothing was sent where nothing listens at the proxy's address", async () => {
    await using world = await start(() => ({ HTTPS_PROXY: "http://127.0.0.1:9" }));

    const { errors } = await world.ask(CREATE, { input: anInput() });

    expect(errors?.[0]?.extensions.code).toBe("UPSTREAM_UNAVAILABLE");
    expect(world.output()).toContain('"cause":"PROXY_ECONNREFUSED"');
  });

  const entra = "https://login.microsoftonline.com";
  const withEntra = (provider: IdentityProvider) => (proxy: ConnectProxy) => ({
    HTTPS_PROXY: proxy.url,
    AUTH_MODE: "app",
    AZURE_TENANT_ID: provider.tenantId,
    AZURE_CLIENT_ID: provider.clientId,
    AZURE_CLIENT_SECRET: provider.clientSecret,
  });
  const known = (provider: IdentityProvider) => [
    { target: "login.microsoftonline.com:443", url: new URL(provider.url) },
  ];

  it("gets Entra's signing keys and its own token through it", async () => {
    await using provider = await startIdentityProvider({ authority: entra });
    await using world = await start(withEntra(provider), known(provider));

    const token = await provider.callers.issueApp({ roles: ["Pfx.ReadWrite.All"] });
    const { errors } = await world.ask(CREATE, { input: anInput() }, token);

    expect(errors).toBeUndefined();
    expect(world.emulator.ledger).toHaveLength(1);
    expect(provider.count("jwks")).toBe(1);
    expect(provider.count("token")).toBe(1);
    expect(new Set(world.proxy.targets)).toEqual(new Set(["login.microsoftonline.com:443", "graph.microsoft.com:443"]));
    expect(world.output()).not.toContain(password);
  });

  it("says that Entra cannot be reached where the proxy refuses, and recovers", async () => {
    await using provider = await startIdentityProvider({ authority: entra });
    await using world = await start(withEntra(provider), known(provider));
    const token = await provider.callers.issueApp({ roles: ["Pfx.ReadWrite.All"] });
    world.proxy.fault = { status: 407 };

    const { errors } = await world.ask(CREATE, { input: anInput() }, token);

    expect(errors?.[0]?.extensions.code).toBe("UPSTREAM_UNAVAILABLE");
    expect(world.emulator.requests).toEqual([]);
    await expect.poll(() => world.output()).toContain('"cause":"PROXY_STATUS_407"');
    world.proxy.fault = undefined;
    // It asks for keys again five seconds after a failure.
    await expect
      .poll(async () => (await world.ask(CREATE, { input: anInput() }, token)).errors, {
        timeout: 10_000,
        interval: 500,
      })
      .toBeUndefined();
  });

  it.each(["http://otel.contoso.example:4318", "https://otel.contoso.example:443"])(
    "sends traces to %s through it",
    async (endpoint) => {
      await using collector = await startOtlpCollector();
      const known = { target: endpoint.replace(/^https?:\/\//, ""), url: new URL(collector.url) };
      const env = (proxy: ConnectProxy) => ({
        HTTPS_PROXY: proxy.url,
        HTTP_PROXY: proxy.url,
        OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
        OTEL_BSP_SCHEDULE_DELAY: "100",
      });
      await using world = await start(env, [known]);

      await world.ask(LIST);

      await expect.poll(() => collector.spans.length, { timeout: 10_000 }).toBeGreaterThan(0);
      expect(world.proxy.targets).toContain(known.target);
      expect(world.proxy.others).toEqual([]);
    },
  );

  it("sends traces to a collector on this machine past the proxy", async () => {
    await using collector = await startOtlpCollector();
    await using world = await start((proxy) => ({
      HTTPS_PROXY: proxy.url,
      HTTP_PROXY: proxy.url,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: "100",
    }));

    await world.ask(LIST);

    await expect.poll(() => collector.spans.length, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(new Set(world.proxy.targets)).toEqual(new Set(["graph.microsoft.com:443"]));
  });
});
