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
  type NodeBudget,
  objectIdentifier,
  octetString,
  readAsn1,
  sequence,
  Tag,
} from "../asn1/read.ts";
import { areEqual } from "../bytes.ts";
import type { Pace } from "../pace.ts";
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
export async function matchKeys(
  keys: readonly PfxKey[],
  certificates: readonly CertificateInFile[],
  budget: NodeBudget,
  pace: Pace,
): Promise<Matches> {
  const privateKeys: PrivateKey[] = [];
  for (const key of keys) {
    privateKeys.push(readPrivateKey(key, budget));
    await pace.pauseIfDue();
  }
  const pairs: KeyPair[] = [];
  const matched = new Set<PfxKey>();
  for (const certificate of certificates) {
    const { publicKey } = certificate.certificate;
    const rsaPublicKey = isRsa(publicKey.algorithm) ? readRsaPublicKey(publicKey.keyBytes) : undefined;
    for (const privateKey of privateKeys) {
      await pace.pauseIfDue();
      const { key } = privateKey;
      const belongs = await isKeyOf(privateKey, publicKey, rsaPublicKey);
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

type RsaNumbers = ReturnType<typeof readRsaPublicKey>;

/** A key as it is read once, however many certificates there are. */
interface PrivateKey {
  readonly key: PfxKey;
  readonly algorithm: string;
  readonly curve: string | undefined;
  /** The public key that the private key's structure states beside the secret. */
  readonly stated: Uint8Array | undefined;
  /** The public half of an RSA key. */
  readonly rsa: RsaNumbers | undefined;
}

function readPrivateKey(key: PfxKey, budget: NodeBudget): PrivateKey {
  const [, identifier, privateKey, ...optional] = sequence(readAsn1(key.pkcs8, budget));
  const { oid: algorithm, parameters } = algorithmIdentifier(identifier);
  const curve = isUniversal(parameters, Tag.OBJECT_IDENTIFIER) ? objectIdentifier(parameters) : undefined;
  const content = octetString(privateKey);
  if (isRsa(algorithm)) return { key, algorithm, curve, stated: undefined, rsa: readRsaPrivateKey(content, budget) };
  const stated = isEllipticCurve(algorithm)
    ? statedPoint(content, budget)
    : optional.find((part) => isContext(part, 1))?.content.subarray(1);
  return { key, algorithm, curve, stated, rsa: undefined };
}

function readRsaPrivateKey(content: Uint8Array, budget: NodeBudget): RsaNumbers {
  const [, modulus, exponent] = sequence(readAsn1(content, budget));
  return { modulus: magnitude(integerBytes(modulus)), exponent: magnitude(integerBytes(exponent)) };
}

/** `undefined` where this runtime can't tell. */
async function isKeyOf(
  { key, algorithm, curve, stated, rsa }: PrivateKey,
  publicKey: PublicKeyInfo,
  rsaPublicKey: RsaNumbers | undefined,
): Promise<boolean | undefined> {
  if (rsa !== undefined) return rsaPublicKey !== undefined && areSameNumbers(rsa, rsaPublicKey);
  if (algorithm !== publicKey.algorithm || curve !== publicKey.curve) return false;
  const isStated = stated === undefined ? undefined : areEqual(stated, publicKey.keyBytes);
  // A proof takes a millisecond: a file of a thousand keys and certificates must not ask for a million of them.
  if (isStated === false && stated?.length === publicKey.keyBytes.length) return false;
  return (await provePossession(key.pkcs8, publicKey)) ?? isStated;
}

function areSameNumbers(one: RsaNumbers, other: RsaNumbers): boolean {
  return areEqual(one.modulus, other.modulus) && areEqual(one.exponent, other.exponent);
}

/** The public key that an elliptic-curve private key states beside its secret (RFC 5915). */
function statedPoint(privateKey: Uint8Array, budget: NodeBudget): Uint8Array | undefined {
  const point = sequence(readAsn1(privateKey, budget)).find((part) => isContext(part, 1));
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
