import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { print } from "graphql";
import { CreateUserPfxCertificateDocument as CREATE } from "intune-pfx-client/operations";
import { generate } from "selfsigned";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { variables } from "../src/config/variables.ts";
import { delayAnswer, hangAfterApplying, hangBeforeApplying } from "../src/emulator/faults.ts";
import { startEmulator } from "../src/emulator/server.ts";
import { connectTo, readAnswer } from "./server/http/raw.ts";
import { startIdentityProvider } from "./support/identity-provider.ts";
import { anInput, thumbprintOf } from "./support/input.ts";
import { startOtlpCollector } from "./support/otlp-collector.ts";

// A place like an installed package's: the program, what it reads beside itself, its dependencies. Built for this file
// alone, so that neither an older build nor one under way is in it.
const place = mkdtempSync(join(tmpdir(), "gateway-"));
const started = new Set<ChildProcess>();
const canary = "canary-7f3a";
const typename = '{"query":"{ __typename }"}';

beforeAll(() => {
  const bundler = resolve("node_modules/vite/bin/vite.js");
  const args = [bundler, "build", "--config", "bundle.config.ts", "--outDir", join(place, "dist")];
  const env = { ...process.env, NODE_ENV: "production" };
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", env });
  if (status !== 0) throw new Error(`the build failed:\n${stderr}`);
  cpSync("package.json", join(place, "package.json"));
  cpSync("operations", join(place, "operations"), { recursive: true });
  symlinkSync(resolve("node_modules"), join(place, "node_modules"), "junction");
  mkdirSync(join(place, "empty"));
  mkdirSync(join(place, "dist", "graphiql"));
  writeFileSync(join(place, "dist", "graphiql", "index.html"), "<title>GraphiQL</title>");
}, 60_000);

afterAll(() => {
  for (const child of started) child.kill("SIGKILL"); // those of a test that ran out of time while waiting for an end
  rmSync(place, { recursive: true });
});

interface Options {
  args?: readonly string[];
  /** The whole environment. */
  env?: Readonly<Record<string, string>>;
  /** Working directory; one without a `.env` unless told otherwise. */
  cwd?: string;
  /** The folder of the built program. */
  dist?: string;
}

class Program implements AsyncDisposable {
  readonly exitCode: Promise<number | null>;
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;

  constructor({ args = [], env = {}, cwd = join(place, "empty"), dist = join(place, "dist") }: Options) {
    const child = spawn(process.execPath, [join(dist, "main.js"), ...args], {
      env,
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.on("data", (chunk) => (this.stdout += chunk));
    child.stderr.on("data", (chunk) => (this.stderr += chunk));
    started.add(child);
    child.once("exit", () => started.delete(child));
    this.exitCode = new Promise((resolve) => child.once("close", resolve));
    this.#child = child;
  }

  /** Waits until it listens; the address of its API. */
  async url(): Promise<string> {
    await expect.poll(() => this.stdout + this.stderr, { timeout: 10_000 }).toMatch(/"listening"|Not started/);
    return /"url":"([^"]+)"/.exec(this.stdout)?.[1] ?? `not started: ${this.stderr}`;
  }

  onFirstOutput(listener: () => void): void {
    this.#child.stdout?.once("data", listener);
  }

  signal(name: "SIGTERM" | "SIGINT"): void {
    this.#child.kill(name);
  }

  /** Closes this end of its standard output. */
  stopReading(): void {
    this.#child.stdout?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exitCode;
  }
}

function run(options: Options = {}): Program {
  return new Program(options);
}

async function post(url: string, body: string): Promise<{ status: number; answer: unknown }> {
  const headers = { "content-type": "application/json", authorization: "Bearer caller-token" };
  const response = await fetch(url, { method: "POST", headers, body });
  return { status: response.status, answer: await response.json() };
}

