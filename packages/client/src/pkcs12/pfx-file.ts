/**
 * The outside of a PFX file: what can be read without its password.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7292#section-4
 */
import {
  Asn1Error,
  type Asn1Node,
  explicit,
  implicitOctetString,
  integer,
  NodeBudget,
  objectIdentifier,
  octetString,
  readAsn1,
  sequence,
} from "../asn1/read.ts";
import { PfxError } from "../pfx-error.ts";
import { type Bag, encryptionsOf, readBags } from "./bags.ts";
import { type Encryption, readEncryption } from "./encryption.ts";
import { type Mac, readMac } from "./mac.ts";
import { notAPfx } from "./not-a-pfx.ts";

export interface PfxFile {
  /** The file without what comes after its end. */
  readonly encoded: Uint8Array;
  readonly mac: Mac | undefined;
  /** What the MAC covers: all keys and certificates. */
  readonly authenticatedSafe: Uint8Array;
  /** How many more nodes of ASN.1 may be read. */
  readonly budget: NodeBudget;
}

/** A part of the file: plain, or encrypted as a whole. */
export type Part =
  | { readonly type: "plain"; readonly bags: readonly Bag[] }
  | { readonly type: "encrypted"; readonly encryption: Encryption; readonly data: Uint8Array };

/** Larger files are not read at all. */
export const maxFileBytes = 8 * 1024 * 1024;

const contentTypes = {
  DATA: "1.2.840.113549.1.7.1",
  SIGNED: "1.2.840.113549.1.7.2",
  ENVELOPED: "1.2.840.113549.1.7.3",
  ENCRYPTED: "1.2.840.113549.1.7.6",
} as const;

/** @throws {PfxError} `NOT_A_PFX`, `UNSUPPORTED_PROTECTION`, `UNSUPPORTED_ALGORITHM` of the MAC */
export function readPfxFile(bytes: Uint8Array): PfxFile {
  const budget = new NodeBudget();
  try {
    const file = readAsn1(bytes, budget);
    const [version, contentInfo, macData] = sequence(file);
    if (integer(version) !== 3n) throw new Asn1Error("a version other than 3");
    const [contentType, content] = sequence(contentInfo);
    const type = objectIdentifier(contentType);
    if (type === contentTypes.SIGNED) throw unsupportedProtection();
    if (type !== contentTypes.DATA) throw new Asn1Error("an unknown content type");
    return {
      encoded: file.encoded,
      mac: macData === undefined ? undefined : readMac(macData),
      authenticatedSafe: octetString(explicit(content, 0)),
      budget,
    };
  } catch (error) {
    throw error instanceof Asn1Error ? notAPfx(bytes) : error;
  }
}

/**
 * @throws {Asn1Error} where a part can't be read
 * @throws {PfxError} `UNSUPPORTED_PROTECTION`, `UNSUPPORTED_ALGORITHM`
 */
export function readParts({ authenticatedSafe, budget }: PfxFile): readonly Part[] {
  return sequence(readAsn1(authenticatedSafe, budget)).map((contentInfo) => readPart(contentInfo, budget));
}

function readPart(contentInfo: Asn1Node, budget: NodeBudget): Part {
  const [contentType, content] = sequence(contentInfo);
  switch (objectIdentifier(contentType)) {
    case contentTypes.DATA:
      return { type: "plain", bags: readBags(readAsn1(octetString(explicit(content, 0)), budget)) };
    case contentTypes.ENCRYPTED: {
      const [, encrypted] = sequence(explicit(content, 0));
      const [, algorithm, data] = sequence(encrypted);
      return { type: "encrypted", encryption: readEncryption(algorithm), data: implicitOctetString(data, 0) };
    }
    case contentTypes.ENVELOPED:
      throw unsupportedProtection();
    default:
      throw new Asn1Error("an unknown content type");
  }
}

/** The encryptions that can be seen before anything is decrypted. */
export function visibleEncryptions(parts: readonly Part[]): readonly Encryption[] {
  return parts.flatMap((part) => (part.type === "plain" ? encryptionsOf(part.bags) : [part.encryption]));
}

/** The gateway's limit for a file, in bytes. */
export const maxBlobBytes = 1_048_576;

export function tooLarge(sizeBytes: number): PfxError {
  return new PfxError("TOO_LARGE", `the file would be ${sizeBytes} bytes; the gateway takes ${maxBlobBytes}`, {
    sizeBytes,
  });
}

function unsupportedProtection(): PfxError {
  return new PfxError(
    "UNSUPPORTED_PROTECTION",
    "this file is protected by certificates or an account instead of a password",
  );
}
