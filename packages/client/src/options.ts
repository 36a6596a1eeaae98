/** The options of `prepareUserPfxCertificate`: defaults, and a clear refusal of what can't be used. */
import type { PaddingScheme } from "./connector-key/encrypt-password.ts";
import type { PublicKeySource } from "./connector-key/read-public-key.ts";
import type { UserPfxIntendedPurpose } from "./operations/documents.ts";
import { PfxError } from "./pfx-error.ts";
import { maxFileBytes, tooLarge } from "./pkcs12/pfx-file.ts";

export interface OpenPfxOptions {
  /** Rounds of key derivation that the whole file may ask for, from 1; default 10,000,000, which take some seconds. */
  readonly maxIterations?: number | undefined;
  /** Stops the work; the promise is then rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface PrepareOptions extends OpenPfxOptions {
  /** The connector's public key: bytes of a file in any known form, text, a JWK, or what `readPublicKey` returned. */
  readonly publicKey: PublicKeySource;
  /** The name of that key on the connector's machine. */
  readonly keyName: string;
  /** The provider of that key on the connector's machine; default `Microsoft Software Key Storage Provider`. */
  readonly providerName?: string | undefined;
  /** Default `OAEP_SHA512`. */
  readonly paddingScheme?: PaddingScheme | undefined;
  /** Whose certificate it is; default: the only name in the certificate. */
  readonly userPrincipalName?: string | undefined;
  /** Default: what the certificate's usages say. */
  readonly intendedPurpose?: UserPfxIntendedPurpose | undefined;
  /** Which certificate of a file that has several: its SHA-1, 40 hexadecimal digits in either case. */
  readonly thumbprint?: string | undefined;
  /**
   * `compatible` (default) writes the file anew under a new random password with 3DES, which every device opens;
   * `modern` does so with AES-256; `keep` sends the file and its password as they are.
   */
  readonly protection?: Protection | undefined;
  /** Whether an expired signing, Wi-Fi or VPN certificate is prepared; default false. Encryption certificates always are. */
  readonly allowExpired?: boolean | undefined;
  /** Whether a file without an integrity check is prepared; default false. */
  readonly allowMissingMac?: boolean | undefined;
  /** Whether a purpose is taken that the certificate's usages exclude; default false. */
  readonly allowPurposeMismatch?: boolean | undefined;
  /** The time by which validity is judged; default now. For tests. */
  readonly now?: Date | undefined;
}

export type Protection = "compatible" | "modern" | "keep";

export interface CheckedOptions {
  readonly keyName: string;
  readonly providerName: string;
  readonly paddingScheme: PaddingScheme;
  readonly userPrincipalName: string | undefined;
  readonly intendedPurpose: UserPfxIntendedPurpose | undefined;
  readonly thumbprint: string | undefined;
  readonly protection: Protection;
  readonly now: Date;
}

const defaultMaxIterations = 10_000_000;
const purposes: readonly UserPfxIntendedPurpose[] = ["SMIME_ENCRYPTION", "SMIME_SIGNING", "UNASSIGNED", "VPN", "WIFI"];
const protectionNames: readonly Protection[] = ["compatible", "modern", "keep"];
const paddingSchemes: readonly PaddingScheme[] = ["OAEP_SHA256", "OAEP_SHA384", "OAEP_SHA512"];
const withdrawnSchemes: readonly unknown[] = ["NONE", "PKCS1", "OAEP_SHA1"];

/** @throws {PfxError} `OPTION_INVALID`, `PADDING_UNSUPPORTED` */
export function checkOptions(options: PrepareOptions): CheckedOptions {
  if (typeof options !== "object" || options === null) throw invalid("options", "must be an object");
  const { now = new Date() } = options;
  if (!(now instanceof Date) || Number.isNaN(now.getTime())) throw invalid("now", "must be a valid Date");
  return {
    keyName: checkName("keyName", options.keyName),
    providerName: checkName("providerName", options.providerName ?? "Microsoft Software Key Storage Provider"),
    paddingScheme: checkPaddingScheme(options.paddingScheme),
    userPrincipalName: checkText("userPrincipalName", options.userPrincipalName)?.trim(),
    intendedPurpose: checkChoice("intendedPurpose", options.intendedPurpose, purposes),
    thumbprint: checkThumbprint(options.thumbprint),
    protection: checkChoice("protection", options.protection, protectionNames) ?? "compatible",
    now,
  };
}