describe("the program's arguments", () => {
  it("--help prints every variable with its meaning and default", async () => {
    await using program = run({ args: ["--help"] });

    expect(await program.exitCode).toBe(0);
    for (const { name, meaning, default: value } of variables) {
      const [line = "", next = ""] = program.stdout.slice(program.stdout.indexOf(`\n  ${name} `) + 1).split("\n");
      expect(line.split(/ {1,}/).slice(1).join(" ")).toBe(`${name} ${meaning}`);
      expect(next.trim()).toBe(`default: ${value}`);
    }
    expect(program.stderr).toBe("");
  });

  it("doctor reports success as JSON, with exit code 0", async () => {
    await using program = run({ args: ["doctor", "--json"] });

    expect(await program.exitCode).toBe(0);
    expect(JSON.parse(program.stdout)).toMatchObject({ ok: true });
  });

  it("doctor names the problems of the configuration, never its values, with exit code 78", async () => {
    await using program = run({ args: ["doctor"], env: { PORT: canary } });

    expect(await program.exitCode).toBe(78);
    expect(program.stdout).toContain("PORT: must be");
    expect(program.stdout + program.stderr).not.toContain(canary);
  });

  it("--help works with a broken configuration", async () => {
    await using program = run({ args: ["--help"], env: { PORT: canary, NODE_ENV: "production" } });

    expect(await program.exitCode).toBe(0);
    expect(program.stdout).not.toContain(canary);
  });

  it("--version prints the package's version", async () => {
    await using program = run({ args: ["--version"] });

    expect(await program.exitCode).toBe(0);
    expect(program.stdout).toBe(`${JSON.parse(readFileSync("package.json", "utf8")).version}\n`);
  });

  it.each([[["--port"]], [["start"]], [["--help", "me"]], [["--version", "--help"]], [["-h"]], [[""]]])(
    "%j is unknown: exit code 64 and a hint to --help",
    async (args) => {
      await using program = run({ args });

      expect(await program.exitCode).toBe(64);
      expect(program.stderr).toContain("--help");
      expect(program.stdout).toBe("");
    },
  );
});

describe("the program with a bad configuration", () => {
  it("prints every problem without values to standard error and exits with 78", async () => {
    const unchecked = /^(?:HOST|NODE_ENV|ROUTER_SECRET|PERSISTED_OPERATIONS_FILE|AZURE_.*|AUTH_(?!MODE$).*)$/; // unless a mode asks for them
    const names = variables.map(({ name }) => name).filter((name) => !unchecked.test(name));
    await using program = run({ env: Object.fromEntries(names.map((name) => [name, canary])) });

    expect(await program.exitCode).toBe(78);
    for (const name of names) expect(program.stderr).toContain(`\n  ${name}: must `);
    expect(program.stderr).not.toContain(canary);
    expect(program.stderr).not.toMatch(/\bat .+:\d+:\d+/);
    expect(program.stdout).toBe("");
  });

  it("names an invalid credential file and prints none of its content", async () => {
    const env = {
      AUTH_MODE: "app",
      AZURE_TENANT_ID: "7e4a4700-0000-4000-8000-000000000001",
      AZURE_CLIENT_ID: "client",
      AZURE_CLIENT_CERTIFICATE_PATH: `-----BEGIN PRIVATE KEY-----\n${canary}`,
      REDIS_URL: `redis://:${canary}%@redis`,
    };
    await using program = run({ env });

    expect(await program.exitCode).toBe(78);
    expect(program.stderr).toContain("\n  AZURE_CLIENT_CERTIFICATE_PATH: must ");
    expect(program.stderr).toContain("\n  REDIS_URL: must ");
    expect(program.stderr).not.toContain(canary);
    expect(program.stderr).not.toContain("BEGIN");
  });

  it("refuses a certificate with an EC key and a secret with a hidden character, both at once", async () => {
    const { cert, private: key } = await generate([], { keyType: "ec" });
    const path = join(place, "ec.pem");
    writeFileSync(path, cert + key);
    const env = {
      AUTH_MODE: "app",
      AZURE_TENANT_ID: "7e4a4700-0000-4000-8000-000000000001",
      AZURE_CLIENT_ID: "client",
      AZURE_CLIENT_CERTIFICATE_PATH: path,
      ROUTER_SECRET: `${canary}\u200B`,
    };
    await using program = run({ env });

    expect(await program.exitCode).toBe(78);
    expect(program.stderr).toMatch(/\n {2}AZURE_CLIENT_CERTIFICATE_PATH: .* Entra takes only RSA keys/);
    expect(program.stderr).toMatch(/\n {2}ROUTER_SECRET: .* an invisible character at its end/);
    expect(program.stderr).not.toContain(canary);
  });

  it.each([
    ["an address of another machine", "192.0.2.1"],
    ["a name that leads nowhere", `${canary}.invalid`],
  ])("names HOST if it is %s", async (_, host) => {
    await using program = run({ env: { HOST: host, PORT: "0" } });

    expect(await program.exitCode).toBe(78);
    expect(program.stderr).toContain("\n  HOST: must ");
    expect(program.stderr).not.toContain(host);
  });

  it("refuses to start in production without configuration", async () => {
    await using program = run({ env: { NODE_ENV: "production" } });

    expect(await program.exitCode).toBe(78);
    expect(program.stderr).toContain("AUTH_MODE: must be set");
    expect(program.stdout).toBe("");
  });

  it("refuses the emulator in production", async () => {
    await using program = run({ env: { NODE_ENV: "production", AUTH_MODE: "none" } });

    expect(await program.exitCode).toBe(78);
    expect(program.stderr).toContain("AUTH_MODE: none works only with the emulator");
  });
});

