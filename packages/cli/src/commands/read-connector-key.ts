/** The connector's public key, from its file. */
import { type ConnectorPublicKey, PfxError, readPublicKey } from "intune-pfx-client";
import { usageError } from "../cli-error.ts";
import { FileError } from "../files/file-error.ts";
import { printable } from "../files/printable.ts";
import { readFileBytes } from "../files/read-file-bytes.ts";

/** @throws {CliError} exit code 64, naming the file */
export async function readConnectorKey(file: string): Promise<ConnectorPublicKey> {
  try {
    return await readPublicKey(await readFileBytes(file));
  } catch (error) {
    if (!(error instanceof PfxError) && !(error instanceof FileError)) throw error;
    throw usageError(error.code, `${printable(file)}: ${error.message}`, { option: "--key" });
  }
}
