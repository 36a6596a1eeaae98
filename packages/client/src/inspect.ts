/** What is in a PFX file, without its keys. */
import type { CertificateFacts } from "./certificate/certificate.ts";
import { suggestPurpose } from "./certificate/purpose.ts";
import type { UserPfxIntendedPurpose } from "./operations/documents.ts";
import { checkFile, checkMaxIterations, checkSignal, type OpenPfxOptions } from "./options.ts";
import { Pace } from "./pace.ts";
import type { Encryption } from "./pkcs12/encryption.ts";
import type { Mac } from "./pkcs12/mac.ts";
import { readPfxFile } from "./pkcs12/pfx-file.ts";
import { readContents } from "./read-contents.ts";

export interface InspectedCertificate extends CertificateFacts {
  /** Whether the file has the certificate's private key. */
  readonly hasPrivateKey: boolean;
  /** The name that Windows and others show for it; `null` where there is none. */
  readonly friendlyName: string | null;
  /** `null` where its usages don't tell. */
  readonly suggestedPurpose: UserPfxIntendedPurpose | null;
}

export interface DerivedFromPassword {
  /** Such as `AES-256-CBC, PBKDF2 with HMAC-SHA-256`. */
  readonly algorithm: string;
  /** Rounds of key derivation. */
  readonly iterations: number;
}

export interface PfxProtection {
  /** The integrity check; `null` where the file has none. */
  readonly mac: DerivedFromPassword | null;
  /** How the parts of the file are encrypted; the same kind once. Empty where nothing is encrypted. */
  readonly ciphers: readonly DerivedFromPassword[];
}

export interface InspectedPfx {
  /** In the file's order, without duplicates. */
  readonly certificates: readonly InspectedCertificate[];
  readonly protection: PfxProtection;
}

/**
 * Opens a PFX file and lists its certificates, and how the file is protected. Nothing secret is in the result.
 *
 * @param pfx the file's bytes, at most 8 MiB
 * @throws {PfxError} `NOT_A_PFX`, `WRONG_PASSWORD`, `DAMAGED`, `TOO_EXPENSIVE`, `TOO_LARGE`, `UNSUPPORTED_ALGORITHM`,
 *   `UNSUPPORTED_PROTECTION`, `OPTION_INVALID`, `CRYPTO_UNAVAILABLE`
 */
export async function inspectPfx(
  pfx: Uint8Array | ArrayBuffer,
  password: string,
  options: OpenPfxOptions = {},
): Promise<InspectedPfx> {
  const bytes = checkFile(pfx, password);
  const maxIterations = checkMaxIterations(options);
  const pace = new Pace(checkSignal(options));
  const file = readPfxFile(bytes);
  const { opened, certificates, pairs } = await readContents(
    file,
    password,
    { maxIterations, allowMissingMac: true },
    pace,
  );
  opened.erase();
  return {
    certificates: certificates.map((entry) => ({
      ...entry.certificate.facts,
      hasPrivateKey: pairs.some((pair) => pair.certificate === entry),
      friendlyName: entry.attributes.friendlyName ?? null,
      suggestedPurpose: suggestPurpose(entry.certificate.facts)?.purpose ?? null,
    })),
    protection: {
      mac: file.mac === undefined ? null : { algorithm: nameOfMac(file.mac), iterations: file.mac.iterations },
      ciphers: distinctCiphers(opened.encryptions),
    },
  };
}

function distinctCiphers(encryptions: readonly Encryption[]): readonly DerivedFromPassword[] {
  const ciphers = encryptions.map((each) => ({ algorithm: nameOfEncryption(each), iterations: each.iterations }));
  return [...new Map(ciphers.map((cipher) => [`${cipher.algorithm} ${cipher.iterations}`, cipher])).values()];
}

function nameOfEncryption({ scheme, cipher, hash }: Encryption): string {
  return scheme === "PBES1" ? `${cipher}-CBC, PKCS #12 with ${hash}` : `${cipher}-CBC, PBKDF2 with HMAC-${hash}`;
}

function nameOfMac({ hash, pbkdf2 }: Mac): string {
  return pbkdf2 === undefined ? `HMAC-${hash}` : `PBMAC1, HMAC-${hash}`;
}
