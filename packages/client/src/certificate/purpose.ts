/** Which of Intune's purposes a certificate serves, by its usages. */
import type { UserPfxIntendedPurpose } from "../operations/documents.ts";
import { PfxError } from "../pfx-error.ts";
import type { CertificateFacts } from "./certificate.ts";

type Usages = Pick<CertificateFacts, "keyUsages" | "extendedKeyUsages">;

/** `undefined` where the usages don't tell. `isDualUse`: the certificate serves for signing as well as for encryption. */
export function suggestPurpose(usages: Usages): { purpose: UserPfxIntendedPurpose; isDualUse: boolean } | undefined {
  if (usages.extendedKeyUsages === null || !allowsEmail(usages)) return undefined;
  const encrypts = allowsEncryption(usages);
  const signs = allowsSigning(usages);
  if (encrypts) return { purpose: "SMIME_ENCRYPTION", isDualUse: signs };
  return signs ? { purpose: "SMIME_SIGNING", isDualUse: false } : undefined;
}

/** Whether the certificate's usages exclude `purpose`. Only the S/MIME purposes ask for usages. */
export function isPurposeExcluded(purpose: UserPfxIntendedPurpose, usages: Usages): boolean {
  if (purpose === "SMIME_ENCRYPTION") return !allowsEmail(usages) || !allowsEncryption(usages);
  if (purpose === "SMIME_SIGNING") return !allowsEmail(usages) || !allowsSigning(usages);
  return false;
}

export function purposeUnknown(): PfxError {
  return new PfxError("PURPOSE_UNKNOWN", "what this certificate is for can't be told from it; say the purpose");
}

export function purposeMismatch(purpose: UserPfxIntendedPurpose, usages: Usages): PfxError {
  const list = [...(usages.extendedKeyUsages ?? []), ...(usages.keyUsages ?? [])].join(", ");
  return new PfxError("PURPOSE_MISMATCH", `this certificate can't be used for ${purpose}: its usages are ${list}`);
}

function allowsEmail({ extendedKeyUsages }: Usages): boolean {
  return (
    extendedKeyUsages === null ||
    extendedKeyUsages.includes("emailProtection") ||
    extendedKeyUsages.includes("anyExtendedKeyUsage")
  );
}

function allowsEncryption({ keyUsages }: Usages): boolean {
  return keyUsages === null || keyUsages.includes("keyEncipherment") || keyUsages.includes("keyAgreement");
}

function allowsSigning({ keyUsages }: Usages): boolean {
  return keyUsages === null || keyUsages.includes("digitalSignature") || keyUsages.includes("nonRepudiation");
}