describe("the program's .env", () => {
  function folderWith(name: string, text: string): string {
    const folder = join(place, name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, ".env"), text);
    return folder;
  }

  it("is read from the working directory; the environment takes precedence", async () => {
    const cwd = folderWith("development", `PORT=${canary}\nLOG_LEVEL=${canary}\n`);
    await using program = run({ cwd, env: { LOG_LEVEL: "info" } });

    expect(await program.exitCode).toBe(78);
    expect(program.stderr).toContain("PORT: must be");
    expect(program.stderr).not.toContain("LOG_LEVEL");
  });

  it("is not read in production", async () => {
    const cwd = folderWith("production", `AUTH_MODE=passthrough\nPORT=${canary}\n`);
    await using program = run({ cwd, env: { NODE_ENV: "production" } });

    expect(await program.exitCode).toBe(78);
    expect(program.stderr).toContain("AUTH_MODE: must be set");
    expect(program.stderr).not.toContain("PORT");
  });

  it("stops the start if it cannot be read", async () => {
    const cwd = join(place, "unreadable");
    mkdirSync(join(cwd, ".env"), { recursive: true });
    await using program = run({ cwd, env: { PORT: "0" } });

    expect(await program.exitCode).toBe(78);
    expect(program.stderr).toContain("  .env: ");
  });
});

