/**
 * The two binary forms in which Windows exports keys: CNG's and CAPI's.
 *
 * @see https://learn.microsoft.com/windows/win32/api/bcrypt/ns-bcrypt-bcrypt_rsakey_blob
 * @see https://learn.microsoft.com/windows/win32/seccrypto/base-provider-key-blobs
 */
import { notRsa, privateKey } from "./key-errors.ts";
import type { RsaNumbers } from "./public-key.ts";

/** The numbers in a blob; `undefined` where `bytes` are none, or are cut short. */
export function readKeyBlob(bytes: Uint8Array): RsaNumbers | undefined {
  if (bytes.length < 8) return undefined;
  return readCngBlob(bytes) ?? readCapiBlob(bytes);
}

/** 24 bytes of header in little-endian words: magic, bits, the lengths of exponent, modulus and two primes. */
function readCngBlob(bytes: Uint8Array): RsaNumbers | undefined {
  const magic = String.fromCharCode(...bytes.subarray(0, 4));
  if (magic === "RSA2" || magic === "RSA3" || /^EC[SK][246]$/.test(magic)) throw privateKey();
  if (/^EC[SK][135]$/.test(magic)) throw notRsa();
  if (magic !== "RSA1" || bytes.length < 24) return undefined;
  const header = new DataView(bytes.buffer, bytes.byteOffset, 24);
  const exponentBytes = header.getUint32(8, true);
  const modulusBytes = header.getUint32(12, true);
  if (bytes.length < 24 + exponentBytes + modulusBytes) return undefined;
  const exponent = bytes.subarray(24, 24 + exponentBytes);
  return { exponent, modulus: bytes.subarray(24 + exponentBytes, 24 + exponentBytes + modulusBytes) };
}

/** Type, version and algorithm, then `RSA1`, bits and exponent as little-endian words, then the modulus, little-endian too. */
function readCapiBlob(bytes: Uint8Array): RsaNumbers | undefined {
  const [type, version] = bytes;
  if (version !== 2 || bytes.length < 20) return undefined;
  const magic = String.fromCharCode(...bytes.subarray(8, 12));
  if (type === 7 && magic === "RSA2") throw privateKey();
  if (type !== 6 || magic !== "RSA1") return undefined;
  const header = new DataView(bytes.buffer, bytes.byteOffset, 20);
  const modulusBytes = Math.ceil(header.getUint32(12, true) / 8);
  if (bytes.length < 20 + modulusBytes) return undefined;
  return { exponent: bytes.slice(16, 20).reverse(), modulus: bytes.slice(20, 20 + modulusBytes).reverse() };
}
