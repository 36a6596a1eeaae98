/**
 * The one error that this library throws. `code` is stable; `message` is for people and may be reworded.
 * No message, stack or detail holds a password, a key or the content of a file.
 */

/** What went wrong, for programs. */
export type PfxErrorCode =
  | "CERTIFICATE_IS_CA"
  | "CERTIFICATE_NOT_FOUND"
  | "CRYPTO_UNAVAILABLE"
  | "DAMAGED"
  | "EXPIRED"
  | "KEY_IS_PRIVATE"
  | "KEY_MISMATCH"
  | "KEY_NOT_RSA"
  | "KEY_TOO_SMALL"
  | "KEY_UNREADABLE"
  | "NOT_A_PFX"
  | "NO_CERTIFICATE"
  | "NO_INTEGRITY"
  | "NO_PRIVATE_KEY"
  | "OPTION_INVALID"
  | "PADDING_UNSUPPORTED"
  | "PASSWORD_EMPTY"
  | "PASSWORD_NOT_ASCII"
  | "PASSWORD_TOO_LONG"
  | "PURPOSE_MISMATCH"
  | "PURPOSE_UNKNOWN"
  | "REWRITE_FAILED"
  | "SEVERAL_CERTIFICATES"
  | "TOO_EXPENSIVE"
  | "TOO_LARGE"
  | "UNSUPPORTED_ALGORITHM"
  | "UNSUPPORTED_PROTECTION"
  | "USER_INVALID"
  | "USER_UNKNOWN"
  | "WRONG_PASSWORD";

/** Facts behind an error, where a program can act on them. Each property is there with the codes that its comment names. */
export interface PfxErrorDetails {
  /** `SEVERAL_CERTIFICATES`: the SHA-1 thumbprints to choose from. */
  readonly thumbprints?: readonly string[];
  /** `USER_UNKNOWN`: the names that the certificate has. */
  readonly users?: readonly string[];
  /** `OPTION_INVALID`: the option's name. */
  readonly option?: string;
  /** `TOO_LARGE`: the size of the file, in bytes. */
  readonly sizeBytes?: number;
  /** `TOO_EXPENSIVE`: the rounds of key derivation that the file asks for. */
  readonly iterations?: number;
  /** `EXPIRED`: when, as RFC 3339 in UTC. */
  readonly expirationDateTime?: string;
  /** `PASSWORD_TOO_LONG`: the longest password, in bytes, that fits the key and the padding. */
  readonly maxBytes?: number;
  /** `KEY_TOO_SMALL`: the size of the key, in bits. */
  readonly bits?: number;
  /** `UNSUPPORTED_ALGORITHM`: the algorithm's name, or its object identifier where it has no well-known name. */
  readonly algorithm?: string;
}

/**
 * A file, password, key or option that can't be used.
 *
 * @see PfxErrorCode
 */
export class PfxError extends Error {
  readonly code: PfxErrorCode;
  readonly details: PfxErrorDetails | undefined;

  constructor(code: PfxErrorCode, message: string, details?: PfxErrorDetails) {
    super(message);
    this.code = code;
    this.details = details;
  }

  override get name(): string {
    return "PfxError";
  }
}
