/** The program: hands the process's streams and signals to `run`, and ends with the exit code that it returns. */
import { homedir } from "node:os";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { run } from "./run.ts";

// undici's HTTP parser is WebAssembly. To optimize it V8 takes up to 30 MB for a moment, which an import doesn't repay. Only
// both flags together prevent that.
for (const flag of ["--no-wasm-tier-up", "--no-wasm-dynamic-tiering"]) setFlagsFromString(flag);

/** A window that was closed: nothing can be shown or asked any more, but what is under way is finished. */
let isTerminalGone = false;

for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    // Whoever reads may stop reading, as `head` does: that is no failure.
    if (codeOf(error) === "EPIPE") process.exit();
    if (codeOf(error) !== "EIO") throw error;
    isTerminalGone = true;
  });
}

// A question that is open then can't give the terminal back, which no prompt library expects.
process.on("uncaughtException", (error) => {
  if (codeOf(error) !== "EIO") throw error;
  endByHangup();
});

const signals = [
  "SIGINT",
  "SIGTERM",
  "SIGHUP",
  ...(process.platform === "win32" ? ["SIGBREAK" as const] : []),
] as const;

process.exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  folder: process.cwd(),
  platform: process.platform,
  homeFolder: homeFolder(),
  now: () => new Date(),
  wait: async (milliseconds, signal) => {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  },
  onInterrupt(listener) {
    for (const signal of signals) process.on(signal, listener);
    return () => {
      for (const signal of signals) process.off(signal, listener);
    };
  },
});

if (isTerminalGone) endByHangup();

/** By the signal, since Node.js aborts at an exit without its terminal, and an abort may leave memory in a file. */
function endByHangup(): void {
  process.removeAllListeners("SIGHUP");
  process.kill(process.pid, "SIGHUP");
}

function codeOf(error: Error): unknown {
  return "code" in error ? error.code : undefined;
}

/** A container may run as a user who is in no list of users and so has no home. */
function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return "/";
  }
}
