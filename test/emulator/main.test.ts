import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aCertificate, collection, rowsOf, send } from "./graph.ts";

// Compiled into an empty folder: whatever the emulator would import from beside it or from npm isn't there.
const folder = mkdtempSync(join(tmpdir(), "emulator-"));

beforeAll(() => {
  cpSync("src/emulator", folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts")) continue;
    const source = readFileSync(join(folder, file), "utf8");
    const compilerOptions = {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
    };
    const { outputText } = ts.transpileModule(source, { compilerOptions });
    writeFileSync(join(folder, file.replace(/ts$/, "js")), outputText);
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output(): string;
}

function run(env: Record<string, string>): Run {
  const child = spawn(process.execPath, [join(folder, "main.js")], { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return { child, ended, output: () => output };
}

async function listening({ output }: Run): Promise<{ url: string }> {
  await expect.poll(output, { timeout: 10_000 }).toMatch(/curl/);
  return { url: /http:\/\/127\.0\.0\.1:\d+/.exec(output())?.[0] ?? "" };
}

describe("the emulator on its own", () => {
  it("needs only Node.js, serves the seed, prints a sample request, and exits cleanly on SIGTERM", async () => {
    const started = run({ EMULATOR_PORT: "0" });
    const answer = await send(await listening(started), "GET", collection);
    started.child.kill("SIGTERM");

    expect(await started.ended).toBe(0);
    expect(rowsOf(answer)).toHaveLength(12);
    expect(started.output()).toContain("/v1.0/deviceManagement/userPfxCertificates");
  });

  it("has no v1.0 collection in strict mode, and exits cleanly on SIGINT", async () => {
    const started = run({ EMULATOR_PORT: "0", EMULATOR_STRICT: "true" });
    const answer = await send(await listening(started), "GET", collection);
    started.child.kill("SIGINT");

    expect(await started.ended).toBe(0);
    expect(answer.status).toBe(400);
    expect(started.output()).toContain("/beta/deviceManagement/userPfxCertificates");
  });

  it("throttles beyond the configured write quota", async () => {
    const started = run({ EMULATOR_PORT: "0", EMULATOR_WRITES_PER_20S: "1" });
    const emulator = await listening(started);
    const first = await send(emulator, "POST", collection, { body: aCertificate(1) });
    const second = await send(emulator, "POST", collection, { body: aCertificate(2) });
    started.child.kill("SIGTERM");

    expect([first.status, second.status]).toEqual([201, 429]);
    expect(await started.ended).toBe(0);
  });

  it("reports an invalid write quota", async () => {
    const started = run({ EMULATOR_PORT: "0", EMULATOR_WRITES_PER_20S: "-1" });

    expect(await started.ended).toBe(2);
    expect(started.output()).toMatch(/^EMULATOR_WRITES_PER_20S must be a whole number above 0/);
  });

  it("reports an invalid port", async () => {
    const started = run({ EMULATOR_PORT: "http" });

    expect(await started.ended).toBe(2);
    expect(started.output()).toMatch(/^EMULATOR_PORT must be a port number/);
  });
});
