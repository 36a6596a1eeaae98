/**
 * How a part of a PFX file is encrypted: read from its `AlgorithmIdentifier`, and undone with the password.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7292#appendix-C PBES1 with PKCS #12's own derivation
 * @see https://www.rfc-editor.org/rfc/rfc8018#section-6.2 PBES2
 */
import {
  Asn1Error,
  type Asn1Node,
  algorithmIdentifier,
  copyOf,
  integer,
  isUniversal,
  octetString,
  sequence,
  Tag,
} from "../asn1/read.ts";
import type { Bytes } from "../bytes.ts";
import type { Pace } from "../pace.ts";
import { blockBytesOf, type CipherName, decrypt, keyBytesOf } from "./ciphers.ts";
import type { HashName } from "./hashes.ts";
import { hmacsByOid } from "./hashes.ts";
import { derivePbkdf2, derivePkcs12, Purpose } from "./key-derivation.ts";
import type { Password } from "./password.ts";
import { unsupportedAlgorithm } from "./unsupported-algorithm.ts";

export interface Encryption {
  readonly scheme: "PBES1" | "PBES2";
  readonly cipher: CipherName;
  /** PBKDF2's hash; with PBES1 always SHA-1. */
  readonly hash: HashName;
  readonly salt: Uint8Array;
  readonly iterations: number;
  /** PBES2 only: PBES1 derives it from the password. */
  readonly iv: Uint8Array | undefined;
}

const pbes1Ciphers: ReadonlyMap<string, CipherName> = new Map([
  ["1.2.840.113549.1.12.1.3", "3DES"],
  ["1.2.840.113549.1.12.1.4", "3DES-2KEY"],
  ["1.2.840.113549.1.12.1.5", "RC2-128"],
  ["1.2.840.113549.1.12.1.6", "RC2-40"],
]);

const pbes2Ciphers: ReadonlyMap<string, CipherName> = new Map([
  ["2.16.840.1.101.3.4.1.2", "AES-128"],
  ["2.16.840.1.101.3.4.1.22", "AES-192"],
  ["2.16.840.1.101.3.4.1.42", "AES-256"],
  ["1.2.840.113549.3.7", "3DES"],
]);

/** @throws {PfxError} `UNSUPPORTED_ALGORITHM` */
export function readEncryption(node: Asn1Node | undefined): Encryption {
  const { oid, parameters } = algorithmIdentifier(node);
  if (oid === "1.2.840.113549.1.5.13") return readPbes2(parameters);
  const cipher = pbes1Ciphers.get(oid);
  if (cipher === undefined) throw unsupportedAlgorithm(oid);
  const [salt, iterations] = sequence(parameters);
  return {
    scheme: "PBES1",
    cipher,
    hash: "SHA-1",
    salt: readSalt(salt),
    iterations: readIterations(iterations),
    iv: undefined,
  };
}

function readPbes2(parameters: Asn1Node | undefined): Encryption {
  const [derivation, scheme] = sequence(parameters);
  const { oid, parameters: cipherParameters } = algorithmIdentifier(scheme);
  const cipher = pbes2Ciphers.get(oid);
  if (cipher === undefined) throw unsupportedAlgorithm(oid);
  return { scheme: "PBES2", cipher, ...readPbkdf2(derivation), iv: octetString(cipherParameters) };
}

/** The parameters of PBKDF2, which PBES2 and PBMAC1 have in common. */
export function readPbkdf2(node: Asn1Node | undefined): Pick<Encryption, "hash" | "salt" | "iterations"> {
  const { oid, parameters } = algorithmIdentifier(node);
  if (oid !== "1.2.840.113549.1.5.12") throw unsupportedAlgorithm(oid);
  const [salt, iterations, ...optional] = sequence(parameters);
  const prf = optional.find((element) => isUniversal(element, Tag.SEQUENCE));
  const prfOid = prf === undefined ? "1.2.840.113549.2.7" : algorithmIdentifier(prf).oid;
  const hash = hmacsByOid.get(prfOid);
  if (hash === undefined) throw unsupportedAlgorithm(prfOid);
  return { hash, salt: readSalt(salt), iterations: readIterations(iterations) };
}

/** Salts have 8 to 64 bytes; megabytes would only cost time. */
export function readSalt(node: Asn1Node | undefined): Uint8Array {
  const salt = octetString(node);
  if (salt.length > maxSaltBytes) throw new Asn1Error("a salt too long");
  return salt;
}

const maxSaltBytes = 1024;

/** At least 1; more than a number can count is `Infinity`. */
export function readIterations(node: Asn1Node | undefined): number {
  const iterations = integer(node);
  if (iterations > BigInt(Number.MAX_SAFE_INTEGER)) return Number.POSITIVE_INFINITY;
  return Math.max(1, Number(iterations));
}

/** Decrypts with each form of the password until one fits; `undefined` where none does. */
export async function decryptWith(
  password: Password,
  encryption: Encryption,
  data: Uint8Array,
  pace: Pace,
): Promise<Bytes | undefined> {
  const forms = encryption.scheme === "PBES1" ? password.utf16Forms : password.utf8Forms;
  for (const form of forms) {
    await pace.pauseIfDue();
    const { key, iv } = await deriveKey(form, encryption, pace);
    const plain = await decrypt({ cipher: encryption.cipher, key, iv, data }, pace);
    key.fill(0);
    if (plain === undefined) continue;
    password.prefer(form);
    return plain;
  }
  return undefined;
}

/** The key, and the initialization vector, which PBES1 derives as well. */
export async function deriveKey(
  password: Bytes,
  encryption: Encryption,
  pace: Pace,
): Promise<{ key: Bytes; iv: Bytes }> {
  const { cipher, hash, salt, iterations } = encryption;
  const lengthBytes = keyBytesOf[cipher];
  if (encryption.iv !== undefined) {
    const key = await derivePbkdf2({ hash, password, salt, iterations, lengthBytes }, pace);
    return { key, iv: copyOf(encryption.iv) };
  }
  const derivation = { hash, password, salt, iterations };
  const key = await derivePkcs12({ ...derivation, lengthBytes, purpose: Purpose.KEY }, pace);
  const iv = await derivePkcs12({ ...derivation, lengthBytes: blockBytesOf(cipher), purpose: Purpose.IV }, pace);
  return { key, iv };
}