describe("the program with nothing configured but a port", () => {
  it("prints its address, that it emulates Graph, and a first query that works", async () => {
    await using program = run({ env: { PORT: "0" } });
    const url = await program.url();

    await expect.poll(() => program.stdout).toContain("curl");
    expect(program.stdout).toContain(`Intune PFX gateway: ${url}`);
    expect(program.stdout).toContain("Emulating Microsoft Graph");
    const [, body = "", address = ""] = /curl .* -d '([^']+)' (\S+)/.exec(program.stdout) ?? [];
    expect(address).toBe(url);
    const { status, answer } = await post(address, body);
    expect(status).toBe(200);
    expect(answer).toEqual({
      data: {
        userPfxCertificates: {
          nodes: Array.from({ length: 3 }, () => ({ id: expect.any(String), userPrincipalName: expect.any(String) })),
        },
      },
    });
    expect(program.stderr).toBe("");
  });

  it("exits with 0 although a browser holds an unused connection", async () => {
    await using program = run({ env: { PORT: "0" } });
    const unused = connectTo(await program.url());
    await new Promise((resolve) => unused.once("connect", resolve));

    program.signal("SIGINT");

    expect(await program.exitCode).toBe(0);
    unused.destroy();
  });

  it("exits with 0 on a signal right after it starts to listen", async () => {
    await using program = run({ env: { PORT: "0" } });
    program.onFirstOutput(() => program.signal("SIGTERM"));

    expect(await program.exitCode).toBe(0);
  });

  it("keeps serving when its log is not read, and exits with 0", async () => {
    await using program = run({ env: { PORT: "0" } });
    const url = await program.url();
    program.stopReading();

    for (const _ of [1, 2, 3]) expect((await post(url, typename)).status).toBe(200);
    program.signal("SIGTERM");

    expect(await program.exitCode).toBe(0);
  });

  it.each(["SIGTERM", "SIGINT"] as const)("exits with 0 on %s", async (signal) => {
    await using program = run({ env: { PORT: "0" } });
    await post(await program.url(), typename); // leaves a connection that is kept alive

    program.signal(signal);

    expect(await program.exitCode).toBe(0);
    expect(program.stdout).toContain(`"signal":"${signal}"`);
    expect(program.stderr).toBe("");
  });
});

describe("the program on a port that is taken", () => {
  it("says so, names the variable to set, and exits with 1", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const address = other.address();
    const port = typeof address === "object" ? String(address?.port) : "";

    await using program = run({ env: { PORT: port } });

    expect(await program.exitCode).toBe(1);
    expect(program.stderr).toMatch(/^Not started: .*address already in use.*set PORT/);
    expect(program.stderr).toContain(port);
    expect(program.stderr).not.toMatch(/\bat .+:\d+:\d+/);
    other.close();
  });
});

describe("the program in production", () => {
  it("runs without the emulator's files, with explorer and introspection off", async () => {
    const dist = join(place, "without-emulator", "dist");
    cpSync(join(place, "dist"), dist, { recursive: true });
    const chunks = join(dist, "chunks");
    const emulator = readdirSync(chunks).filter((file) => /^(?:server|seed)-/.test(file));
    expect(emulator).toHaveLength(2);
    for (const file of emulator) rmSync(join(chunks, file));
    cpSync(join(place, "package.json"), join(place, "without-emulator", "package.json"));
    cpSync(join(place, "operations"), join(place, "without-emulator", "operations"), { recursive: true });
    await using program = run({ dist, env: { NODE_ENV: "production", AUTH_MODE: "passthrough", PORT: "0" } });
    const url = await program.url();

    const ready = await fetch(new URL("/readyz", url));
    const page = await fetch(url, { headers: { accept: "text/html" } });
    const introspection = await post(url, '{"query":"{ __schema { types { name } } }"}');

    expect(ready.status).toBe(200);
    expect(page.headers.get("content-type")).toMatch(/^application\/json/);
    expect(introspection.status).toBe(200);
    expect(program.stdout).not.toContain("Emulating");
    program.signal("SIGTERM");
    expect(await program.exitCode).toBe(0);
  });

  it("needs no folder of samples while the explorer is off", async () => {
    const dist = join(place, "without-samples", "dist");
    cpSync(join(place, "dist"), dist, { recursive: true });
    cpSync(join(place, "package.json"), join(place, "without-samples", "package.json"));
    await using program = run({ dist, env: { NODE_ENV: "production", AUTH_MODE: "passthrough", PORT: "0" } });

    expect((await post(await program.url(), typename)).status).toBe(200);
  });
});

