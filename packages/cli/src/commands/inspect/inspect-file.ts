/** Opens one file twice: to see what is in it, and to prepare it as an import would. */
import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import { type InspectedPfx, inspectPfx, PfxError, readPublicKey } from "intune-pfx-client";
import { FileError } from "../../files/file-error.ts";
import { readFileBytes } from "../../files/read-file-bytes.ts";
import type { ImportChecks } from "../../import/import-checks.ts";
import { type Entry, resultOf } from "../../import/item.ts";
import { type Connector, type OpenContext, type Opened, openEntry } from "../../import/open-entry.ts";

export interface InspectedFile {
  readonly entry: Entry;
  /** `undefined` where the file can't be opened. */
  readonly contents: InspectedPfx | undefined;
  /** What an import would send, or why it would not: one of each certificate that was asked for. */
  readonly opened: readonly Opened[];
}

/**
 * A connector with a key that nobody has, made for this run: preparing a file for it makes every check of an import.
 */
export async function throwAwayConnector(): Promise<Connector> {
  const { publicKey } = await promisify(generateKeyPair)("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "der" },
    privateKeyEncoding: { type: "pkcs8", format: "der" },
  });
  return {
    publicKey: await readPublicKey(new Uint8Array(publicKey)),
    keyName: "inspect",
    providerName: "inspect",
    paddingScheme: "OAEP_SHA512",
    protection: "compatible",
  };
}

/** @throws the signal's reason */
export async function inspectFile(entry: Entry, context: OpenContext, checks: ImportChecks): Promise<InspectedFile> {
  if (entry.problem !== undefined) {
    return { entry, contents: undefined, opened: await openEntry(entry, context) };
  }
  const { signal, passwords } = context;
  try {
    const bytes = await readFileBytes(entry.path);
    const file = { path: entry.path, name: entry.source, password: entry.password, passwordFile: entry.passwordFile };
    const { result } = await passwords.open(file, async (password) => {
      return { password, contents: await inspectPfx(bytes, password, { signal }) };
    });
    // With the password that was found, so that nobody is asked twice.
    const opened = await openEntry({ ...entry, password: result.password }, context);
    return { entry, contents: result.contents, opened: opened.map((each) => checks.check(each)) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof PfxError) && !(error instanceof FileError)) throw error;
    const { code, message } = error;
    return { entry, contents: undefined, opened: [{ result: resultOf({ entry }, "failed", { code, message }) }] };
  }
}
