/** From certificates in Intune to the rows of a list. */
import type { UserPfxIntendedPurpose } from "intune-pfx-client/operations";
import type { ExistingCertificate } from "../../import/existing.ts";

export const dayMs = 86_400_000;

export interface ListRow {
  readonly id: string;
  readonly user: string;
  readonly thumbprint: string;
  /** `undefined` where Graph gives none. */
  readonly purpose: UserPfxIntendedPurpose | undefined;
  /** Epoch milliseconds; `undefined` where Graph gives none. */
  readonly startsMs: number | undefined;
  readonly expiresMs: number | undefined;
  /** Whole days by the calendar (UTC) until it expires, negative afterwards. */
  readonly days: number | undefined;
  /** The latest expiry of another certificate of the same user and purpose, where that is later than this one's. */
  readonly newerMs: number | undefined;
  readonly keyName: string | undefined;
}

/** One row for each certificate: those that expire first come first. */
export function toRows(certificates: readonly ExistingCertificate[], now: Date): ListRow[] {
  const latest = new Map<string, number>();
  for (const certificate of certificates) {
    const expiresMs = timeOf(certificate.expirationDateTime);
    const group = groupOf(certificate);
    if (expiresMs !== undefined) latest.set(group, Math.max(expiresMs, latest.get(group) ?? expiresMs));
  }
  const today = dayOf(now.getTime());
  return certificates
    .map((certificate) => {
      const { id, userPrincipalName, thumbprint, intendedPurpose, startDateTime, keyName } = certificate;
      const expiresMs = timeOf(certificate.expirationDateTime);
      const newestMs = latest.get(groupOf(certificate));
      const isNewer = expiresMs !== undefined && newestMs !== undefined && newestMs > expiresMs;
      return {
        id,
        user: userPrincipalName ?? "",
        thumbprint: thumbprint ?? "",
        purpose: intendedPurpose ?? undefined,
        startsMs: timeOf(startDateTime),
        expiresMs,
        days: expiresMs === undefined ? undefined : dayOf(expiresMs) - today,
        newerMs: isNewer ? newestMs : undefined,
        keyName: keyName ?? undefined,
      };
    })
    .sort(byExpiry);
}

/** `2028-11-20`, in UTC. */
export function dateText(ms: number | undefined): string {
  return ms === undefined ? "" : new Date(ms).toISOString().slice(0, 10);
}

/** `2028-11-20T10:00:00Z`. */
export function dateTimeText(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** The number of the day in UTC. */
export function dayOf(ms: number): number {
  return Math.floor(ms / dayMs);
}

export function countUsers(rows: readonly ListRow[]): number {
  return new Set(rows.map(({ user }) => user.toLowerCase())).size;
}

function groupOf({ userPrincipalName, intendedPurpose }: ExistingCertificate): string {
  return `${userPrincipalName?.toLowerCase() ?? ""} ${intendedPurpose ?? ""}`;
}

function timeOf(text: string | null): number | undefined {
  const ms = Date.parse(text ?? "");
  return Number.isNaN(ms) ? undefined : ms;
}

function byExpiry(one: ListRow, other: ListRow): number {
  const [oneMs, otherMs] = [one.expiresMs ?? Number.MAX_SAFE_INTEGER, other.expiresMs ?? Number.MAX_SAFE_INTEGER];
  if (oneMs !== otherMs) return oneMs - otherMs;
  return one.user === other.user ? compare(one.id, other.id) : compare(one.user, other.user);
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
