/** The certificate connector's public key, in one form, whichever it came in. */
import { bitString, nothing, oid, sequence, unsignedInteger } from "../asn1/write.ts";
import { type Bytes, toHex } from "../bytes.ts";
import { bitLength, magnitude } from "../certificate/certificate.ts";
import { PfxError } from "../pfx-error.ts";
import { unreadableKey } from "./key-errors.ts";

const rsaEncryption = "1.2.840.113549.1.1.1";

export interface RsaNumbers {
  readonly modulus: Uint8Array;
  readonly exponent: Uint8Array;
}

/** An RSA public key of 2,048 to 8,192 bits. `readPublicKey` makes it. */
export class ConnectorPublicKey {
  readonly bits: number;
  /** SHA-256 of the DER `SubjectPublicKeyInfo`, 64 lower-case hexadecimal digits. */
  readonly fingerprint: string;
  readonly #der: Bytes;

  private constructor(bits: number, fingerprint: string, der: Bytes) {
    this.bits = bits;
    this.fingerprint = fingerprint;
    this.#der = der;
  }

  /** The DER `SubjectPublicKeyInfo`: what to hand to a Web Worker, which can't be given an object with methods. */
  get der(): Bytes {
    return this.#der.slice();
  }

  static async from({ modulus, exponent }: RsaNumbers): Promise<ConnectorPublicKey> {
    const bits = bitLength(modulus);
    if (bits < 2048) {
      throw new PfxError("KEY_TOO_SMALL", `the connector's key has ${bits} bits; 2048 are needed`, { bits });
    }
    // An exponent of 1 would send the password as it is.
    if (bits > 8192 || !isOdd(modulus) || !isOdd(exponent) || bitLength(exponent) < 2) throw unreadableKey();
    const key = sequence(unsignedInteger(magnitude(modulus)), unsignedInteger(magnitude(exponent)));
    const der = sequence(sequence(oid(rsaEncryption), nothing()), bitString(key));
    const fingerprint = toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", der)));
    return new ConnectorPublicKey(bits, fingerprint, der);
  }
}

function isOdd(number: Uint8Array): boolean {
  return ((number.at(-1) ?? 0) & 1) === 1;
}