/** @throws {PfxError} `OPTION_INVALID` */
export function checkSignal({ signal }: OpenPfxOptions): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw invalid("signal", "must be an AbortSignal");
}

/** @throws {PfxError} `OPTION_INVALID` */
export function checkMaxIterations({ maxIterations = defaultMaxIterations }: OpenPfxOptions): number {
  if (!Number.isSafeInteger(maxIterations) || maxIterations < 1) {
    throw invalid("maxIterations", "must be a whole number from 1");
  }
  return maxIterations;
}

/** @throws {PfxError} `OPTION_INVALID`, `TOO_LARGE`, `CRYPTO_UNAVAILABLE` */
export function checkFile(pfx: Uint8Array | ArrayBuffer, password: string): Uint8Array {
  if (globalThis.crypto?.subtle === undefined) {
    throw new PfxError(
      "CRYPTO_UNAVAILABLE",
      "this runtime offers no WebCrypto; a browser offers it to pages from https and from localhost only",
    );
  }
  if (typeof password !== "string") throw invalid("password", "must be a string");
  if (!(pfx instanceof ArrayBuffer) && !(pfx instanceof Uint8Array)) {
    throw invalid("pfx", "must be a Uint8Array or an ArrayBuffer with the file's bytes");
  }
  if (pfx.byteLength > maxFileBytes) throw tooLarge(pfx.byteLength);
  // A copy: the caller may change or hand over the bytes while the work goes on.
  return new Uint8Array(pfx instanceof ArrayBuffer ? pfx.slice(0) : pfx);
}

function invalid(option: string, rule: string): PfxError {
  return new PfxError("OPTION_INVALID", `the option "${option}" can't be used: it ${rule}`, { option });
}

function checkText(option: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw invalid(option, "must be a string");
}

/** The gateway's rule for the names of keys and providers. */
function checkName(option: string, value: unknown): string {
  if (typeof value !== "string" || value.trim() === "") throw invalid(option, "must be a name");
  if (value !== value.trim()) throw invalid(option, "must not begin or end with white space");
  if (value.length > 1024) throw invalid(option, "must have at most 1024 characters");
  if (/[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/u.test(value)) {
    throw invalid(option, "must have no control characters and no hidden characters");
  }
  return value;
}

function checkPaddingScheme(value: unknown): PaddingScheme {
  if (withdrawnSchemes.includes(value)) {
    throw new PfxError(
      "PADDING_UNSUPPORTED",
      "Microsoft no longer supports that padding; use OAEP_SHA256, OAEP_SHA384 or OAEP_SHA512",
    );
  }
  return checkChoice("paddingScheme", value, paddingSchemes) ?? "OAEP_SHA512";
}

function checkChoice<T extends string>(option: string, value: unknown, choices: readonly T[]): T | undefined {
  if (value === undefined) return undefined;
  const choice = choices.find((each) => each === value);
  if (choice === undefined) throw invalid(option, `must be one of ${choices.join(", ")}`);
  return choice;
}

/** Certificate dialogs write thumbprints with spaces, colons and hidden characters. */
function checkThumbprint(value: unknown): string | undefined {
  const text = checkText("thumbprint", value);
  if (text === undefined) return undefined;
  const digits = text.replace(/[\s:\p{Cf}]/gu, "").toLowerCase();
  if (!/^[0-9a-f]{40}$/.test(digits)) throw invalid("thumbprint", "must be a SHA-1 thumbprint: 40 hexadecimal digits");
  return digits;
}
