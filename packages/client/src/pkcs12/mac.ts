/**
 * The integrity check of a PFX file: HMAC with a key of PKCS #12's own derivation, or PBMAC1.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7292#section-4
 * @see https://www.rfc-editor.org/rfc/rfc9579 PBMAC1
 */
import { hmac } from "@noble/hashes/hmac.js";
import {
  Asn1Error,
  type Asn1Node,
  algorithmIdentifier,
  integer,
  isUniversal,
  octetString,
  sequence,
  Tag,
} from "../asn1/read.ts";
import { areDigestsEqual, type Bytes } from "../bytes.ts";
import type { Pace } from "../pace.ts";
import { readIterations, readPbkdf2, readSalt } from "./encryption.ts";
import { type HashName, hashesByOid, hashFunctions, hmacsByOid } from "./hashes.ts";
import { derivePbkdf2, derivePkcs12, Purpose } from "./key-derivation.ts";
import type { Password } from "./password.ts";
import { unsupportedAlgorithm } from "./unsupported-algorithm.ts";

const pieceBytes = 262_144;
/** Of PBMAC1: twice what any hash needs. Each block of it would be all rounds once more. */
const maxKeyBytes = 128;

export interface Mac {
  /** Of the HMAC. */
  readonly hash: HashName;
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly digest: Uint8Array;
  /** With PBMAC1 the hash of PBKDF2 and the length of the key; without it, the key comes from PKCS #12's derivation. */
  readonly pbkdf2: { readonly hash: HashName; readonly keyBytes: number } | undefined;
}

/** @throws {PfxError} `UNSUPPORTED_ALGORITHM` */
export function readMac(node: Asn1Node): Mac {
  const [digestInfo, salt, iterations] = sequence(node);
  const [algorithm, digest] = sequence(digestInfo);
  const { oid, parameters } = algorithmIdentifier(algorithm);
  if (oid === "1.2.840.113549.1.5.14") return { ...readPbmac1(parameters), digest: octetString(digest) };
  const hash = hashesByOid.get(oid);
  if (hash === undefined) throw unsupportedAlgorithm(oid);
  return {
    hash,
    salt: readSalt(salt),
    iterations: iterations === undefined ? 1 : readIterations(iterations),
    digest: octetString(digest),
    pbkdf2: undefined,
  };
}

function readPbmac1(parameters: Asn1Node | undefined): Omit<Mac, "digest"> {
  const [derivation, scheme] = sequence(parameters);
  const { hash: derivationHash, salt, iterations } = readPbkdf2(derivation);
  const { oid } = algorithmIdentifier(scheme);
  const hash = hmacsByOid.get(oid);
  if (hash === undefined) throw unsupportedAlgorithm(oid);
  // RFC 9579 demands the length of the key, so that nobody has to guess it.
  const lengths = sequence(algorithmIdentifier(derivation).parameters).filter((part) => isUniversal(part, Tag.INTEGER));
  const keyBytes = Number(integer(lengths[1]));
  if (keyBytes < 1 || keyBytes > maxKeyBytes) throw new Asn1Error("a key length out of range");
  return { hash, salt, iterations, pbkdf2: { hash: derivationHash, keyBytes } };
}

/** Whether `password`, in one of its forms, is the one that `content` was protected with. */
export async function isMacRight(mac: Mac, content: Uint8Array, password: Password, pace: Pace): Promise<boolean> {
  for (const form of mac.pbkdf2 === undefined ? password.utf16Forms : password.utf8Forms) {
    await pace.pauseIfDue();
    const key = await deriveMacKey(mac, form, pace);
    const digest = await authenticate(mac.hash, key, content, pace);
    key.fill(0);
    if (!areDigestsEqual(digest, mac.digest)) continue;
    password.prefer(form);
    return true;
  }
  return false;
}

/** HMAC, a piece at a time: in one go, some megabytes would block the event loop. */
export async function authenticate(hash: HashName, key: Bytes, content: Uint8Array, pace: Pace): Promise<Uint8Array> {
  const state = hmac.create(hashFunctions[hash], key);
  for (let offset = 0; offset < content.length; offset += pieceBytes) {
    state.update(content.subarray(offset, offset + pieceBytes));
    await pace.pauseIfDue();
  }
  return state.digest();
}

export function deriveMacKey(mac: Omit<Mac, "digest">, password: Bytes, pace: Pace): Promise<Bytes> {
  const { hash, salt, iterations, pbkdf2 } = mac;
  return pbkdf2 === undefined
    ? derivePkcs12(
        { hash, password, salt, iterations, lengthBytes: hashFunctions[hash].outputLen, purpose: Purpose.MAC },
        pace,
      )
    : derivePbkdf2({ hash: pbkdf2.hash, password, salt, iterations, lengthBytes: pbkdf2.keyBytes }, pace);
}
