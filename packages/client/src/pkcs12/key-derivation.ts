/** Keys from passwords: PKCS #12's own derivation, which WebCrypto does not have, and PBKDF2. */
import { pbkdf2Async } from "@noble/hashes/pbkdf2.js";
import { type Bytes, concatenate } from "../bytes.ts";
import type { Pace } from "../pace.ts";
import { type HashName, hashFunctions } from "./hashes.ts";
import { hashRepeatedly } from "./repeated-hash.ts";

/** What the derived bytes are for; the derivation mixes the number in. */
export const Purpose = { KEY: 1, IV: 2, MAC: 3 } as const;
export type Purpose = (typeof Purpose)[keyof typeof Purpose];

interface Derivation {
  readonly hash: HashName;
  readonly password: Bytes;
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly lengthBytes: number;
}

/**
 * PKCS #12's key derivation.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7292#appendix-B.2
 */
export async function derivePkcs12(derivation: Derivation & { purpose: Purpose }, pace: Pace): Promise<Bytes> {
  const { hash, password, salt, iterations, lengthBytes, purpose } = derivation;
  const { outputLen: digestBytes, blockLen: blockBytes } = hashFunctions[hash];
  const diversifier = new Uint8Array(blockBytes).fill(purpose);
  const input = concatenate([repeatToBlocks(salt, blockBytes), repeatToBlocks(password, blockBytes)]);
  const derived = new Uint8Array(lengthBytes);
  for (let offset = 0; offset < lengthBytes; offset += digestBytes) {
    const digest = await hashRepeatedly(hash, concatenate([diversifier, input]), iterations, pace);
    derived.set(digest.subarray(0, Math.min(digestBytes, lengthBytes - offset)), offset);
    addToEachBlock(input, repeatToBlocks(digest, blockBytes).subarray(0, blockBytes), blockBytes);
    digest.fill(0);
  }
  input.fill(0);
  return derived;
}

/** `bytes` as often as it takes to fill whole blocks; nothing where there are no bytes. */
function repeatToBlocks(bytes: Uint8Array, blockBytes: number): Bytes {
  const repeated = new Uint8Array(Math.ceil(bytes.length / blockBytes) * blockBytes);
  for (let offset = 0; offset < repeated.length; offset += bytes.length) {
    repeated.set(bytes.subarray(0, Math.min(bytes.length, repeated.length - offset)), offset);
  }
  return repeated;
}

/** Adds `addend` and one to each block of `blocks`, as numbers with the most significant byte first. */
function addToEachBlock(blocks: Uint8Array, addend: Uint8Array, blockBytes: number): void {
  for (let start = 0; start < blocks.length; start += blockBytes) {
    let carry = 1;
    for (let index = blockBytes - 1; index >= 0; index -= 1) {
      const sum = (blocks[start + index] ?? 0) + (addend[index] ?? 0) + carry;
      blocks[start + index] = sum & 0xff;
      carry = sum >> 8;
    }
  }
}

/**
 * PBKDF2: WebCrypto's, but for SHA-224, which it does not have.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8018#section-5.2
 */
export async function derivePbkdf2(derivation: Derivation, pace: Pace): Promise<Bytes> {
  const { hash, password, salt, iterations, lengthBytes } = derivation;
  if (hash === "SHA-224" || hash === "MD5") {
    const options = { c: iterations, dkLen: lengthBytes };
    return new Uint8Array(await pace.race(pbkdf2Async(hashFunctions[hash], password, salt, options)));
  }
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const parameters = { name: "PBKDF2", hash, salt: new Uint8Array(salt), iterations };
  return new Uint8Array(await pace.race(crypto.subtle.deriveBits(parameters, key, lengthBytes * 8)));
}
