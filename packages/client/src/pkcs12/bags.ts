/** What the parts of a PFX file hold: private keys, encrypted or not, and certificates, each with attributes. */
import { type Asn1Node, explicit, integer, objectIdentifier, octetString, sequence, set, text } from "../asn1/read.ts";
import { type Encryption, readEncryption } from "./encryption.ts";

export interface BagAttributes {
  readonly friendlyName: string | undefined;
  readonly localKeyId: Uint8Array | undefined;
}

export type Bag =
  | { readonly type: "key"; readonly pkcs8: Uint8Array; readonly attributes: BagAttributes }
  | {
      readonly type: "encrypted key";
      readonly encryption: Encryption;
      readonly data: Uint8Array;
      readonly attributes: BagAttributes;
    }
  | { readonly type: "certificate"; readonly der: Uint8Array; readonly attributes: BagAttributes };

const bagTypes = {
  KEY: "1.2.840.113549.1.12.10.1.1",
  ENCRYPTED_KEY: "1.2.840.113549.1.12.10.1.2",
  CERTIFICATE: "1.2.840.113549.1.12.10.1.3",
  SAFE_CONTENTS: "1.2.840.113549.1.12.10.1.6",
} as const;
const x509Certificate = "1.2.840.113549.1.9.22.1";
const friendlyName = "1.2.840.113549.1.9.20";
/** A name that nobody could read is left out. */
const maxNameBytes = 4096;
const localKeyId = "1.2.840.113549.1.9.21";

/**
 * The keys and certificates of a `SafeContents`; revocation lists and secrets are left out.
 *
 * @throws {Asn1Error} where it can't be read
 * @throws {PfxError} `UNSUPPORTED_ALGORITHM`
 */
export function readBags(safeContents: Asn1Node): readonly Bag[] {
  return sequence(safeContents).flatMap(readBag);
}

/** How the keys among `bags` are encrypted. */
export function encryptionsOf(bags: readonly Bag[]): readonly Encryption[] {
  return bags.flatMap((bag) => (bag.type === "encrypted key" ? [bag.encryption] : []));
}

function readBag(node: Asn1Node): readonly Bag[] {
  const [type, value, attributeSet] = sequence(node);
  const attributes = readAttributes(attributeSet);
  switch (objectIdentifier(type)) {
    case bagTypes.KEY:
      return [{ type: "key", pkcs8: readPrivateKeyInfo(explicit(value, 0)), attributes }];
    case bagTypes.ENCRYPTED_KEY: {
      const [algorithm, data] = sequence(explicit(value, 0));
      return [{ type: "encrypted key", encryption: readEncryption(algorithm), data: octetString(data), attributes }];
    }
    case bagTypes.CERTIFICATE: {
      const [certificateType, certificate] = sequence(explicit(value, 0));
      if (objectIdentifier(certificateType) !== x509Certificate) return [];
      return [{ type: "certificate", der: octetString(explicit(certificate, 0)), attributes }];
    }
    case bagTypes.SAFE_CONTENTS:
      return readBags(explicit(value, 0));
    default:
      return [];
  }
}

function readAttributes(node: Asn1Node | undefined): BagAttributes {
  let name: string | undefined;
  let keyId: Uint8Array | undefined;
  for (const attribute of node === undefined ? [] : set(node)) {
    const [type, values] = sequence(attribute);
    const [value] = set(values);
    const oid = objectIdentifier(type);
    if (oid === friendlyName && (value?.content.length ?? 0) <= maxNameBytes) name = text(value);
    if (oid === localKeyId && value !== undefined) keyId = octetString(value);
  }
  return { friendlyName: name, localKeyId: keyId };
}

/** A `PrivateKeyInfo` (PKCS #8), as it is encoded; checked for its shape only. */
export function readPrivateKeyInfo(node: Asn1Node): Uint8Array {
  const [version, algorithm, key] = sequence(node);
  integer(version);
  sequence(algorithm);
  octetString(key);
  return node.encoded;
}
