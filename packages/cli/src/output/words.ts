/** Small words of messages: counts, times, names of purposes. */

import type { UserPfxIntendedPurpose } from "intune-pfx-client/operations";
import { printable } from "../files/printable.ts";

const words: Readonly<Record<UserPfxIntendedPurpose, string>> = {
  SMIME_ENCRYPTION: "encryption",
  SMIME_SIGNING: "signing",
  UNASSIGNED: "unassigned",
  VPN: "VPN",
  WIFI: "wifi",
};

/** A purpose in a word; one that this version does not know as it is. */
export function purposeWord(purpose: UserPfxIntendedPurpose): string {
  return Object.hasOwn(words, purpose) ? words[purpose] : printable(String(purpose));
}

/** `1 file`, `2 files`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** `45 s`, `2 min`, `2 min 1 s`, `1 h 5 min`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  if (minutes > 0) return rest > 0 ? `${minutes} min ${rest} s` : `${minutes} min`;
  return `${rest} s`;
}

/** `about 2 min`: more would be a promise. */
export function roughDuration(seconds: number): string {
  if (seconds < 60) return `about ${Math.max(1, Math.round(seconds))} s`;
  return `about ${Math.round(seconds / 60)} min`;
}

/** All 64 digits of a fingerprint in groups, 71 characters. */
export function wholeFingerprint(fingerprint: string): string {
  return fingerprint.replace(/.{8}(?=.)/g, "$& ");
}

/** The first and the last groups of a fingerprint, to recognize it by. */
export function shortFingerprint(fingerprint: string): string {
  return `${fingerprint.slice(0, 8)} ${fingerprint.slice(8, 16)} ... ${fingerprint.slice(-8)}`;
}
