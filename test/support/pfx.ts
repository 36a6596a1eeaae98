/**
 * PFX files for tests, laid out as a test asks for: certificates of any usages and names, keys without certificates, no MAC.
 * Written with asn1js and Node's own crypto, so that a mistake of the library can't hide behind itself.
 */
import { createHash, createHmac, type KeyObject } from "node:crypto";
import * as asn1js from "asn1js";

type Item = asn1js.AsnType;

export interface CertificateSpec {
  publicKey: KeyObject;
  /** Signs the certificate; default a key that says nothing. */
  commonName?: string;
  /** In the subject. */
  emailAddresses?: readonly string[];
  userPrincipalNames?: readonly string[];
  rfc822Names?: readonly string[];
  /** Names of X.509's key usages; no extension by default. */
  keyUsages?: readonly (keyof typeof keyUsageBits)[];
  /** Object identifiers; no extension by default. */
  extendedKeyUsages?: readonly string[];
  isCa?: boolean;
  notBefore?: Date;
  notAfter?: Date;
}

export const ExtendedKeyUsage = {
  ANY: "2.5.29.37.0",
  CLIENT_AUTH: "1.3.6.1.5.5.7.3.2",
  EMAIL: "1.3.6.1.5.5.7.3.4",
} as const;

const keyUsageBits = {
  digitalSignature: 0,
  nonRepudiation: 1,
  keyEncipherment: 2,
  dataEncipherment: 3,
  keyAgreement: 4,
  keyCertSign: 5,
  cRLSign: 6,
} as const;

const sequence = (...value: Item[]): Item => new asn1js.Sequence({ value });
const set = (...value: Item[]): Item => new asn1js.Set({ value });
const oid = (value: string): Item => new asn1js.ObjectIdentifier({ value });
const integer = (value: number): Item => new asn1js.Integer({ value });
const octets = (bytes: Uint8Array): Item => new asn1js.OctetString({ valueHex: new Uint8Array(bytes) });
const utf8 = (value: string): Item => new asn1js.Utf8String({ value });
const tagged = (tagNumber: number, ...value: Item[]): Item =>
  new asn1js.Constructed({ idBlock: { tagClass: 3, tagNumber }, value });
const bytesOf = (item: Item): Uint8Array => new Uint8Array(item.toBER());

function parsed(der: Uint8Array): Item {
  return asn1js.fromBER(new Uint8Array(der)).result;
}

function attribute(type: string, value: Item): Item {
  return set(sequence(oid(type), value));
}

function extension(type: string, value: Item): Item {
  return sequence(oid(type), octets(bytesOf(value)));
}

function keyUsageExtension(usages: readonly (keyof typeof keyUsageBits)[]): Item {
  const bits = usages.reduce((byte, usage) => byte | (0x80 >> keyUsageBits[usage]), 0);
  return extension("2.5.29.15", new asn1js.BitString({ valueHex: Uint8Array.of(bits), unusedBits: 0 }));
}

/** A certificate's DER, self-signed with a signature that nobody checks. */
export function aCertificate(spec: CertificateSpec): Uint8Array {
  const { userPrincipalNames = [], rfc822Names = [], emailAddresses = [] } = spec;
  const algorithm = sequence(oid("1.2.840.113549.1.1.11"), new asn1js.Null());
  const subject = sequence(
    attribute("2.5.4.3", utf8(spec.commonName ?? "A User")),
    ...emailAddresses.map((address) => attribute("1.2.840.113549.1.9.1", new asn1js.IA5String({ value: address }))),
  );
  const names = [
    ...userPrincipalNames.map((name) => tagged(0, oid("1.3.6.1.4.1.311.20.2.3"), tagged(0, utf8(name)))),
    ...rfc822Names.map(
      (name) =>
        new asn1js.Primitive({ idBlock: { tagClass: 3, tagNumber: 1 }, valueHex: new TextEncoder().encode(name) }),
    ),
  ];
  const extensions = [
    ...(spec.keyUsages === undefined ? [] : [keyUsageExtension(spec.keyUsages)]),
    ...(spec.extendedKeyUsages === undefined
      ? []
      : [extension("2.5.29.37", sequence(...spec.extendedKeyUsages.map(oid)))]),
    ...(names.length === 0 ? [] : [extension("2.5.29.17", sequence(...names))]),
    ...(spec.isCa === undefined ? [] : [extension("2.5.29.19", sequence(new asn1js.Boolean({ value: spec.isCa })))]),
  ];
  const body = sequence(
    tagged(0, integer(2)),
    integer(1),
    algorithm,
    sequence(attribute("2.5.4.3", utf8("An Authority"))),
    sequence(
      new asn1js.UTCTime({ valueDate: spec.notBefore ?? new Date("2026-01-01T00:00:00Z") }),
      new asn1js.UTCTime({ valueDate: spec.notAfter ?? new Date("2028-01-01T00:00:00Z") }),
    ),
    subject,
    parsed(spec.publicKey.export({ type: "spki", format: "der" })),
    ...(extensions.length === 0 ? [] : [tagged(3, sequence(...extensions))]),
  );
  return bytesOf(sequence(body, algorithm, new asn1js.BitString({ valueHex: new Uint8Array(32) })));
}

