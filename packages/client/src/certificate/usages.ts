/**
 * What a certificate may be used for, by its key usage and extended key usage.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.3
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.12
 */
import { type Asn1Node, bitString, objectIdentifier, sequence } from "../asn1/read.ts";

/** Bit 0 first. */
const keyUsageNames = [
  "digitalSignature",
  "nonRepudiation",
  "keyEncipherment",
  "dataEncipherment",
  "keyAgreement",
  "keyCertSign",
  "cRLSign",
  "encipherOnly",
  "decipherOnly",
] as const;

const extendedKeyUsageNames: ReadonlyMap<string, string> = new Map([
  ["2.5.29.37.0", "anyExtendedKeyUsage"],
  ["1.3.6.1.5.5.7.3.1", "serverAuth"],
  ["1.3.6.1.5.5.7.3.2", "clientAuth"],
  ["1.3.6.1.5.5.7.3.3", "codeSigning"],
  ["1.3.6.1.5.5.7.3.4", "emailProtection"],
  ["1.3.6.1.5.5.7.3.8", "timeStamping"],
  ["1.3.6.1.5.5.7.3.9", "OCSPSigning"],
  ["1.3.6.1.4.1.311.10.3.4", "encryptingFileSystem"],
  ["1.3.6.1.4.1.311.10.3.12", "documentSigning"],
  ["1.3.6.1.4.1.311.20.2.2", "smartcardLogon"],
]);

export function keyUsagesOf(extension: Asn1Node | undefined): readonly string[] | null {
  if (extension === undefined) return null;
  const { bytes, unusedBits } = bitString(extension);
  const bits = bytes.length * 8 - unusedBits;
  return keyUsageNames.filter(
    (_, bit) => bit < bits && ((bytes[Math.floor(bit / 8)] ?? 0) & (0x80 >> (bit % 8))) !== 0,
  );
}

export function extendedKeyUsagesOf(extension: Asn1Node | undefined): readonly string[] | null {
  if (extension === undefined) return null;
  return sequence(extension).map((usage) => {
    const oid = objectIdentifier(usage);
    return extendedKeyUsageNames.get(oid) ?? oid;
  });
}
