/** The world around a sign-in: streams, a clock that waits don't hold up, a folder, and programs put in PATH. */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { PassThrough, Writable } from "node:stream";
import type { CliError } from "../../../packages/cli/src/cli-error.ts";
import type { Io, OutputStream } from "../../../packages/cli/src/io.ts";
import { createSignIn, type SignIn, type SignInSettings } from "../../../packages/cli/src/sign-in/sign-in.ts";
import { type EntraSignIn, signInClientId, signInTenantId } from "../../support/entra-sign-in.ts";

export interface World extends AsyncDisposable {
  readonly io: Io;
  readonly folder: string;
  /** What was written to standard error so far. */
  stderr(): string;
  /** Every wait so far, in milliseconds. */
  readonly waits: number[];
  /** Lets time pass. */
  pass(milliseconds: number): void;
  nowMs(): number;
  /** Writes a file of the current folder. */
  write(name: string, content: string | Uint8Array): Promise<string>;
  /** Writes a program, a shell script; it writes its arguments and environment down, then does what `script` says. */
  program(path: string, script: string): Promise<void>;
  /** The folder of those programs, as seen from this process's current folder. */
  readonly relativeBin: string;
  /** One entry for each start of a program: its arguments. */
  started(): Promise<string[][]>;
  /** The environments of the programs started. */
  environments(): Promise<string>;
}

export interface WorldOptions {
  env?: Record<string, string>;
  /** Default true. */
  terminal?: boolean;
  platform?: NodeJS.Platform;
  /** When the clock starts, in milliseconds since the epoch. */
  startMs?: number;
}

const noon = Date.UTC(2026, 10, 29, 12);

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  const { env = {}, terminal = true, platform = "linux", startMs = noon } = options;
  const folder = await mkdtemp(join(tmpdir(), "intune-pfx-sign-in-"));
  const bin = join(folder, "bin");
  await mkdir(bin);
  const waits: number[] = [];
  let nowMs = startMs;
  let stderr = "";
  const output = (write: (text: string) => void): OutputStream =>
    Object.assign(new Writable({ write: (chunk, _encoding, done) => done(void write(String(chunk))) }), {
      isTTY: terminal,
    });
  const separator = platform === "win32" ? ";" : ":";
  const path = [bin, ...(platform === "win32" ? [] : [dirname(process.execPath), "/usr/bin", "/bin"])].join(separator);
  const io: Io = {
    stdin: Object.assign(new PassThrough(), { isTTY: false }),
    stdout: output(() => {
      throw new Error("standard output is for data only");
    }),
    stderr: output((text) => {
      stderr += text;
    }),
    env: { PATH: path, STARTED: join(folder, "started"), ENVIRONMENTS: join(folder, "environments"), ...env },
    folder,
    platform,
    homeFolder: folder,
    now: () => new Date(nowMs),
    async wait(milliseconds, signal) {
      waits.push(milliseconds);
      await new Promise((resolve) => setImmediate(resolve));
      if (signal?.aborted !== true) nowMs += milliseconds;
    },
    onInterrupt: () => () => {},
  };
  const read = (name: string) => readFile(join(folder, name), "utf8").catch(() => "");
  return {
    io,
    folder,
    relativeBin: relative(process.cwd(), bin),
    stderr: () => stderr,
    waits,
    pass(milliseconds) {
      nowMs += milliseconds;
    },
    nowMs: () => nowMs,
    async write(name, content) {
      await writeFile(join(folder, name), content, { mode: 0o600 });
      return name;
    },
    async program(name, script) {
      const file = join(bin, name);
      await mkdir(dirname(file), { recursive: true });
      const record = `for each in "$@"; do printf '%s\\t' "$each" >>"$STARTED"; done; echo >>"$STARTED"`;
      await writeFile(file, `#!/bin/sh\n${record}\n/usr/bin/env >>"$ENVIRONMENTS"\n${script}\n`);
      await chmod(file, 0o755);
    },
    async started() {
      const lines = (await read("started")).split("\n").filter((line) => line !== "");
      return lines.map((line) => line.split("\t").slice(0, -1));
    },
    environments: () => read("environments"),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

export const remoteGateway = new URL("https://pfx.contoso.example/graphql");

/** Settings over what signing in at the fake Entra needs. */
export function signInAt(
  entra: Pick<EntraSignIn, "url">,
  { io }: World,
  settings: Partial<SignInSettings> = {},
  fetch: Parameters<typeof createSignIn>[2] = globalThis.fetch,
): SignIn {
  const all: SignInSettings = {
    auth: undefined,
    gateway: remoteGateway,
    tenant: signInTenantId,
    clientId: signInClientId,
    scope: "api://pfx-gateway/.default",
    authorityUrl: entra.url,
    noInput: false,
    ...settings,
  };
  return createSignIn(all, io, fetch);
}

/** What a promise, or a function, fails with; it must be a `CliError`. */
export async function failureOf(work: Promise<unknown> | (() => unknown)): Promise<CliError> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (isCliError(error)) return error;
    throw error;
  }
  throw new Error("nothing failed");
}

function isCliError(error: unknown): error is CliError {
  return error instanceof Error && error.name === "CliError";
}

/** The URL that the person is to open, once it is shown. */
export async function shownUrl(world: World, count = 1): Promise<URL> {
  for (;;) {
    const urls = world.stderr().match(/^https?:\/\/\S+\/authorize\?\S+$/gm) ?? [];
    const url = urls[count - 1];
    if (url !== undefined) return new URL(url);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What a browser does with the URL: it signs in and follows the redirect. @returns the page that it ends at. */
export async function browse(url: URL): Promise<string> {
  const redirect = await fetch(url, { redirect: "manual" });
  const answer = await fetch(redirect.headers.get("location") ?? "");
  return answer.text();
}
