/**
 * Writes a PFX file: one private key, its certificate, and the other certificates, under a new password. The key comes first,
 * as in files that Windows exports.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7292#section-4
 */
import {
  bmpString,
  explicit,
  implicitOctetString,
  integer,
  nothing,
  octetString,
  oid,
  sequence,
  setOf,
} from "../asn1/write.ts";
import type { Bytes } from "../bytes.ts";
import type { Pace } from "../pace.ts";
import { encrypt } from "./ciphers.ts";
import { deriveKey, type Encryption } from "./encryption.ts";
import type { HashName } from "./hashes.ts";
import { authenticate, deriveMacKey } from "./mac.ts";
import type { PfxCertificate, PfxKey } from "./open-pfx.ts";
import { Password } from "./password.ts";

/** How a file that is written anew is protected. */
export type NewProtection = "compatible" | "modern";

interface Protection {
  readonly iterations: number;
  readonly hash: "SHA-1" | "SHA-256";
  readonly hashOid: string;
  newEncryption(): Encryption & { cipher: "AES-256" | "3DES" };
  algorithm(encryption: Encryption): Bytes;
}

const protections: Readonly<Record<NewProtection, Protection>> = {
  compatible: {
    iterations: 2000,
    hash: "SHA-1",
    hashOid: "1.3.14.3.2.26",
    newEncryption: () => ({
      scheme: "PBES1",
      cipher: "3DES",
      hash: "SHA-1",
      salt: randomBytes(8),
      iterations: 2000,
      iv: undefined,
    }),
    algorithm: ({ salt, iterations }) =>
      sequence(oid("1.2.840.113549.1.12.1.3"), sequence(octetString(salt), integer(iterations))),
  },
  modern: {
    iterations: 10_000,
    hash: "SHA-256",
    hashOid: "2.16.840.1.101.3.4.2.1",
    newEncryption: () => ({
      scheme: "PBES2",
      cipher: "AES-256",
      hash: "SHA-256",
      salt: randomBytes(16),
      iterations: 10_000,
      iv: randomBytes(16),
    }),
    algorithm: ({ salt, iterations, iv }) =>
      sequence(
        oid("1.2.840.113549.1.5.13"),
        sequence(
          sequence(
            oid("1.2.840.113549.1.5.12"),
            sequence(octetString(salt), integer(iterations), sequence(oid("1.2.840.113549.2.9"), nothing())),
          ),
          sequence(oid("2.16.840.1.101.3.4.1.42"), octetString(iv ?? new Uint8Array(0))),
        ),
      ),
  },
};

const data = "1.2.840.113549.1.7.1";
const encryptedData = "1.2.840.113549.1.7.6";

/** @param certificates the key's own certificate first */
export async function writePfx(
  key: PfxKey,
  certificates: readonly PfxCertificate[],
  passwordText: string,
  kind: NewProtection,
  pace: Pace,
): Promise<Bytes> {
  const protection = protections[kind];
  const password = new Password(passwordText);
  try {
    const keyId = new Uint8Array(await crypto.subtle.digest("SHA-1", certificates[0]?.der ?? new Uint8Array(0)));
    const safe = sequence(
      plainPart(sequence(await keyBag(key, keyId, password, protection, pace))),
      await encryptedPart(certificateBags(certificates, keyId), password, protection, pace),
    );
    return sequence(
      integer(3),
      sequence(oid(data), explicit(0, octetString(safe))),
      await macOf(safe, password, protection, pace),
    );
  } finally {
    password.erase();
  }
}

async function encryptUnder(
  password: Password,
  protection: Protection,
  plain: Bytes,
  pace: Pace,
): Promise<{ algorithm: Bytes; encrypted: Bytes }> {
  const encryption = protection.newEncryption();
  const form = encryption.scheme === "PBES1" ? password.utf16Forms[0] : password.utf8Forms[0];
  const { key, iv } = await deriveKey(form ?? new Uint8Array(0), encryption, pace);
  const encrypted = await encrypt({ cipher: encryption.cipher, key, iv, data: plain }, pace);
  key.fill(0);
  return { algorithm: protection.algorithm(encryption), encrypted };
}

async function keyBag(
  key: PfxKey,
  keyId: Bytes,
  password: Password,
  protection: Protection,
  pace: Pace,
): Promise<Bytes> {
  const { algorithm, encrypted } = await encryptUnder(password, protection, key.pkcs8, pace);
  return sequence(
    oid("1.2.840.113549.1.12.10.1.2"),
    explicit(0, sequence(algorithm, octetString(encrypted))),
    ...attributes(key.attributes.friendlyName, keyId),
  );
}

function certificateBags(certificates: readonly PfxCertificate[], keyId: Bytes): Bytes {
  return sequence(...certificates.map((each, index) => certificateBag(each, index === 0 ? keyId : undefined)));
}

function certificateBag({ der, attributes: { friendlyName } }: PfxCertificate, keyId: Bytes | undefined): Bytes {
  return sequence(
    oid("1.2.840.113549.1.12.10.1.3"),
    explicit(0, sequence(oid("1.2.840.113549.1.9.22.1"), explicit(0, octetString(der)))),
    ...attributes(friendlyName, keyId),
  );
}

/** Which key and certificate belong together, and the name that people see. All other attributes are left out. */
function attributes(friendlyName: string | undefined, keyId: Bytes | undefined): Bytes[] {
  const all = [
    ...(friendlyName === undefined ? [] : [sequence(oid("1.2.840.113549.1.9.20"), setOf(bmpString(friendlyName)))]),
    ...(keyId === undefined ? [] : [sequence(oid("1.2.840.113549.1.9.21"), setOf(octetString(keyId)))]),
  ];
  return all.length === 0 ? [] : [setOf(...all)];
}

function plainPart(safeContents: Bytes): Bytes {
  return sequence(oid(data), explicit(0, octetString(safeContents)));
}

async function encryptedPart(
  safeContents: Bytes,
  password: Password,
  protection: Protection,
  pace: Pace,
): Promise<Bytes> {
  const { algorithm, encrypted } = await encryptUnder(password, protection, safeContents, pace);
  return sequence(
    oid(encryptedData),
    explicit(0, sequence(integer(0), sequence(oid(data), algorithm, implicitOctetString(0, encrypted)))),
  );
}

async function macOf(
  safe: Bytes,
  password: Password,
  { hash, hashOid, iterations }: Protection,
  pace: Pace,
): Promise<Bytes> {
  const mac: { hash: HashName; salt: Bytes; iterations: number; pbkdf2: undefined } = {
    hash,
    salt: randomBytes(20),
    iterations,
    pbkdf2: undefined,
  };
  const key = await deriveMacKey(mac, password.utf16Forms[0] ?? new Uint8Array(0), pace);
  const digest = await authenticate(hash, key, safe, pace);
  key.fill(0);
  return sequence(
    sequence(sequence(oid(hashOid), nothing()), octetString(digest)),
    octetString(mac.salt),
    integer(iterations),
  );
}

function randomBytes(length: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(length));
}
