import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  constants,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { print } from "graphql";
import {
  CreateUserPfxCertificateDocument as CREATE,
  CreateUserPfxCertificatesDocument as CREATE_MANY,
} from "intune-pfx-client/operations";
import { generate } from "selfsigned";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { variables } from "../src/config/variables.ts";
import { delayAnswer, hangAfterApplying, hangBeforeApplying } from "../src/emulator/faults.ts";
import { startEmulator } from "../src/emulator/server.ts";
import { connectTo, readAnswer } from "./server/http/raw.ts";
import { startIdentityProvider } from "./support/identity-provider.ts";
import { anInput, thumbprintOf } from "./support/input.ts";
import { startOtlpCollector } from "./support/otlp-collector.ts";
import { buildProgram, programFolder } from "./support/program.ts";

const place = programFolder();
const started = new Set<ChildProcess>();
const canary = "canary-7f3a";
const typename = '{"query":"{ __typename }"}';

beforeAll(() => buildProgram(place), 60_000);

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
  /** A pipe of the operating system as standard output. Default: what Node.js makes, a socket. */
  hasPipe?: boolean;
  /** A file as standard output. */
  outputFile?: string;
}

/** Both ends of a new pipe. */
function createPipe(): { readEnd: Socket; writeFd: number } {
  const path = join(mkdtempSync(join(place, "pipe-")), "pipe");
  if (spawnSync("mkfifo", [path]).status !== 0) throw new Error("mkfifo failed");
  const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return { readEnd: new Socket({ fd: readFd, readable: true, writable: false }), writeFd: openSync(path, "w") };
}

class Program implements AsyncDisposable {
  /** After its output has been read to the end. */
  readonly exitCode: Promise<number | null>;
  /** Also if a pipe is not read. */
  readonly exited: Promise<number | null>;
  stdout = "";
  stderr = "";
  readonly #child: ChildProcess;
  readonly #output: Readable | null;

  constructor({
    args = [],
    env = {},
    cwd = join(place, "empty"),
    dist = join(place, "dist"),
    hasPipe = false,
    outputFile,
  }: Options) {
    const pipe = hasPipe ? createPipe() : undefined;
    const outputFd = pipe?.writeFd ?? (outputFile === undefined ? undefined : openSync(outputFile, "a"));
    const child = spawn(process.execPath, [join(dist, "main.js"), ...args], {
      env,
      cwd,
      stdio: ["ignore", outputFd ?? "pipe", "pipe"],
    });
    if (outputFd !== undefined) closeSync(outputFd);
    this.#output = pipe?.readEnd ?? child.stdout;
    this.#output?.on("data", (chunk) => (this.stdout += chunk));
    child.stderr?.on("data", (chunk) => (this.stderr += chunk));
    started.add(child);
    child.once("exit", () => started.delete(child));
    this.exited = new Promise((resolve) => child.once("close", resolve));
    const isRead = pipe && new Promise((resolve) => pipe.readEnd.once("close", resolve));
    this.exitCode = this.exited.then(async (code) => {
      await isRead;
      return code;
    });
    this.#child = child;
  }

