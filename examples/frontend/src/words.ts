/** The purposes in people's words, and in the order of a menu. */
import type { UserPfxIntendedPurpose } from "intune-pfx-client/operations";

export const purposes: Readonly<Record<UserPfxIntendedPurpose, string>> = {
  SMIME_ENCRYPTION: "S/MIME encryption",
  SMIME_SIGNING: "S/MIME signing",
  WIFI: "Wi-Fi",
  VPN: "VPN",
  UNASSIGNED: "Unassigned",
};

export function isPurpose(value: string): value is UserPfxIntendedPurpose {
  return Object.hasOwn(purposes, value);
}

/** A purpose that this portal doesn't know, as the gateway doesn't, comes as `null`. */
export function wordsOfPurpose(purpose: UserPfxIntendedPurpose | null): string {
  return purpose === null ? "Unknown" : purposes[purpose];
}
