/** The built command line as a process. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** The command's file, as npm links it. */
export const commandFile = fileURLToPath(new URL("../../../packages/cli/bin/intune-pfx.js", import.meta.url));

export interface CliProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<{ exitCode: number | null; stdout: string; stderr: string }>;
}

export function startCli(args: readonly string[], folder: string, env: Record<string, string> = {}): CliProcess {
  const child = spawn(process.execPath, [commandFile, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = once(child, "close").then(([exitCode]: (number | null)[]) => ({
    exitCode: exitCode ?? null,
    stdout,
    stderr,
  }));
  return { child, ended };
}