export interface Entry {
  /** PKCS #8 or X.509, as DER. */
  der: Uint8Array;
  friendlyName?: string;
  localKeyId?: string;
  /** Further attributes of the bag, by object identifier. */
  attributes?: Record<string, string>;
}

export interface PfxSpec {
  keys?: readonly Entry[] | undefined;
  certificates?: readonly Entry[] | undefined;
  password?: string;
  macIterations?: number | undefined;
  hasMac?: boolean;
}

function bag(type: string, value: Item, { friendlyName, localKeyId, attributes = {} }: Entry): Item {
  const bagAttributes = [
    ...(friendlyName === undefined
      ? []
      : [["1.2.840.113549.1.9.20", new asn1js.BmpString({ value: friendlyName })] as const]),
    ...(localKeyId === undefined ? [] : [["1.2.840.113549.1.9.21", octets(Buffer.from(localKeyId))] as const]),
    ...Object.entries(attributes).map(([type, value]) => [type, new asn1js.BmpString({ value })] as const),
  ].map(([type, value]) => sequence(oid(type), set(value)));
  return sequence(oid(type), tagged(0, value), ...(bagAttributes.length === 0 ? [] : [set(...bagAttributes)]));
}

/** Keys and certificates in plain bags, with a MAC over them: what decryption does is another test's matter. */
export function aPfx({ keys, certificates, ...protection }: PfxSpec): Uint8Array {
  return aPfxOf(aSafeContents({ keys, certificates }), protection);
}

/** A `SafeContents` with keys and certificates in plain bags. */
export function aSafeContents({ keys = [], certificates = [] }: Pick<PfxSpec, "keys" | "certificates">): Uint8Array {
  const bags = [
    ...keys.map((key) => bag("1.2.840.113549.1.12.10.1.1", parsed(key.der), key)),
    ...certificates.map((certificate) =>
      bag(
        "1.2.840.113549.1.12.10.1.3",
        sequence(oid("1.2.840.113549.1.9.22.1"), tagged(0, octets(certificate.der))),
        certificate,
      ),
    ),
  ];
  return bytesOf(sequence(...bags));
}

/** A PFX file around any `SafeContents`. */
export function aPfxOf(
  safeContents: Uint8Array,
  { password = "secret", macIterations = 1, hasMac = true }: Omit<PfxSpec, "keys" | "certificates"> = {},
): Uint8Array {
  const data = oid("1.2.840.113549.1.7.1");
  const authenticatedSafe = bytesOf(sequence(sequence(data, tagged(0, octets(safeContents)))));
  const salt = Buffer.from("01234567");
  const key = deriveMacKey(password, salt, macIterations);
  const digest = createHmac("sha256", key).update(authenticatedSafe).digest();
  const mac = sequence(
    sequence(sequence(oid("2.16.840.1.101.3.4.2.1"), new asn1js.Null()), octets(digest)),
    octets(salt),
    integer(macIterations),
  );
  return bytesOf(sequence(integer(3), sequence(data, tagged(0, octets(authenticatedSafe))), ...(hasMac ? [mac] : [])));
}

/** RFC 7292, appendix B.2, for a key no longer than one digest of SHA-256. */
function deriveMacKey(password: string, salt: Buffer, iterations: number): Buffer {
  const repeat = (bytes: Buffer) =>
    Buffer.alloc(Math.ceil(bytes.length / 64) * 64, bytes.length === 0 ? undefined : bytes);
  const utf16 = Buffer.from(`${password}\0`, "utf16le").swap16();
  let digest = Buffer.concat([Buffer.alloc(64, 3), repeat(salt), repeat(utf16)]);
  for (let round = 0; round < iterations; round += 1) digest = createHash("sha256").update(digest).digest();
  return digest;
}

/** A private key's PKCS #8. */
export function pkcs8Of(privateKey: KeyObject): Uint8Array {
  return privateKey.export({ type: "pkcs8", format: "der" });
}