  /** Waits until it listens; the address of its API. */
  async url(): Promise<string> {
    await expect.poll(() => this.stdout + this.stderr, { timeout: 10_000 }).toMatch(/"listening"|Not started/);
    return /"url":"([^"]+)"/.exec(this.stdout)?.[1] ?? `not started: ${this.stderr}`;
  }

  onFirstOutput(listener: () => void): void {
    this.#output?.once("data", listener);
  }

  signal(name: "SIGTERM" | "SIGINT" | "SIGUSR2"): void {
    this.#child.kill(name);
  }

  /** Closes this end of its standard output. */
  stopReading(): void {
    this.#output?.destroy();
  }

  /** Leaves its standard output unread, so that the pipe fills. */
  pauseReading(): void {
    this.#output?.pause();
  }

  resumeReading(): void {
    this.#output?.resume();
  }

  /** The lines of its log with this message. */
  lines(message: string): Record<string, unknown>[] {
    const lines = this.stdout.split("\n").filter((line) => line.startsWith("{"));
    return lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    this.#output?.resume();
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

  it.each([[["-h"]], [["help"]], [["doctor", "--help"]], [["--port", "1", "--help"]]])(
    "%j prints the help",
    async (args) => {
      await using program = run({ args });

      expect(await program.exitCode).toBe(0);
      expect(program.stdout).toMatch(/^Usage: intune-pfx-gateway/);
    },
  );

  it.each([[["--port", "0"]], [["--port=0"]], [["-p", "0"]]])("%j listens there, whatever PORT says", async (args) => {
    await using program = run({ args, env: { PORT: "1" } });

    expect(await program.url()).toMatch(/^http:\/\/127\.0\.0\.1:\d{4,5}\/graphql$/);
  });

  it.each([
    [["--prot", "4000"], "Unknown argument --prot; see"],
    [["-x"], "Unknown argument -x; see"],
    [["serve"], "Unknown argument serve; see"],
    [["doctor", "graph"], "Unknown argument graph; see"],
    [[`--secret=${canary}`], "Unknown argument --secret; see"],
    [[`${canary}@contoso.example`], "Unknown argument; see"],
    [["--port"], "--port needs a port number"],
    [["--json"], "--json belongs to doctor"],
  ])("%j ends with 64 and names the argument, never a value", async (args, message) => {
    await using program = run({ args });

    expect(await program.exitCode).toBe(64);
    expect(program.stderr).toContain(message);
    expect(program.stderr).not.toContain(canary);
    expect(program.stdout).toBe("");
  });

  it("--version prints the package's version", async () => {
    await using program = run({ args: ["--version"] });

    expect(await program.exitCode).toBe(0);
    expect(program.stdout).toBe(`${JSON.parse(readFileSync("package.json", "utf8")).version}\n`);
  });

  it.each([[["--port"]], [["start"]], [[""]]])("%j is unknown: exit code 64 and a hint to --help", async (args) => {
    await using program = run({ args });

    expect(await program.exitCode).toBe(64);
    expect(program.stderr).toContain("--help");
    expect(program.stdout).toBe("");
  });
});

