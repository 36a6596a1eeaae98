/** A valid certificate to create; whatever a test cares about is given, the rest is made up. */
import type { CreateUserPfxCertificateInput } from "intune-pfx-client/operations";
import { encryptedPassword } from "./encrypted-password.ts";

export function anInput(given: Partial<CreateUserPfxCertificateInput> = {}): CreateUserPfxCertificateInput {
  return {
    thumbprint: "0123456789abcdef0123456789abcdef01234567",
    intendedPurpose: "SMIME_ENCRYPTION",
    userPrincipalName: "megan@contoso.example",
    startDateTime: "2026-01-01T00:00:00Z",
    expirationDateTime: "2028-01-01T00:00:00Z",
    providerName: "Microsoft Software Key Storage Provider",
    keyName: "PFXEncryptionKey",
    paddingScheme: "OAEP_SHA512",
    encryptedPfxBlob: "UEtDUyMxMiBmaWxl",
    encryptedPfxPassword: encryptedPassword,
    ...given,
  };
}

/** A thumbprint of its own for each number. */
export function thumbprintOf(number: number): string {
  return number.toString(16).padStart(40, "0");
}
