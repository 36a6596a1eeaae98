/**
 * Which certificate belongs to which private key. The keys themselves decide: an RSA key by its modulus, another key by making
 * a signature that the certificate's public key verifies. `localKeyId`, a mere label, decides only for keys with which this
 * runtime can do neither.
 */
import {
  algorithmIdentifier,
  bitString,
  explicit,
  integerBytes,
  isContext,
  isUniversal,
  NodeBudget,
  objectIdentifier,
  octetString,
  readAsn1,
  sequence,
  Tag,
} from "../asn1/read.ts";
import { areEqual } from "../bytes.ts";
import type { PfxCertificate, PfxKey } from "../pkcs12/open-pfx.ts";
import {
  type Certificate,
  curveName,
  isEllipticCurve,
  isRsa,
  magnitude,
  type PublicKeyInfo,
  readRsaPublicKey,
} from "./certificate.ts";

export interface CertificateInFile extends PfxCertificate {
  readonly certificate: Certificate;
}

export interface KeyPair {
  readonly key: PfxKey;
  readonly certificate: CertificateInFile;
  /** Whether the keys themselves were compared. */
  readonly isVerified: boolean;
}

export interface Matches {
  /** A pair for each certificate whose private key is in the file, in the order of the certificates. */
  readonly pairs: readonly KeyPair[];
  /** Keys that belong to no certificate of the file. */
  readonly otherKeys: number;
}

/** @throws {Asn1Error} where a private key can't be read */
export async function matchKeys(keys: readonly PfxKey[], certificates: readonly CertificateInFile[]): Promise<Matches> {
  const pairs: KeyPair[] = [];
  const matched = new Set<PfxKey>();
  for (const certificate of certificates) {
    for (const key of keys) {
      const belongs = await isKeyOf(key, certificate.certificate.publicKey);
      if (!(belongs ?? haveSameLabel(key, certificate))) continue;
      matched.add(key);
      // A key that is in the file twice makes one pair.
      if (pairs.at(-1)?.certificate !== certificate) {
        pairs.push({ key, certificate, isVerified: belongs !== undefined });
      }
    }
  }
  return { pairs, otherKeys: keys.length - matched.size };
}

function haveSameLabel(key: PfxKey, certificate: PfxCertificate): boolean {
  const { localKeyId } = key.attributes;
  return (
    localKeyId !== undefined &&
    certificate.attributes.localKeyId !== undefined &&
    areEqual(localKeyId, certificate.attributes.localKeyId)
  );
}

/** `undefined` where this runtime can't tell. */
async function isKeyOf({ pkcs8 }: PfxKey, publicKey: PublicKeyInfo): Promise<boolean | undefined> {
  const budget = new NodeBudget();
  const [, algorithm, privateKey, ...optional] = sequence(readAsn1(pkcs8, budget));
  const { oid, parameters } = algorithmIdentifier(algorithm);
  if (isRsa(oid)) return isRsa(publicKey.algorithm) && haveSameModulus(octetString(privateKey), publicKey);
  if (oid !== publicKey.algorithm) return false;
  const curve = isUniversal(parameters, Tag.OBJECT_IDENTIFIER) ? objectIdentifier(parameters) : undefined;
  if (curve !== publicKey.curve) return false;
  const proved = await provePossession(pkcs8, publicKey);
  if (proved !== undefined) return proved;
  const stated = isEllipticCurve(oid)
    ? statedPoint(octetString(privateKey))
    : optional.find((part) => isContext(part, 1))?.content.subarray(1);
  return stated === undefined ? undefined : areEqual(stated, publicKey.keyBytes);
}

function haveSameModulus(privateKey: Uint8Array, publicKey: PublicKeyInfo): boolean {
  const [, modulus, exponent] = sequence(readAsn1(privateKey, new NodeBudget()));
  const expected = readRsaPublicKey(publicKey.keyBytes);
  return (
    areEqual(magnitude(integerBytes(modulus)), expected.modulus) &&
    areEqual(magnitude(integerBytes(exponent)), expected.exponent)
  );
}

/** The public key that an elliptic-curve private key states beside its secret (RFC 5915). */
function statedPoint(privateKey: Uint8Array): Uint8Array | undefined {
  const point = sequence(readAsn1(privateKey, new NodeBudget())).find((part) => isContext(part, 1));
  return point === undefined ? undefined : bitString(explicit(point, 1)).bytes;
}

/** Signs with the private key and verifies with the certificate's; `undefined` where WebCrypto knows no such keys. */
async function provePossession(pkcs8: BufferSource, publicKey: PublicKeyInfo): Promise<boolean | undefined> {
  const algorithm = signatureAlgorithm(publicKey);
  if (algorithm === undefined) return undefined;
  try {
    const [signer, verifier] = await Promise.all([
      crypto.subtle.importKey("pkcs8", pkcs8, algorithm, false, ["sign"]),
      crypto.subtle.importKey("spki", publicKey.encoded, algorithm, false, ["verify"]),
    ]);
    const challenge = crypto.getRandomValues(new Uint8Array(32));
    const signature = await crypto.subtle.sign(algorithm, signer, challenge);
    return await crypto.subtle.verify(algorithm, verifier, signature, challenge);
  } catch {
    return undefined;
  }
}

function signatureAlgorithm({
  algorithm,
  curve,
}: PublicKeyInfo): (EcdsaParams & EcKeyImportParams) | { name: string } | undefined {
  const namedCurve = curveName(curve);
  switch (namedCurve) {
    case "P-256":
    case "P-384":
    case "P-521":
      return { name: "ECDSA", namedCurve, hash: "SHA-256" };
  }
  if (algorithm === "1.3.101.112") return { name: "Ed25519" };
  return undefined;
}
