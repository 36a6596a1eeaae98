/**
 * Encrypts a file's password for the certificate connector: RSA-OAEP with the scheme's hash, MGF1 with the same hash, and an
 * empty label. The connector decodes what it decrypts as ASCII.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8017#section-7.1
 */
import { toBase64 } from "../bytes.ts";
import { PfxError } from "../pfx-error.ts";
import type { ConnectorPublicKey } from "./public-key.ts";

/** The schemes that Microsoft supports today. */
export type PaddingScheme = "OAEP_SHA256" | "OAEP_SHA384" | "OAEP_SHA512";

const hashes: Readonly<Record<PaddingScheme, { name: string; bytes: number }>> = {
  OAEP_SHA256: { name: "SHA-256", bytes: 32 },
  OAEP_SHA384: { name: "SHA-384", bytes: 48 },
  OAEP_SHA512: { name: "SHA-512", bytes: 64 },
};

/** @returns standard base64 */
export async function encryptPassword(
  password: string,
  publicKey: ConnectorPublicKey,
  paddingScheme: PaddingScheme,
): Promise<string> {
  const hash = hashes[paddingScheme];
  const bytes = new TextEncoder().encode(password);
  const maxBytes = Math.ceil(publicKey.bits / 8) - 2 * hash.bytes - 2;
  if (bytes.length > maxBytes) {
    throw new PfxError(
      "PASSWORD_TOO_LONG",
      `a password of at most ${maxBytes} bytes can be encrypted with this key and padding`,
      { maxBytes },
    );
  }
  const algorithm = { name: "RSA-OAEP", hash: hash.name };
  const key = await crypto.subtle.importKey("spki", publicKey.der, algorithm, false, ["encrypt"]);
  const encrypted = await crypto.subtle.encrypt({ name: "RSA-OAEP" }, key, bytes);
  bytes.fill(0);
  return toBase64(new Uint8Array(encrypted));
}
