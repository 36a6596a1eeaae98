/** Azure CLI's token. It is started without a shell, and what it prints is read and never shown. */
import { type ExecFileException, execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { CliError, ExitCode } from "../cli-error.ts";
import type { Io } from "../io.ts";
import { type AccessToken, accessTokenOf, isHeaderSafe } from "./access-token.ts";
import { isRecord } from "./json.ts";
import { findProgram, isProgram, otherProgramsEnvironment } from "./other-programs.ts";
import type { TokenSource } from "./session.ts";

/** Python has to start, and may have to ask Entra. */
const timeLimitMs = 60_000;

export function createAzSource(scope: string, tenant: string | undefined, io: Io): TokenSource {
  const tenantArgs = tenant ? ["--tenant", tenant] : [];
  const args = ["account", "get-access-token", "--output", "json", "--scope", ...scope.split(" "), ...tenantArgs];
  return async (signal) => readAnswer(await run([...(await commandOf(io)), ...args], scope, tenant, io, signal), io);
}

/** On Windows `az.cmd` needs a shell, so that its Python is started as it would do. */
async function commandOf(io: Io): Promise<string[]> {
  const isWindows = io.platform === "win32";
  const az = await findProgram(isWindows ? "az.cmd" : "az", io);
  if (az === undefined) throw failure("AZ_MISSING", "Azure CLI is not installed, or az is not in PATH.");
  if (!isWindows) return [az];
  for (const folder of [join(dirname(az), ".."), dirname(az)]) {
    const python = join(folder, "python.exe");
    if (await isProgram(python)) return [python, "-IBm", "azure.cli"];
  }
  throw failure("AZ_MISSING", "Azure CLI's python.exe is not beside its az.cmd. Install Azure CLI by its MSI.");
}

function run(
  [program = "", ...args]: string[],
  scope: string,
  tenant: string | undefined,
  io: Io,
  signal: AbortSignal,
): Promise<string> {
  const env = otherProgramsEnvironment(io);
  const options = { env, signal, timeout: timeLimitMs, maxBuffer: 1024 * 1024, windowsHide: true, shell: false };
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (signal.aborted) reject(signal.reason);
      else if (error === null) resolve(stdout);
      else reject(azFailure(error, stderr, scope, tenant));
    });
    child.stdin?.end();
  });
}

function azFailure(error: ExecFileException, stderr: string, scope: string, tenant: string | undefined): CliError {
  const ofTenant = tenant ? ` --tenant ${tenant}` : "";
  const [aadsts] = /\bAADSTS\d{4,9}\b/.exec(stderr) ?? [];
  const number = aadsts === undefined ? "" : ` (${aadsts})`;
  if (error.killed) return failure("AZ_FAILED", `Azure CLI gave no token within ${timeLimitMs / 1000} s.`);
  if (/\baz login\b/.test(stderr)) {
    const login = `az login${ofTenant} --scope ${scope}`;
    return failure("AZ_NOT_SIGNED_IN", `Azure CLI is not signed in for this${number}. Run: ${login}`);
  }
  const see = `az account get-access-token --query expiresOn --scope ${scope}${ofTenant}`;
  return failure("AZ_FAILED", `Azure CLI gave no token${number}. To see why, run: ${see}`);
}

/** @see https://learn.microsoft.com/cli/azure/account#az-account-get-access-token */
function readAnswer(stdout: string, io: Io): AccessToken {
  const answer = parseJson(stdout);
  const value = isRecord(answer) ? answer.accessToken : undefined;
  if (!isRecord(answer) || typeof value !== "string" || !isHeaderSafe(value)) {
    throw failure("AZ_FAILED", "Azure CLI answered something other than a token. Is it up to date? Run: az upgrade");
  }
  const token = accessTokenOf(value, io.now());
  return { value, expiresAt: token.expiresAt ?? expiryOf(answer) };
}

/** For tokens that don't say it: `expires_on` in seconds since the epoch; before version 2.54 only the local time. */
function expiryOf({ expires_on: seconds, expiresOn: local }: Record<string, unknown>): Date | undefined {
  const date = typeof seconds === "number" ? new Date(seconds * 1000) : new Date(String(local).replace(" ", "T"));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failure(code: string, message: string): CliError {
  return new CliError(ExitCode.SIGN_IN, code, message, { option: "--auth" });
}
