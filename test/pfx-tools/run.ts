/** Programs of others: run without a terminal, with a folder for their files that goes away with the test file. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "pfx-tools-"));
let files = 0;

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A path that nothing is at yet. */
export function newPath(name: string): string {
  files += 1;
  return join(folder, `${files}-${name}`);
}

/** A new, empty folder. */
export function newFolder(): string {
  const path = newPath("folder");
  mkdirSync(path);
  return path;
}

/** A new file's path. */
export function newFile(name: string, content: Uint8Array | string): string {
  const path = newPath(name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}

export function readBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path));
}

interface RunOptions {
  stdin?: Uint8Array | string;
  env?: Record<string, string>;
}

/** What a program wrote to standard output. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Buffer> {
  const { status, stdout, stderr } = await tryRun(program, args, options);
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}: ${stderr}`);
  return stdout;
}

interface Ended {
  status: number | null;
  stdout: Buffer;
  stderr: string;
}

/** The same, whatever the exit status. Detached, a program has no terminal to ask for a password. */
export function tryRun(program: string, args: readonly string[], { stdin = "", env }: RunOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      detached: true,
      timeout: 150_000,
      env: { ...process.env, LC_ALL: "C.UTF-8", ...env },
    });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.once("error", (error) =>
      reject(new Error(`No ${program}? .ci/install-pfx-tools installs it.`, { cause: error })),
    );
    child.once("close", (status) =>
      resolve({ status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() }),
    );
    child.stdin.on("error", () => {}); // a program that does not read is no failure
    child.stdin.end(stdin);
  });
}
