/**
 * A certificate's facts, as far as an import into Intune needs them. Nothing is verified: whether the chain is trusted is for
 * the devices that use the certificate.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1
 */
import {
  Asn1Error,
  type Asn1Node,
  algorithmIdentifier,
  bitString,
  copyOf,
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
import { type Bytes, toHex } from "../bytes.ts";
import { distinguishedName, emailAddressesOf } from "./distinguished-name.ts";
import { namesOf } from "./subject-alternative-name.ts";
import { toDateTime } from "./time.ts";
import { extendedKeyUsagesOf, keyUsagesOf } from "./usages.ts";

/** What a certificate says of itself. */
export interface CertificateFacts {
  /** SHA-1 of the certificate, 40 lower-case hexadecimal digits. */
  readonly thumbprint: string;
  /** As RFC 4514 writes names: `CN=Anna Hall,O=Contoso`. */
  readonly subject: string;
  readonly issuer: string;
  /** Validity, as RFC 3339 in UTC to the second. */
  readonly startDateTime: string;
  readonly expirationDateTime: string;
  /** `RSA`, `P-256`, `P-384`, `P-521`, `Ed25519`, another well-known name, or an object identifier. */
  readonly keyAlgorithm: string;
  /** `null` where the algorithm is not known. */
  readonly keyBits: number | null;
  /** X.509's names, such as `keyEncipherment`; `null` where the certificate does not limit them. */
  readonly keyUsages: readonly string[] | null;
  /** Names such as `emailProtection`, or object identifiers; `null` where the certificate does not limit them. */
  readonly extendedKeyUsages: readonly string[] | null;
  /** User principal names of the subject alternative name. */
  readonly userPrincipalNames: readonly string[];
  /** E-mail addresses of the subject alternative name, then those of the subject. */
  readonly emailAddresses: readonly string[];
  /** Whether it is a certification authority's. */
  readonly isCa: boolean;
}

export interface Certificate {
  readonly facts: CertificateFacts;
  readonly der: Bytes;
  readonly publicKey: PublicKeyInfo;
  readonly names: CertificateNames;
}

/** Whom the certificate names, by the place in which it names them; each name once, whatever its case. */
export interface CertificateNames {
  readonly userPrincipalNames: readonly string[];
  readonly rfc822Names: readonly string[];
  readonly subjectEmailAddresses: readonly string[];
}

/** A `SubjectPublicKeyInfo`. */
export interface PublicKeyInfo {
  readonly encoded: Bytes;
  readonly algorithm: string;
  /** The curve of an elliptic-curve key. */
  readonly curve: string | undefined;
  readonly keyBytes: Uint8Array;
}

const rsa = "1.2.840.113549.1.1.1";
const rsaPss = "1.2.840.113549.1.1.10";
const ellipticCurve = "1.2.840.10045.2.1";

const curves: ReadonlyMap<string, { name: string; bits: number }> = new Map([
  ["1.2.840.10045.3.1.7", { name: "P-256", bits: 256 }],
  ["1.3.132.0.34", { name: "P-384", bits: 384 }],
  ["1.3.132.0.35", { name: "P-521", bits: 521 }],
  ["1.3.132.0.10", { name: "secp256k1", bits: 256 }],
  ["1.3.36.3.3.2.8.1.1.7", { name: "brainpoolP256r1", bits: 256 }],
  ["1.3.36.3.3.2.8.1.1.11", { name: "brainpoolP384r1", bits: 384 }],
  ["1.3.36.3.3.2.8.1.1.13", { name: "brainpoolP512r1", bits: 512 }],
]);

const otherAlgorithms: ReadonlyMap<string, { name: string; bits: number | null }> = new Map([
  ["1.3.101.110", { name: "X25519", bits: 256 }],
  ["1.3.101.111", { name: "X448", bits: 448 }],
  ["1.3.101.112", { name: "Ed25519", bits: 256 }],
  ["1.3.101.113", { name: "Ed448", bits: 456 }],
  ["1.2.840.10040.4.1", { name: "DSA", bits: null }],
]);

/** @throws {Asn1Error} where `der` is no certificate */
export async function readCertificate(der: Uint8Array, budget = new NodeBudget()): Promise<Certificate> {
  const certificate = readAsn1(der, budget);
  const [body] = sequence(certificate);
  const elements = [...sequence(body)];
  if (isContext(elements[0], 0)) elements.shift();
  const [, , issuer, validity, subject, publicKeyNode, ...optional] = elements;
  const [notBefore, notAfter] = sequence(validity);
  const extensions = readExtensions(
    optional.find((element) => isContext(element, 3)),
    budget,
  );
  const publicKey = readPublicKeyInfo(publicKeyNode);
  const bytes = copyOf(certificate.encoded);
  const alternativeName = namesOf(extensions.get("2.5.29.17"));
  const names: CertificateNames = {
    userPrincipalNames: distinct(alternativeName.userPrincipalNames),
    rfc822Names: distinct(alternativeName.rfc822Names),
    subjectEmailAddresses: distinct(emailAddressesOf(subject)),
  };
  return {
    facts: {
      thumbprint: toHex(new Uint8Array(await crypto.subtle.digest("SHA-1", bytes))),
      subject: distinguishedName(subject),
      issuer: distinguishedName(issuer),
      startDateTime: toDateTime(notBefore),
      expirationDateTime: toDateTime(notAfter),
      ...describeKey(publicKey),
      keyUsages: keyUsagesOf(extensions.get("2.5.29.15")),
      extendedKeyUsages: extendedKeyUsagesOf(extensions.get("2.5.29.37")),
      userPrincipalNames: names.userPrincipalNames,
      emailAddresses: distinct([...names.rfc822Names, ...names.subjectEmailAddresses]),
      isCa: isCa(extensions.get("2.5.29.19")),
    },
    der: bytes,
    publicKey,
    names,
  };
}

/** Each name once, in the case in which it comes first. */
export function distinct(names: readonly string[]): readonly string[] {
  return [...new Map(names.map((name) => [name.toLowerCase(), name] as const).reverse()).values()].reverse();
}

/** The value of each extension, by object identifier. */
function readExtensions(node: Asn1Node | undefined, budget: NodeBudget): ReadonlyMap<string, Asn1Node> {
  const extensions = new Map<string, Asn1Node>();
  if (node === undefined) return extensions;
  for (const extension of sequence(explicit(node, 3))) {
    const [oid, ...rest] = sequence(extension);
    const value = rest.find((element) => isUniversal(element, Tag.OCTET_STRING));
    extensions.set(objectIdentifier(oid), readAsn1(octetString(value), budget));
  }
  return extensions;
}

/** @throws {Asn1Error} where `node` is no `SubjectPublicKeyInfo` */
export function readPublicKeyInfo(node: Asn1Node | undefined): PublicKeyInfo {
  const [algorithm, key] = sequence(node);
  const { oid, parameters } = algorithmIdentifier(algorithm);
  const hasCurve = isEllipticCurve(oid) && isUniversal(parameters, Tag.OBJECT_IDENTIFIER);
  if (node === undefined) throw new Asn1Error("no public key");
  return {
    encoded: copyOf(node.encoded),
    algorithm: oid,
    curve: hasCurve ? objectIdentifier(parameters) : undefined,
    keyBytes: bitString(key).bytes,
  };
}

/** The modulus and the exponent of an RSA key, without leading zeros. */
export function readRsaPublicKey(keyBytes: Uint8Array): { modulus: Uint8Array; exponent: Uint8Array } {
  const [modulus, exponent] = sequence(readAsn1(keyBytes, new NodeBudget()));
  return { modulus: magnitude(integerBytes(modulus)), exponent: magnitude(integerBytes(exponent)) };
}

/** An unsigned number's bytes without leading zeros. */
export function magnitude(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  return start === -1 ? bytes.subarray(bytes.length) : bytes.subarray(start);
}

export function bitLength(number: Uint8Array): number {
  const significant = magnitude(number);
  return significant.length === 0 ? 0 : significant.length * 8 - Math.clz32(significant[0] ?? 0) + 24;
}

export function isRsa(algorithm: string): boolean {
  return algorithm === rsa || algorithm === rsaPss;
}

export function isEllipticCurve(algorithm: string): boolean {
  return algorithm === ellipticCurve;
}

export function curveName(oid: string | undefined): string | undefined {
  return oid === undefined ? undefined : curves.get(oid)?.name;
}

function describeKey({ algorithm, curve, keyBytes }: PublicKeyInfo): { keyAlgorithm: string; keyBits: number | null } {
  if (isRsa(algorithm)) return { keyAlgorithm: "RSA", keyBits: bitLength(readRsaPublicKey(keyBytes).modulus) };
  const known = isEllipticCurve(algorithm) && curve !== undefined ? curves.get(curve) : otherAlgorithms.get(algorithm);
  return { keyAlgorithm: known?.name ?? curve ?? algorithm, keyBits: known?.bits ?? null };
}

/** `basicConstraints` with `cA` true. */
function isCa(basicConstraints: Asn1Node | undefined): boolean {
  if (basicConstraints === undefined) return false;
  const [first] = sequence(basicConstraints);
  return isUniversal(first, Tag.BOOLEAN) && (first.content[0] ?? 0) !== 0;
}
