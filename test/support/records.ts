/** Certificates in Intune, to be put into the emulator. */
import type { NewRecord } from "../../src/emulator/server.ts";

export const dayMs = 86_400_000;

/** A time so many days from now, at noon UTC. */
export function inDays(days: number): Date {
  const today = Math.floor(Date.now() / dayMs) * dayMs;
  return new Date(today + days * dayMs + dayMs / 2);
}

/** `2028-11-20` */
export function dateOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

let made = 0;

/** @param expires - in days */
export function record(userPrincipalName: string, expires: number, more: Partial<NewRecord> = {}): NewRecord {
  made += 1;
  return {
    userPrincipalName,
    thumbprint: made.toString(16).padStart(4, "0").repeat(10),
    intendedPurpose: "smimeEncryption",
    startDateTime: inDays(expires - 700).toISOString(),
    expirationDateTime: inDays(expires).toISOString(),
    providerName: "Microsoft Software Key Storage Provider",
    keyName: "PFXEncryptionKey",
    paddingScheme: "oaepSha512",
    encryptedPfxBlob: "AA==",
    encryptedPfxPassword: "AA==",
    ...more,
  };
}
