/**
 * The hash of the hash of the hash …: what PKCS #12's key derivation does thousands of times for one key. Going from digest to
 * digest within one prepared block takes half the time of hashing anew each round; for SHA-1 and SHA-256, which nearly all files
 * use, that is worth two classes.
 */
import { _SHA1 } from "@noble/hashes/legacy.js";
import { _SHA256 } from "@noble/hashes/sha2.js";
import type { Bytes } from "../bytes.ts";
import type { Pace } from "../pace.ts";
import { type HashName, hashFunctions } from "./hashes.ts";

/** How many rounds are done between two looks at the clock: less than a millisecond. */
const roundsPerLook = 500;

/** The hash of `message`, hashed again until `rounds` are done. `message` is overwritten with zeros. */
export async function hashRepeatedly(name: HashName, message: Bytes, rounds: number, pace: Pace): Promise<Bytes> {
  const digest = new Uint8Array(hashFunctions[name](message));
  message.fill(0);
  for (let done = 1; done < rounds; done += roundsPerLook) {
    hashAgain(name, digest, Math.min(roundsPerLook, rounds - done));
    if (pace.isPauseDue) await pace.pause();
  }
  return digest;
}

function hashAgain(name: HashName, digest: Bytes, rounds: number): void {
  switch (name) {
    case "SHA-1":
      new Sha1Rounds().run(digest, rounds);
      return;
    case "SHA-256":
      new Sha256Rounds().run(digest, rounds);
      return;
    default:
      for (let round = 0; round < rounds; round += 1) digest.set(hashFunctions[name](digest));
  }
}

class Sha1Rounds extends _SHA1 {
  /** Replaces `digest` by its hash, `rounds` times. */
  run(digest: Bytes, rounds: number): void {
    const block = blockOf(digest);
    const initial = this.get();
    for (let round = 0; round < rounds; round += 1) {
      this.set(...initial);
      this.process(block, 0);
      putWords(block, this.get());
    }
    takeDigest(block, digest);
    this.roundClean();
  }
}

class Sha256Rounds extends _SHA256 {
  /** Replaces `digest` by its hash, `rounds` times. */
  run(digest: Bytes, rounds: number): void {
    const block = blockOf(digest);
    const initial = this.get();
    for (let round = 0; round < rounds; round += 1) {
      this.set(...initial);
      this.process(block, 0);
      putWords(block, this.get());
    }
    takeDigest(block, digest);
    this.roundClean();
  }
}

/** A block of 64 bytes with a digest and the padding that both hashes put behind it: a bit, zeros, and the length in bits. */
function blockOf(digest: Bytes): DataView {
  const bytes = new Uint8Array(64);
  const block = new DataView(bytes.buffer);
  bytes.set(digest);
  bytes[digest.length] = 0x80;
  block.setUint32(60, digest.length * 8);
  return block;
}

function putWords(block: DataView, words: readonly number[]): void {
  for (let index = 0; index < words.length; index += 1) block.setUint32(index * 4, words[index] ?? 0);
}

/** Moves the digest out of the block, which then holds zeros. */
function takeDigest(block: DataView, digest: Bytes): void {
  const bytes = new Uint8Array(block.buffer);
  digest.set(bytes.subarray(0, digest.length));
  bytes.fill(0);
}
