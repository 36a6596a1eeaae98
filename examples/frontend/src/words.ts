/** The enums in people's words, and in the order of a menu. */
import type { UserPfxIntendedPurpose, UserPfxPaddingScheme } from "intune-pfx-client/operations";

export const purposes: Readonly<Record<UserPfxIntendedPurpose, string>> = {
  SMIME_ENCRYPTION: "S/MIME encryption",
  SMIME_SIGNING: "S/MIME signing",
  WIFI: "Wi-Fi",
  VPN: "VPN",
  UNASSIGNED: "Unassigned",
};

export const paddings: Readonly<Record<UserPfxPaddingScheme, string>> = {
  OAEP_SHA512: "OAEP, SHA-512",
  OAEP_SHA384: "OAEP, SHA-384",
  OAEP_SHA256: "OAEP, SHA-256",
  OAEP_SHA1: "OAEP, SHA-1 (no longer supported)",
  PKCS1: "PKCS #1 (no longer supported)",
  NONE: "None",
};

export function isPurpose(value: string): value is UserPfxIntendedPurpose {
  return Object.hasOwn(purposes, value);
}

export function isPadding(value: string): value is UserPfxPaddingScheme {
  return Object.hasOwn(paddings, value);
}

/** A purpose that this portal doesn't know, as the gateway doesn't, comes as `null`. */
export function wordsOfPurpose(purpose: UserPfxIntendedPurpose | null): string {
  return purpose === null ? "Unknown" : purposes[purpose];
}