describe("the program with a bad configuration", () => {
  it("prints every problem without values to standard error and exits with 78", async () => {
    const unchecked =
      /^(?:HOST|HTTPS_PROXY|HTTP_PROXY|NO_PROXY|NODE_ENV|ROUTER_SECRET|PERSISTED_OPERATIONS_FILE|AZURE_.*|AUTH_(?!MODE$).*)$/; // unless a mode asks for them
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
      AZURE_CLIENT_ID: "c11e4700-0000-4000-8000-000000000001",
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
      AZURE_CLIENT_ID: "c11e4700-0000-4000-8000-000000000001",
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
  function folderWith(name: string, text: string | Buffer): string {
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

  const usgov = "GRAPH_CLOUD=usgov\r\nAUTH_MODE=passthrough\r\nPORT=0\r\n";

  it.each([
    ["UTF-8 with a byte order mark", Buffer.from(`\uFEFF${usgov}`)],
    ["UTF-16, as PowerShell writes it", Buffer.from(`\uFEFF${usgov}`, "utf16le")],
  ])("may be in %s", async (encoding, content) => {
    await using program = run({ cwd: folderWith(encoding, content) });
    await program.url();

    expect(program.lines("starting")).toMatchObject([{ graphBaseUrl: "https://graph.microsoft.us" }]);
  });

  it("stops the start if it is UTF-16 without a byte order mark", async () => {
    await using program = run({ cwd: folderWith("without-mark", Buffer.from(usgov, "utf16le")), env: { PORT: "0" } });

    expect(await program.exitCode).toBe(78);
    expect(program.stderr).toContain("  .env: must be a file in UTF-8, or in UTF-16 with a byte order mark");
  });

  it("stops the start if a line is no assignment; the line's number is named with all other problems", async () => {
    const cwd = folderWith("broken", `# Graph\nGRAPH_CLOUD: ${canary}\nset AUTH_MODE=${canary}\nPORT=${canary}\n`);
    await using program = run({ cwd });

    expect(await program.exitCode).toBe(78);
    for (const problem of [".env: line 2 ", ".env: line 3 ", "PORT: "]) {
      expect(program.stderr).toContain(`\n  ${problem}must be `);
    }
    expect(program.stderr).not.toContain(canary);
    await using doctor = run({ cwd, args: ["doctor"] });
    expect(await doctor.exitCode).toBe(78);
    expect(doctor.stdout).toContain(".env: line 2 must be ");
  });

  it("replaces variables of the process that are empty", async () => {
    await using program = run({ cwd: folderWith("empty-variables", usgov), env: { GRAPH_CLOUD: "", AUTH_MODE: "" } });
    await program.url();

    expect(program.lines("starting")).toMatchObject([{ graphBaseUrl: "https://graph.microsoft.us" }]);
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

describe("the program with a misspelled variable", () => {
  it("does not start the emulator", async () => {
    await using program = run({ env: { PORT: "0", AUTH_MOD: canary, NODE_ENV: canary } });

    expect(await program.exitCode).toBe(78);
    expect(program.stderr).toMatch(/\n {2}NODE_ENV: .*\n {2}AUTH_MOD: .*AUTH_MODE/);
    expect(program.stderr).not.toContain(canary);
  });

  it("warns at the start, and so does the doctor", async () => {
    await using graph = await startEmulator();
    const env = {
      PORT: "0",
      AUTH_MODE: "passthrough",
      GRAPH_BASE_URL: graph.url,
      ALLOW_LOOPBACK_UPSTREAM: "true",
      azure_client_id: canary,
    };
    await using program = run({ env });
    await program.url();
    await using doctor = run({ env, args: ["doctor", "--json"] });
    await doctor.exitCode;

    const warning = "azure_client_id: is no variable of the gateway; AZURE_CLIENT_ID is";
    expect(program.lines("check the configuration")).toEqual([
      { level: 40, time: expect.any(String), warning, msg: expect.any(String) },
    ]);
    const detail = expect.stringContaining(warning);
    expect(JSON.parse(doctor.stdout).findings[0]).toMatchObject({ check: "configuration", status: "warning", detail });
    expect(program.stdout + doctor.stdout).not.toContain(canary);
  });
});

describe("the log of the program", () => {
  it("begins with the version, Node.js, the mode and Graph's address, and ends with the stop", async () => {
    const env = { PORT: "0", NODE_ENV: "production", AUTH_MODE: "passthrough", GRAPH_CLOUD: "usgov" };
    await using program = run({ env });
    await program.url();

    program.signal("SIGTERM");

    expect(await program.exitCode).toBe(0);
    const lines = program.stdout.trim().split("\n");
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      version: JSON.parse(readFileSync("package.json", "utf8")).version,
      nodeVersion: process.version,
      authMode: "passthrough",
      graphBaseUrl: "https://graph.microsoft.us",
      isEmulator: false,
      msg: "starting",
    });
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ msg: "stopped" });
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

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
    await expect.poll(() => created.length, { timeout: 40_000 }).toBeGreaterThan(200);

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

describe("the program whose log is not read", () => {
  const list = '{"query":"{ userPfxCertificates(first: 1) { nodes { id } } }"}';
  /** As long as a name may be, so that few audit lines fill the buffer. */
  const longName = `${"m".repeat(1000)}@contoso.example`;
  const itemsOfOne = 100;

  /** A gateway in front of an emulator that counts the creates. */
  async function startUnread(env: Record<string, string> = {}) {
    const graph = await startEmulator({ writeQuota: false });
    const program = run({
      hasPipe: true,
      env: {
        PORT: "0",
        METRICS_PORT: "0",
        AUTH_MODE: "passthrough",
        GRAPH_BASE_URL: graph.url,
        ALLOW_LOOPBACK_UPSTREAM: "true",
        GRAPH_WRITES_PER_20S: "100000",
        LOG_USER_NAMES: "true",
        ...env,
      },
    });
    const url = await program.url();
    const metricsUrl = String(program.lines("listening")[0]?.metricsUrl);
    let count = 0;
    return {
      graph,
      program,
      url,
      /** Creates certificates; the HTTP status. */
      async createMany(): Promise<number> {
        const inputs = Array.from({ length: itemsOfOne }, () =>
          anInput({ thumbprint: thumbprintOf(count++), userPrincipalName: longName }),
        );
        return (await post(url, JSON.stringify({ query: print(CREATE_MANY), variables: { inputs } }))).status;
      },
      create(): ReturnType<typeof post> {
        const input = anInput({ thumbprint: thumbprintOf(count++), userPrincipalName: longName });
        return post(url, JSON.stringify({ query: print(CREATE), variables: { input } }));
      },
      async metric(name: string): Promise<number> {
        const text = await (await fetch(metricsUrl)).text();
        return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1]);
      },
      /** Thumbprints of the audit lines. */
      audited: () => program.lines("audit").map(({ thumbprint }) => thumbprint),
      stored: () => graph.ledger.map(({ thumbprint }) => thumbprint),
      async [Symbol.asyncDispose]() {
        await program[Symbol.asyncDispose]();
        await graph[Symbol.asyncDispose]();
      },
    };
  }

  it("goes on with queries, refuses mutations once no audit line fits, and loses no audit line", async () => {
    await using here = await startUnread();
    const { program, url, graph } = here;
    expect((await here.create()).status).toBe(200); // the next one with this text is a compiled operation
    program.pauseReading();

    while ((await here.metric("log_lines_dropped_total")) === 0) expect(await here.createMany()).toBe(200);
    while ((await here.createMany()) === 200);
    const storedByThen = graph.ledger.length;
    const refused = await here.create();
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer caller-token" },
      body: JSON.stringify({ query: 'mutation { deleteUserPfxCertificate(id: "none") }' }),
    });
    const live = await fetch(new URL("/livez", url));

    expect(refused).toEqual({
      status: 503,
      answer: {
        errors: [
          { message: expect.stringContaining("audit log"), extensions: { code: "OVERLOADED", retryAfterSeconds: 1 } },
        ],
      },
    });
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    expect((await post(url, list)).status).toBe(200);
    expect(live.status).toBe(200);
    expect(graph.ledger).toHaveLength(storedByThen);
    expect(await here.metric("log_waiting_characters")).toBeGreaterThan(1_000_000);

    program.resumeReading();

    await expect.poll(async () => (await here.create()).status, { timeout: 30_000 }).toBe(200);
    await expect.poll(() => here.audited().length).toBe(graph.ledger.length);
    expect(here.audited().sort()).toEqual(here.stored().sort());
    const droppedLines = await here.metric("log_lines_dropped_total");
    expect(program.lines("lines are missing here: standard output was not read")).toEqual([
      { level: 40, time: expect.any(String), lines: droppedLines, msg: expect.any(String) },
    ]);
    expect(await here.metric("log_waiting_characters")).toBe(0);
    program.signal("SIGTERM");
    expect(await program.exitCode).toBe(0);
    expect(program.lines("stopped")).toHaveLength(1);
  });

  it("stops on SIGTERM, and exits with 0", async () => {
    await using here = await startUnread();
    here.program.pauseReading();
    while ((await here.metric("log_waiting_characters")) === 0) await here.createMany();

    here.program.signal("SIGTERM");

    expect(await here.program.exited).toBe(0);
  });

  it.each([
    ["SIGTERM", "SIGTERM", 0],
    ["an uncaught exception", "SIGUSR2", 1],
  ] as const)("writes the lines that wait, after %s, to a reader that is back", async (_, signal, exitCode) => {
    const crash = "process.on('SIGUSR2',()=>{throw(new(Error)('crash'))})";
    await using here = await startUnread({ NODE_OPTIONS: `--import=data:text/javascript,${crash}` });
    const { program } = here;
    program.pauseReading();
    while ((await here.metric("log_waiting_characters")) < 500_000) expect(await here.createMany()).toBe(200);

    program.signal(signal);
    program.resumeReading();

    expect(await program.exitCode).toBe(exitCode);
    expect(here.audited().sort()).toEqual(here.stored().sort());
  });

  it("refuses mutations, and nothing else, if its reader has gone", async () => {
    await using here = await startUnread();
    here.program.stopReading();

    while ((await here.createMany()) === 200);

    expect((await here.create()).status).toBe(503);
    expect((await post(here.url, list)).status).toBe(200);
    here.program.signal("SIGTERM");
    expect(await here.program.exitCode).toBe(0);
    expect(here.program.stderr).toBe("");
  });
});

describe("the program whose log goes into a file", () => {
  it("writes every line", async () => {
    const outputFile = join(place, "log");
    const port = await freePort();
    await using program = run({ outputFile, env: { PORT: String(port) } });
    const url = `http://127.0.0.1:${port}/graphql`;
    await expect.poll(() => post(url, typename).catch(() => undefined), { timeout: 10_000 }).toBeDefined();

    program.signal("SIGTERM");

    expect(await program.exitCode).toBe(0);
    const text = readFileSync(outputFile, "utf8");
    for (const message of ["starting", "listening", "access", "stopping", "stopped"]) {
      expect(text).toContain(`"msg":"${message}"`);
    }
  });
});
