/**
 * What the gateway relies on, by the built program. SURVEY_USER names a test user of a real tenant; its Graph and token are told as
 * to the gateway. Without it, the emulator answers.
 *
 * The program runs as a process, so that it deletes what it made also if these tests are interrupted.
 */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seedRecords } from "../../src/emulator/seed.ts";
import { startEmulator } from "../../src/emulator/server.ts";
import { buildProgram, programFolder } from "../support/program.ts";
import { surveyUser } from "../support/survey.ts";

const place = programFolder();
const { SURVEY_USER, SURVEY_TOKEN, SURVEY_TOKEN_FILE, AUTH_MODE } = process.env;
const isReal = Boolean(SURVEY_USER);

const promises = [
  "a create answers 201 with the documented properties",
  "an id is the user's object id and the thumbprint",
  "a list filtered by user and thumbprint finds a new certificate",
  "a certificate is found by its id",
  "a read shows neither the file nor the password",
  "an update takes effect at once",
  "a deletion answers 204",
  "a deleted certificate is gone at once",
];

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(user: string, env: NodeJS.ProcessEnv, cwd: string): Promise<Ended> {
  const args = [join(place, "dist", "main.js"), "doctor", "--survey", "--user", user, "--yes"];
  const child = spawn(process.execPath, args, { env, cwd, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
}

async function runWithEmulator(): Promise<Ended> {
  await using emulator = await startEmulator({ seed: seedRecords() });
  const env = { AUTH_MODE: "none", GRAPH_BASE_URL: emulator.url, ALLOW_LOOPBACK_UPSTREAM: "true" };
  return await run(surveyUser, env, join(place, "empty"));
}

/** In this folder, so that its `.env` counts. The program is told of Graph as the gateway is. */
function runWithTenant(user: string): Promise<Ended> {
  const { NODE_ENV, ...env } = process.env;
  const mode = { AUTH_MODE: AUTH_MODE || "passthrough", GRAPH_CLOUD: env.GRAPH_CLOUD || "global" };
  return run(user, { ...env, ...mode }, process.cwd());
}

let ended: Ended = { code: null, stdout: "", stderr: "" };

beforeAll(async () => {
  if (!isReal && (SURVEY_TOKEN || SURVEY_TOKEN_FILE)) {
    throw new Error("SURVEY_TOKEN is set without SURVEY_USER: name the tenant's test user there.");
  }
  buildProgram(place);
  ended = isReal ? await runWithTenant(SURVEY_USER ?? "") : await runWithEmulator();
  console.log(ended.stdout || ended.stderr);
}, 600_000);

afterAll(() => rmSync(place, { recursive: true }));

describe(isReal ? "the tenant" : "the emulator", () => {
  it.each(promises)("keeps the promise that %s", (promise) => {
    expect(ended.stdout.split("\n")).toContain(`ok      ${promise}`);
  });

  it("answers every question", () => {
    expect(ended.stdout).not.toContain("STOPPED");
    expect(ended.stdout).not.toContain("no answer");
  });

  it("has nothing left of the survey", () => {
    expect(ended.stdout).toContain("Nothing is left in the tenant.");
    expect(ended.code).toBe(0);
  });
});
