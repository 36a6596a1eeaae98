/** Runs the command line in this process, with streams, environment and folders of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import type { Io } from "../../packages/cli/src/io.ts";
import { run } from "../../packages/cli/src/run.ts";

export interface CliOptions {
  env?: Record<string, string | undefined>;
  /** What standard input holds. */
  stdin?: string;
  platform?: NodeJS.Platform;
  /** Default: waits are skipped, and the clock moves on by them. */
  io?: Partial<Io>;
  /** Called with a function that interrupts the run, as Ctrl-C does. */
  onStart?: (interrupt: () => void) => void;
}

export interface CliRun {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** The objects of `--json`. */
  json: Record<string, unknown>[];
  /** How long the run has waited, in all. */
  waitedMs: number;
}

/** A folder for the files of one test, which is gone afterwards. */
export class TestFolder {
  readonly path = mkdtempSync(join(tmpdir(), "intune-pfx-"));

  write(name: string, content: string | Uint8Array): string {
    const file = join(this.path, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  }

  async run(
    args: readonly string[],
    { env = {}, stdin = "", platform = "linux", io = {}, onStart }: CliOptions = {},
  ): Promise<CliRun> {
    const [stdout, stderr] = [new Collected(), new Collected()];
    const input = new PassThrough();
    input.end(stdin);
    const listeners = new Set<() => void>();
    let waitedMs = 0;
    onStart?.(() => {
      for (const listener of [...listeners]) listener();
    });
    const exitCode = await run(args, {
      stdin: input,
      stdout,
      stderr,
      env,
      platform,
      folder: this.path,
      homeFolder: join(this.path, "home"),
      now: () => new Date(Date.now() + waitedMs),
      async wait(milliseconds) {
        waitedMs += milliseconds;
      },
      onInterrupt(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      ...io,
    });
    const json = args.includes("--json")
      ? stdout.text
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => JSON.parse(line))
      : [];
    return { exitCode, stdout: stdout.text, stderr: stderr.text, json, waitedMs };
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

class Collected extends Writable {
  text = "";

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