describe("the built program", () => {
  it("has the schema of schema.graphql", async () => {
    await using program = run({ env: { PORT: "0" } });

    const { answer } = await post(await program.url(), '{"query":"{ _service { sdl } }"}');

    expect(answer).toEqual({ data: { _service: { sdl: readFileSync("schema.graphql", "utf8") } } });
  });

  it("serves GraphiQL from the files beside it", async () => {
    await using program = run({ env: { PORT: "0" } });

    const page = await fetch(new URL("/graphiql", await program.url()));

    expect([page.status, await page.text()]).toEqual([200, "<title>GraphiQL</title>"]);
  });

  it("finds the modules that it loads on demand: verification, credentials, limits, traces, metrics, Redis, the doctor", async () => {
    await using provider = await startIdentityProvider();
    await using collector = await startOtlpCollector();
    await using emulator = await startEmulator();
    const env = {
      PORT: "0",
      METRICS_PORT: "0",
      NODE_ENV: "production",
      AUTH_MODE: "app",
      AUTHORITY_URL: provider.url,
      GRAPH_BASE_URL: emulator.url,
      ALLOW_LOOPBACK_UPSTREAM: "true",
      AZURE_TENANT_ID: provider.tenantId,
      AZURE_CLIENT_ID: provider.clientId,
      AZURE_CLIENT_SECRET: provider.clientSecret,
      RATE_LIMIT_PER_MINUTE: "1",
      REDIS_URL: "redis://127.0.0.1:1",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    };
    await using program = run({ env });
    const url = await program.url();
    const headers = {
      "content-type": "application/json",
      authorization: `Bearer ${await provider.callers.issue()}`,
    };
    const create = JSON.stringify({ query: print(CREATE), variables: { input: anInput() } });
    const ask = async () => (await fetch(url, { method: "POST", headers, body: create })).status;

    expect([await ask(), await ask()]).toEqual([200, 429]);
    expect(emulator.records).toHaveLength(1);
    const metricsUrl = /"metricsUrl":"([^"]+)"/.exec(program.stdout)?.[1] ?? "";
    expect(await (await fetch(metricsUrl)).text()).toContain('token_requests_total{outcome="acquired"} 1');
    expect(program.stdout).toContain("Redis does not answer");
    program.signal("SIGTERM");
    expect(await program.exitCode).toBe(0);
    expect(collector.spans.map(({ name }) => name)).toContain("POST /graphql");
    await using doctor = run({ env, args: ["doctor", "--json"] });
    expect(await doctor.exitCode).toBe(0);
    expect(JSON.parse(doctor.stdout)).toMatchObject({ ok: true });
  });
});

