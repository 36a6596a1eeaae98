/** What the library makes of a file, and what the connector then has: the stored file and its password. */
import {
  type CertificateFacts,
  type PfxWarningCode,
  type PrepareOptions,
  type Protection,
  prepareUserPfxCertificate,
} from "intune-pfx-client";
import type { CreateUserPfxCertificateInput } from "intune-pfx-client/operations";
import { decryptPassword, keyFile, vectors } from "../client/vectors.ts";

export const protections: readonly Protection[] = ["compatible", "modern", "keep"];
export const newProtections: readonly Protection[] = ["compatible", "modern"];

/** The vectors that are prepared without further options. Their certificates are valid at `vectorTime`. */
export const readable = vectors.filter(({ error }) => error === undefined);
export const vectorTime = new Date("2026-11-29T12:00:00Z");

export interface Stored {
  input: CreateUserPfxCertificateInput;
  certificate: CertificateFacts;
  warnings: PfxWarningCode[];
  file: Uint8Array;
  password: string;
}

export async function prepare(
  pfx: Uint8Array,
  password: string,
  options: Partial<PrepareOptions> = {},
  keyPair = "connector",
): Promise<Stored> {
  const { input, certificate, warnings } = await prepareUserPfxCertificate(pfx, password, {
    publicKey: keyFile(`${keyPair}.spki.pem`),
    keyName: "PFXEncryptionKey",
    userPrincipalName: "user1@contoso.example",
    ...options,
  });
  return {
    input,
    certificate,
    warnings: warnings.map(({ code }) => code),
    file: new Uint8Array(Buffer.from(input.encryptedPfxBlob, "base64")),
    password: decryptPassword(input.encryptedPfxPassword, input.paddingScheme, keyPair),
  };
}
