/** The variables of `createUserPfxCertificate` or `createUserPfxCertificates`, and the file that they go to. */
import { closeSync, existsSync, openSync, unlinkSync, writeSync } from "node:fs";
import path from "node:path";
import type { CreateUserPfxCertificateInput } from "intune-pfx-client/operations";
import { CliError, ExitCode, usageError } from "../../cli-error.ts";
import { systemCode, whyUnreadable } from "../../files/file-error.ts";
import { printable } from "../../files/printable.ts";
import type { Io } from "../../io.ts";
import { toAscii } from "../../output/json-lines.ts";

/** Where the variables go: to `--out`, else to standard output. */
export interface Destination {
  /** Absolute; `undefined`: standard output. */
  readonly file: string | undefined;
  /** @throws {CliError} exit code 64 where the file is there meanwhile, exit code 2 where the disk is full */
  write(text: string): void;
}

/** `{"input":…}` for one certificate, else `{"inputs":[…]}`. ASCII only, since Windows PowerShell decodes pipes by code page. */
export function variablesText(inputs: readonly CreateUserPfxCertificateInput[]): string {
  const [only, ...others] = inputs;
  const text = JSON.stringify(others.length === 0 ? { input: only } : { inputs });
  return `${toAscii(text)}\n`;
}

/** What the gateway takes in one request unless its operator says otherwise (`MAX_BATCH_ITEMS`). */
const gatewayItems = 200;

/** What to know of so many certificates in one file; `undefined` where there is nothing to know. */
export function adviceOnCount(certificates: number): string | undefined {
  return certificates > gatewayItems
    ? `A gateway takes ${gatewayItems} certificates in a request, unless its MAX_BATCH_ITEMS says otherwise.`
    : undefined;
}

/**
 * Checks before any work that the variables can be written. `--out` never replaces a file: one that is there may be open to
 * others, and writing into it would not change that.
 *
 * @throws {CliError} exit code 64
 */
export function chooseDestination(
  { out, json }: { out?: string | undefined; json?: boolean | undefined },
  io: Io,
): Destination {
  const option = { option: "--out" };
  if (out !== undefined) {
    const file = path.resolve(io.folder, out);
    if (existsSync(file)) throw alreadyThere(out);
    return { file, write: (text) => writeNewFile(file, out, text) };
  }
  if (json === true) {
    throw usageError("MISSING", "--json needs --out FILE: standard output can't have the variables as well.", option);
  }
  if (io.stdout.isTTY === true) {
    throw usageError(
      "MISSING",
      "The variables hold .pfx files and encrypted passwords, which a terminal would show. Name a file with --out FILE, or redirect standard output.",
      option,
    );
  }
  return { file: undefined, write: (text) => io.stdout.write(text) };
}

function writeNewFile(file: string, name: string, text: string): void {
  let descriptor: number;
  try {
    // "wx": the file must not be there, and is no link; only its owner may read it.
    descriptor = openSync(file, "wx", 0o600);
  } catch (error) {
    if (systemCode(error) === "EEXIST") throw alreadyThere(name);
    throw usageError("FILE_NOT_WRITABLE", `${printable(name)} can't be written: ${whyUnreadable(error)}.`, {
      option: "--out",
    });
  }
  try {
    const bytes = Buffer.from(text);
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
    closeSync(descriptor);
  } catch (error) {
    unlinkSync(file);
    throw new CliError(
      ExitCode.STOPPED,
      "FILE_NOT_WRITABLE",
      `${printable(name)} can't be written: ${whyUnreadable(error)}. Nothing was kept of it.`,
    );
  }
}

function alreadyThere(name: string): CliError {
  return usageError("FILE_EXISTS", `${printable(name)} is there already. Delete it, or name another file.`, {
    option: "--out",
  });
}
