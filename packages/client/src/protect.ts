/** The file as it will be stored, and its password: written anew, or kept as it is. */
import { areEqual } from "./bytes.ts";
import type { KeyPair } from "./certificate/match-keys.ts";
import type { Protection } from "./options.ts";
import type { Pace } from "./pace.ts";
import { PfxError } from "./pfx-error.ts";
import { openPfx, type PfxCertificate } from "./pkcs12/open-pfx.ts";
import { type PfxFile, readPfxFile } from "./pkcs12/pfx-file.ts";
import { type NewProtection, writePfx } from "./pkcs12/write-pfx.ts";
import { randomPassword } from "./random-password.ts";
import type { Contents } from "./read-contents.ts";
import { mayNotOpen, type PfxWarning } from "./warnings.ts";

export interface ProtectedFile {
  readonly file: Uint8Array;
  readonly password: string;
  readonly warnings: readonly PfxWarning[];
}

interface Source {
  readonly file: PfxFile;
  readonly contents: Contents;
  readonly pair: KeyPair;
  readonly password: string;
  readonly protection: Protection;
}

/** @throws {PfxError} `PASSWORD_NOT_ASCII`, `PASSWORD_EMPTY` of a file that is kept */
export async function protect(source: Source, pace: Pace): Promise<ProtectedFile> {
  const { protection } = source;
  return protection === "keep" ? keep(source) : writeAnew(source, protection, pace);
}

async function writeAnew({ contents, pair }: Source, protection: NewProtection, pace: Pace): Promise<ProtectedFile> {
  const others = contents.certificates.filter((certificate) => certificate !== pair.certificate);
  const certificates: readonly PfxCertificate[] = [pair.certificate, ...others];
  const password = randomPassword();
  const file = await writePfx(pair.key, certificates, password, protection, pace);
  await checkWritten(file, password, pair, certificates, pace);
  return { file, password, warnings: [] };
}

/** Opens what was written, as the devices will: a file that does not open must never leave. */
async function checkWritten(
  file: Uint8Array,
  password: string,
  pair: KeyPair,
  certificates: readonly PfxCertificate[],
  pace: Pace,
): Promise<void> {
  const limits = { maxIterations: Number.MAX_SAFE_INTEGER, allowMissingMac: false };
  const written = await openPfx(readPfxFile(file), password, limits, pace);
  const [key, ...otherKeys] = written.keys;
  const isSame =
    key !== undefined &&
    otherKeys.length === 0 &&
    areEqual(key.pkcs8, pair.key.pkcs8) &&
    written.certificates.length === certificates.length &&
    written.certificates.every(({ der }, index) => areEqual(der, certificates[index]?.der ?? new Uint8Array(0)));
  written.erase();
  if (isSame) return;
  throw new PfxError("REWRITE_FAILED", "the file that was written anew does not open; this is a bug: report it");
}

function keep({ file, contents, password }: Source): ProtectedFile {
  if (password === "") {
    throw new PfxError("PASSWORD_EMPTY", "a file without a password can't be kept as it is");
  }
  if (!/^[\x20-\x7e]*$/.test(password)) {
    throw new PfxError(
      "PASSWORD_NOT_ASCII",
      'the connector reads passwords as ASCII; use protection "compatible", which gives the file a new one',
    );
  }
  const reason = whyItMayNotOpen(file, contents);
  return { file: file.encoded, password, warnings: reason === undefined ? [] : [mayNotOpen(reason)] };
}

/** What .NET 9's loader takes for one derivation. */
const maxIterationsAtOnce = 300_000;

function whyItMayNotOpen({ mac }: PfxFile, { opened }: Contents): string | undefined {
  if (opened.hasPlainKey) return "its private key is not encrypted, so that its password protects nothing";
  if (mac === undefined) return "it has no integrity check";
  if ([...opened.encryptions, mac].some(({ iterations }) => iterations > maxIterationsAtOnce)) {
    return `it asks for more than ${maxIterationsAtOnce} rounds of key derivation at once`;
  }
  const is3des = opened.encryptions.every(({ scheme, cipher }) => scheme === "PBES1" && cipher === "3DES");
  return is3des && mac.hash === "SHA-1" && mac.pbkdf2 === undefined
    ? undefined
    : "it is not protected by 3DES and SHA-1";
}
