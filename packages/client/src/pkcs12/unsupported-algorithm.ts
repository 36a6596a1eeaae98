/** Names for the algorithms that this library refuses, so that people see more than an object identifier. */
import { PfxError } from "../pfx-error.ts";

const names: ReadonlyMap<string, string> = new Map([
  ["1.2.840.113549.1.12.1.1", "RC4-128"],
  ["1.2.840.113549.1.12.1.2", "RC4-40"],
  ["1.2.840.113549.1.5.1", "MD2 and DES"],
  ["1.2.840.113549.1.5.3", "MD5 and DES"],
  ["1.2.840.113549.1.5.4", "MD2 and RC2"],
  ["1.2.840.113549.1.5.6", "MD5 and RC2"],
  ["1.2.840.113549.1.5.10", "SHA-1 and DES"],
  ["1.2.840.113549.1.5.11", "SHA-1 and RC2"],
  ["1.2.840.113549.3.2", "RC2"],
  ["1.2.840.113549.3.4", "RC4"],
  ["1.3.14.3.2.7", "DES"],
  ["1.3.6.1.4.1.11591.4.11", "scrypt"],
  ["2.16.840.1.101.3.4.1.6", "AES-128-GCM"],
  ["2.16.840.1.101.3.4.1.26", "AES-192-GCM"],
  ["2.16.840.1.101.3.4.1.46", "AES-256-GCM"],
  ["1.2.392.200011.61.1.1.1.2", "Camellia-128"],
  ["1.2.392.200011.61.1.1.1.3", "Camellia-192"],
  ["1.2.392.200011.61.1.1.1.4", "Camellia-256"],
  ["1.2.840.113549.2.2", "MD2"],
  ["2.16.840.1.101.3.4.2.5", "SHA-512/224"],
  ["2.16.840.1.101.3.4.2.6", "SHA-512/256"],
  ["2.16.840.1.101.3.4.2.7", "SHA3-224"],
  ["2.16.840.1.101.3.4.2.8", "SHA3-256"],
  ["2.16.840.1.101.3.4.2.9", "SHA3-384"],
  ["2.16.840.1.101.3.4.2.10", "SHA3-512"],
  ["1.2.643.7.1.1.2.2", "GOST R 34.11-2012"],
  ["1.2.643.7.1.1.5.1.1", "GOST Magma"],
]);

export function unsupportedAlgorithm(oid: string): PfxError {
  const algorithm = names.get(oid) ?? oid;
  return new PfxError(
    "UNSUPPORTED_ALGORITHM",
    `this file is encrypted with ${algorithm}, which is not supported; export it again with AES or 3DES`,
    { algorithm },
  );
}