describe("the program on SIGTERM", () => {
  const query = '{"query":"{ userPfxCertificates(first: 1) { nodes { id } } }"}';
  const collection = "/userPfxCertificates";

  function configured(graph: string): Record<string, string> {
    return { PORT: "0", AUTH_MODE: "passthrough", GRAPH_BASE_URL: graph, ALLOW_LOOPBACK_UPSTREAM: "true" };
  }

  it("finishes open requests, even after a second signal, and exits with 0", async () => {
    await using graph = await startEmulator({ faults: [delayAnswer("GET", collection, 1500)] });
    await using program = run({ env: configured(graph.url) });
    const answered = post(await program.url(), query);
    await expect.poll(() => graph.requests.length).toBe(1);

    program.signal("SIGTERM");
    await expect.poll(() => program.stdout).toContain('"stopping"');
    program.signal("SIGTERM");
    program.signal("SIGINT");

    expect(await answered).toEqual({ status: 200, answer: { data: { userPfxCertificates: { nodes: [] } } } });
    expect(await program.exitCode).toBe(0);
    expect(program.stdout.match(/"stopping"/g)).toHaveLength(1);
    expect(program.stderr).toBe("");
  });

  it("answers every started request under load, and exits with 0", async () => {
    await using graph = await startEmulator({ writeQuota: false, latencyMs: 40 });
    await using program = run({ env: { ...configured(graph.url), GRAPH_WRITES_PER_20S: "100000" } });
    const url = await program.url();
    const created: string[] = [];
    const refused: unknown[] = [];
    let number = 0;
    const client = async () => {
      for (;;) {
        const thumbprint = thumbprintOf(number++);
        const body = JSON.stringify({ query: print(CREATE), variables: { input: anInput({ thumbprint }) } });
        const headers = {
          "content-type": "application/json",
          authorization: "Bearer caller-token",
          connection: "close",
        };
        // Once nobody listens any more there is no connection.
        const answer = await fetch(url, { method: "POST", headers, body }).catch(() => undefined);
        if (answer === undefined) return;
        if (answer.status !== 200) return void refused.push(answer.status);
        expect(await answer.json()).toMatchObject({ data: { createUserPfxCertificate: { thumbprint } } });
        created.push(thumbprint);
      }
    };
    const clients = Array.from({ length: 50 }, client);
    await expect.poll(() => created.length, { timeout: 10_000 }).toBeGreaterThan(200);

    program.signal("SIGTERM");

    await Promise.all(clients);
    expect(await program.exitCode).toBe(0);
    expect(refused.every((status) => status === 503)).toBe(true);
    // What was stored was answered, and the other way round.
    expect(graph.ledger.map(({ thumbprint }) => thumbprint).sort()).toEqual(created.sort());
  });

  it("is not blocked by a hung Graph: open requests get their deadline and no more", async () => {
    await using graph = await startEmulator({
      faults: [hangAfterApplying("POST", collection), hangBeforeApplying("GET", collection, { times: 100 })],
    });
    await using program = run({ env: { ...configured(graph.url), REQUEST_DEADLINE_MS: "2000" } });
    const answered = post(
      await program.url(),
      JSON.stringify({ query: print(CREATE), variables: { input: anInput() } }),
    );
    await expect.poll(() => graph.ledger.length).toBe(1);

    program.signal("SIGTERM");
    const signalledAt = performance.now();

    expect(await program.exitCode).toBe(0);
    expect(performance.now() - signalledAt).toBeLessThan(4000);
    expect(await answered).toMatchObject({ answer: { errors: [{ extensions: { code: "OUTCOME_UNKNOWN" } }] } });
    expect(program.stdout).toContain('"outcome":"OUTCOME_UNKNOWN"');
  });

  it("reports not ready on old and new connections and admits no request until open requests end", async () => {
    await using graph = await startEmulator({ faults: [delayAnswer("GET", collection, 1500)] });
    await using program = run({ env: configured(graph.url) });
    const url = await program.url();
    const probe = connectTo(url);
    probe.write("GET /livez HTTP/1.1\r\nHost: gateway.example\r\n\r\n");
    expect((await readAnswer(probe)).status).toBe(200);
    probe.write("GET /readyz HTTP/1.1\r\nHost: gateway.example\r\n");
    const answered = post(url, query);
    await expect.poll(() => graph.requests.length).toBe(1);

    program.signal("SIGTERM");
    await expect.poll(() => program.stdout).toContain('"stopping"');
    probe.write("\r\n");
    const readiness = await readAnswer(probe);

    expect(readiness.status).toBe(503);
    expect(JSON.parse(readiness.text)).toEqual({ status: "draining" });
    expect(readiness.headers.get("connection")).toBe("close");
    expect((await fetch(new URL("/readyz", url))).status).toBe(503);
    expect((await fetch(new URL("/livez", url))).status).toBe(200);
    const refused = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: query });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: "OVERLOADED" } }] });
    expect(graph.requests).toHaveLength(1);
    probe.destroy();
    expect((await answered).status).toBe(200);
    await expect(fetch(new URL("/livez", url))).rejects.toThrow();
    expect(await program.exitCode).toBe(0);
  });
});
