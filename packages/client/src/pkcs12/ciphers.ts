/// <reference path="./forge.d.ts" />
/**
 * The block ciphers of PFX files, all in CBC mode with PKCS #7 padding. AES is WebCrypto's; DES and RC2, and AES-192 where a
 * browser lacks it, are node-forge's, which is loaded when a file needs it.
 */
import { type Bytes, concatenate, toBinary } from "../bytes.ts";
import type { Pace } from "../pace.ts";

export type CipherName = "AES-128" | "AES-192" | "AES-256" | "3DES" | "3DES-2KEY" | "RC2-40" | "RC2-128";

export const keyBytesOf: Readonly<Record<CipherName, number>> = {
  "AES-128": 16,
  "AES-192": 24,
  "AES-256": 32,
  "3DES": 24,
  "3DES-2KEY": 16,
  "RC2-40": 5,
  "RC2-128": 16,
};

export const blockBytesOf = (cipher: CipherName): number => (cipher.startsWith("AES") ? 16 : 8);

interface CipherInput {
  readonly cipher: CipherName;
  readonly key: Bytes;
  readonly iv: Bytes;
  readonly data: Uint8Array;
}

/** How much is done between two looks at the clock: DES takes some 3 ms for it, RC2 some 10. */
const chunkBytes = 8192;

/** The plain bytes, or `undefined` where the padding shows that key or data are not the right ones. */
export async function decrypt(input: CipherInput, pace: Pace): Promise<Bytes | undefined> {
  const { cipher, key, iv, data } = input;
  const blockBytes = blockBytesOf(cipher);
  if (data.length === 0 || data.length % blockBytes !== 0 || iv.length !== blockBytes) return undefined;
  if (cipher.startsWith("AES")) {
    const aesKey = await importAesKey(key);
    if (aesKey !== undefined) {
      return crypto.subtle.decrypt({ name: "AES-CBC", iv }, aesKey, new Uint8Array(data)).then(
        (plain) => new Uint8Array(plain),
        () => undefined,
      );
    }
  }
  return withoutPadding(await run(await createDecipher(cipher, key, iv), data, pace), blockBytes);
}

/** AES-256 or 3DES. */
export async function encrypt(input: CipherInput & { cipher: "AES-256" | "3DES" }, pace: Pace): Promise<Bytes> {
  const { cipher, key, iv, data } = input;
  if (cipher === "AES-256") {
    const aesKey = await crypto.subtle.importKey("raw", key, "AES-CBC", false, ["encrypt"]);
    return new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv }, aesKey, new Uint8Array(data)));
  }
  const forge = await loadForge(import("node-forge/lib/des.js"));
  const encipher = forge.cipher.createCipher("3DES-CBC", toBinary(key));
  encipher.start({ iv: toBinary(iv) });
  const padded = withPadding(data, blockBytesOf(cipher));
  const encrypted = await run(encipher, padded, pace);
  padded.fill(0);
  return encrypted;
}

/** `undefined` for AES-192 in Chromium, whose WebCrypto lacks it. */
function importAesKey(key: Bytes): Promise<CryptoKey | undefined> {
  return crypto.subtle.importKey("raw", key, "AES-CBC", false, ["decrypt"]).catch(() => undefined);
}

async function createDecipher(cipher: CipherName, key: Bytes, iv: Bytes): Promise<ForgeCipher> {
  if (cipher === "RC2-40" || cipher === "RC2-128") {
    const forge = await loadForge(import("node-forge/lib/rc2.js"));
    const decipher = forge.rc2.createDecryptionCipher(toBinary(key), key.length * 8);
    decipher.start(toBinary(iv));
    return decipher;
  }
  const isDes = cipher === "3DES" || cipher === "3DES-2KEY";
  const forge = await loadForge(isDes ? import("node-forge/lib/des.js") : import("node-forge/lib/aes.js"));
  const threeKeys = cipher === "3DES-2KEY" ? concatenate([key, key.subarray(0, 8)]) : key;
  const decipher = forge.cipher.createDecipher(isDes ? "3DES-CBC" : "AES-CBC", toBinary(threeKeys));
  decipher.start({ iv: toBinary(iv) });
  return decipher;
}

/** Each cipher's module adds itself to the one object of `forge.js`. */
async function loadForge(cipherModule: Promise<unknown>) {
  await cipherModule;
  return (await import("node-forge/lib/forge.js")).default;
}

interface ForgeCipher {
  update(input: { getBytes(): string }): void;
  readonly output: { getBytes(): string };
}

/** Whole blocks only, so that nothing is left for the cipher's own padding. node-forge takes and gives bytes as strings. */
async function run(cipher: ForgeCipher, data: Uint8Array, pace: Pace): Promise<Bytes> {
  const { util } = (await import("node-forge/lib/forge.js")).default;
  const result = new Uint8Array(data.length);
  for (let offset = 0; offset < data.length; offset += chunkBytes) {
    cipher.update(util.createBuffer(toBinary(data.subarray(offset, offset + chunkBytes))));
    const done = cipher.output.getBytes();
    for (let index = 0; index < done.length; index += 1) result[offset + index] = done.charCodeAt(index);
    await pace.pauseIfDue();
  }
  return result;
}

function withPadding(data: Uint8Array, blockBytes: number): Bytes {
  const padding = blockBytes - (data.length % blockBytes);
  return concatenate([data, new Uint8Array(padding).fill(padding)]);
}

function withoutPadding(data: Bytes, blockBytes: number): Bytes | undefined {
  const padding = data.at(-1) ?? 0;
  if (padding === 0 || padding > blockBytes || data.subarray(-padding).some((byte) => byte !== padding)) {
    return undefined;
  }
  return data.subarray(0, data.length - padding);
}
