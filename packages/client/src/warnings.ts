/** What a certificate's owner should know although it can be imported. */

import type { CertificateFacts } from "./certificate/certificate.ts";
import type { UserPfxIntendedPurpose } from "./operations/documents.ts";

export type PfxWarningCode =
  | "DUAL_USE"
  | "EXPIRED"
  | "EXPIRES_SOON"
  | "MAY_NOT_OPEN"
  | "NOT_DEPLOYED"
  | "NOT_YET_VALID"
  | "OTHER_KEYS_DROPPED"
  | "UNUSUAL_KEY"
  | "UNVERIFIED_KEY"
  | "USER_DIFFERS"
  | "WEAK_KEY";

export interface PfxWarning {
  readonly code: PfxWarningCode;
  /** For people; may be reworded. */
  readonly message: string;
}

const soonDays = 30;
const millisecondsPerDay = 86_400_000;

/** Warnings about the certificate as it is, whatever it is imported for. */
export function warningsOf(facts: CertificateFacts, now: Date): PfxWarning[] {
  return [...validityWarnings(facts, now), ...keyWarnings(facts)];
}

function validityWarnings({ startDateTime, expirationDateTime }: CertificateFacts, now: Date): PfxWarning[] {
  const expires = Date.parse(expirationDateTime);
  const date = expirationDateTime.slice(0, 10);
  if (expires <= now.getTime()) return [{ code: "EXPIRED", message: `this certificate expired on ${date}` }];
  const warnings: PfxWarning[] = [];
  if (Date.parse(startDateTime) > now.getTime()) {
    warnings.push({
      code: "NOT_YET_VALID",
      message: `this certificate is valid from ${startDateTime.slice(0, 10)} on`,
    });
  }
  if (expires - now.getTime() <= soonDays * millisecondsPerDay) {
    warnings.push({ code: "EXPIRES_SOON", message: `this certificate expires on ${date}` });
  }
  return warnings;
}

function keyWarnings({ keyAlgorithm, keyBits }: CertificateFacts): PfxWarning[] {
  if (keyAlgorithm === "RSA") {
    return keyBits !== null && keyBits < 2048
      ? [
          {
            code: "WEAK_KEY",
            message: `the certificate's RSA key has ${keyBits} bits; 2048 are the least that is safe today`,
          },
        ]
      : [];
  }
  if (["P-256", "P-384", "P-521"].includes(keyAlgorithm)) return [];
  return [
    {
      code: "UNUSUAL_KEY",
      message: `the certificate's key is of the kind ${keyAlgorithm}, which many mail programs can't use`,
    },
  ];
}

export function dualUse(): PfxWarning {
  return {
    code: "DUAL_USE",
    message: "this certificate serves for encryption and for signing; it is imported for encryption",
  };
}

export function notDeployed(purpose: UserPfxIntendedPurpose): PfxWarning {
  return { code: "NOT_DEPLOYED", message: `Intune does not deploy certificates imported for ${purpose} today` };
}

export function userDiffers(user: string, names: readonly string[]): PfxWarning {
  return { code: "USER_DIFFERS", message: `this certificate names ${names.join(", ")}, not ${user}` };
}

export function unverifiedKey(): PfxWarning {
  return {
    code: "UNVERIFIED_KEY",
    message: "the private key's kind can't be checked here; the file says that it belongs to this certificate",
  };
}

export function otherKeysDropped(count: number): PfxWarning {
  const what = count === 1 ? "1 private key of the file belongs" : `${count} private keys of the file belong`;
  const verb = count === 1 ? "is" : "are";
  return { code: "OTHER_KEYS_DROPPED", message: `${what} to no certificate of it and ${verb} left out` };
}

export function mayNotOpen(reason: string): PfxWarning {
  return {
    code: "MAY_NOT_OPEN",
    message: `some devices can't open this file: ${reason}; protection "compatible" writes it so that they can`,
  };
}
