/** `doctor --survey` as a process: its arguments, its token, signals, and what it prints. */
import { spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Emulator, startEmulator } from "../../src/emulator/server.ts";
import { startIdentityProvider } from "../support/identity-provider.ts";
import { buildProgram, programFolder } from "../support/program.ts";

const place = programFolder();
const canary = "canary7f3a";
const user = "tess.probe@contoso.example";
const survey = ["doctor", "--survey", "--user", user];
const passthrough = { AUTH_MODE: "passthrough", GRAPH_CLOUD: "global" };

beforeAll(() => buildProgram(place), 60_000);
afterAll(() => rmSync(place, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const cwd = join(place, "empty");
  const child = spawn(process.execPath, [join(place, "dist", "main.js"), ...args], {
    env,
    cwd,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
  return { child, ended };
}

const graphAt = ({ url }: Emulator) => ({ GRAPH_BASE_URL: url, ALLOW_LOOPBACK_UPSTREAM: "true" });

describe("the arguments of a survey", () => {
  it.each([
    [["--survey"], "--survey belongs to doctor."],
    [["doctor", "--survey"], "--survey needs --user UPN"],
    [["doctor", "--survey", "--yes"], "--survey needs --user UPN"],
    [["doctor", "--user", user], "--user belongs to doctor --survey."],
    [["doctor", "--yes"], "--yes belongs to doctor --survey."],
    [["--yes"], "--yes belongs to doctor --survey."],
    [[...survey, "--user", user, "--yes"], "--user must be given once."],
    [[...survey, "--yes=false"], "--yes takes no value."],
    [["doctor", "--survey=yes", "--user", user], "--survey takes no value."],
    [["doctor", "--survey", "--user"], "--user must be a user principal name"],
    [["doctor", "--survey", "--user="], "--user must be a user principal name"],
    [["doctor", "--survey", "--user", canary, "--yes"], "--user must be a user principal name"],
    [["doctor", "--survey", "--user", `${canary}@a@b`, "--yes"], "--user must be a user principal name"],
    [["doctor", "--survey", "--user", `\u200B${canary}@b.example`, "--yes"], "a hidden character U+200B at position 1"],
    [["doctor", "--survey", "--user", "--yes"], "--user must be a user principal name"],
    [[...survey, "--port", "1"], "doctor takes no --port."],
    [[...survey, canary], `Unknown argument ${canary}`],
  ])("%j: exit code 64, and the rule", async (args, message) => {
    const { code, stdout, stderr } = await start(args, { SURVEY_TOKEN: "token", ...passthrough }).ended;

    expect(code).toBe(64);
    expect(stderr).toContain(message);
    if (!message.includes(canary)) expect(stderr).not.toContain(canary);
    expect(stdout).toBe("");
  });

  it("without --yes say what it would do, and do nothing", async () => {
    await using emulator = await startEmulator();

    const env = { AUTH_MODE: "none", ...graphAt(emulator) };
    const { code, stdout, stderr } = await start(survey, env).ended;

    expect(code).toBe(64);
    expect(stderr).toMatch(/make up to eight certificates[\s\S]*Nothing was done\. To do it, add --yes\./);
    expect(stdout).toBe("");
    expect(emulator.requests).toEqual([]);
  });
});

describe("the token of a survey", () => {
  const file = (name: string, text: string) => {
    const path = join(place, name);
    writeFileSync(path, text);
    return path;
  };

  it.each<[string, Record<string, string>, string]>([
    ["is missing", {}, "SURVEY_TOKEN: must be set, or SURVEY_TOKEN_FILE: with AUTH_MODE=passthrough"],
    ["has the word Bearer", { SURVEY_TOKEN: `Bearer ${canary}` }, "SURVEY_TOKEN: must be the token alone"],
    ["is JSON", { SURVEY_TOKEN: `{"accessToken":"${canary}"}` }, "SURVEY_TOKEN: must be one access token"],
    ["has a line end", { SURVEY_TOKEN: `${canary}\n${canary}` }, "SURVEY_TOKEN: must be one access token"],
    [
      "is in no file",
      { SURVEY_TOKEN_FILE: join("/nowhere", canary) },
      "SURVEY_TOKEN_FILE: must name a file that can be read",
    ],
    ["is given twice", { SURVEY_TOKEN: canary, SURVEY_TOKEN_FILE: canary }, "SURVEY_TOKEN: must not be set together"],
  ])("is refused with exit code 78 if it %s", async (_, env, message) => {
    const { code, stdout, stderr } = await start([...survey, "--yes"], { ...passthrough, ...env }).ended;

    expect(code).toBe(78);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain(canary);
    expect(stdout).toBe("");
  });

  it("is refused if its file is empty or no text", async () => {
    for (const text of ["", " \n", "\0\0"]) {
      const env = { ...passthrough, SURVEY_TOKEN_FILE: file("odd-token", text) };
      const { code, stderr } = await start([...survey, "--yes"], env).ended;

      expect(code).toBe(78);
      expect(stderr).toContain("SURVEY_TOKEN_FILE: must name a file");
    }
  });

  it("comes from a file, goes to Graph, and is printed nowhere", async () => {
    await using emulator = await startEmulator();
    const env = { AUTH_MODE: "passthrough", ...graphAt(emulator), SURVEY_TOKEN_FILE: file("token", `${canary}\n`) };

    const { code, stdout, stderr } = await start([...survey, "--yes", "--json"], env).ended;

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, survey: { apiVersion: "v1.0", leftovers: [] } });
    expect(new Set(emulator.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set([`Bearer ${canary}`]),
    );
    for (const secret of [canary, user, emulator.url]) expect(stdout + stderr).not.toContain(secret);
  });

  it("is the gateway's own in app mode", async () => {
    await using emulator = await startEmulator();
    await using provider = await startIdentityProvider();
    const env = {
      AUTH_MODE: "app",
      AUTHORITY_URL: provider.authority,
      AZURE_TENANT_ID: provider.tenantId,
      AZURE_CLIENT_ID: provider.clientId,
      AZURE_CLIENT_SECRET: provider.clientSecret,
      ...graphAt(emulator),
    };

    const { code, stdout, stderr } = await start([...survey, "--yes"], env).ended;

    expect(code).toBe(0);
    const [issued] = provider.token.requests;
    expect(emulator.requests[0]?.headers.authorization).toBe(`Bearer ${issued?.accessToken}`);
    for (const secret of [issued?.accessToken, provider.tenantId, provider.clientId, provider.clientSecret]) {
      expect(stdout + stderr).not.toContain(secret);
    }
  });

  it("is not there if the identity provider refuses: the survey stops and names the code", async () => {
    await using emulator = await startEmulator();
    await using provider = await startIdentityProvider();
    const env = {
      AUTH_MODE: "app",
      AUTHORITY_URL: provider.authority,
      AZURE_TENANT_ID: provider.tenantId,
      AZURE_CLIENT_ID: provider.clientId,
      AZURE_CLIENT_SECRET: canary,
      ...graphAt(emulator),
    };

    const { code, stdout } = await start([...survey, "--yes"], env).ended;

    expect(code).toBe(1);
    expect(stdout).toContain("STOPPED  no token for Graph (UPSTREAM_MISCONFIGURED)");
    expect(emulator.requests).toEqual([]);
  });
});

describe("a survey that is interrupted", () => {
  const isMade = (emulator: Emulator) => () => emulator.records.length > 0;

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("by %s deletes what it made, and says so", async (signal) => {
    await using emulator = await startEmulator({ latencyMs: 20 });
    const { child, ended } = start([...survey, "--yes"], { AUTH_MODE: "none", ...graphAt(emulator) });

    await expect.poll(isMade(emulator), { timeout: 20_000 }).toBe(true);
    child.kill(signal);
    child.kill(signal);
    const { code, stdout, stderr } = await ended;

    expect(code).toBe(1);
    expect(stderr).toContain("Interrupted: the survey deletes what it made.");
    expect(stdout).toContain("STOPPED  the survey was interrupted");
    expect(stdout).toContain("Nothing is left in the tenant.");
    expect(emulator.records).toEqual([]);
  });

  it("by the end of what reads its output goes on, and deletes what it made", async () => {
    await using emulator = await startEmulator({ latencyMs: 20 });
    const { child, ended } = start([...survey, "--yes"], { AUTH_MODE: "none", ...graphAt(emulator) });
    child.stdout.destroy();
    child.stderr.destroy();

    expect((await ended).code).toBe(0);
    expect(emulator.ledger.filter(({ method }) => method === "POST").length).toBeGreaterThan(4);
    expect(emulator.records).toEqual([]);
  });
});
