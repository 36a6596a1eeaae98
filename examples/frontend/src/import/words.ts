/** Counts and times in words, as the command line says them. */
import type { Status } from "./rows.ts";

export const statusWords: Readonly<Record<Status, string>> = {
  opening: "opening",
  locked: "needs a password",
  problem: "to correct",
  ready: "ready",
  alreadyThere: "already in Intune",
  skipped: "skipped",
  sending: "sending",
  created: "imported",
  failed: "failed",
  notTried: "not tried",
};

/** `588 imported, 6 already in Intune, 6 failed`; counts that are 0 are left out. */
export function listCounts(parts: readonly (readonly [number, string])[]): string {
  return parts
    .filter(([count]) => count > 0)
    .map(([count, words]) => `${number(count)} ${words}`)
    .join(", ");
}

export function certificates(count: number): string {
  return count === 1 ? "1 certificate" : `${number(count)} certificates`;
}

export function files(count: number): string {
  return count === 1 ? "1 file" : `${number(count)} files`;
}

export function number(count: number): string {
  return count.toLocaleString("en");
}

/** `about 2 min`: more would be a promise. */
export function roughDuration(seconds: number): string {
  if (seconds < 60) return `about ${Math.max(1, Math.round(seconds))} s`;
  return `about ${Math.round(seconds / 60)} min`;
}

/** All 64 digits of a fingerprint in groups. */
export function wholeFingerprint(fingerprint: string): string {
  return fingerprint.replace(/.{8}(?=.)/g, "$& ");
}

export function shortFingerprint(fingerprint: string): string {
  return `${fingerprint.slice(0, 8)} ${fingerprint.slice(8, 16)} … ${fingerprint.slice(-8)}`;
}
