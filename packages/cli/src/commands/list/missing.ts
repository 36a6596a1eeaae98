/** `list --missing`: users without a valid certificate, and why. */
import { dateText, type ListRow } from "./rows.ts";

export interface MissingUser {
  readonly user: string;
  readonly why: "none" | "expired" | "notYetValid";
  /** The last expiry of those that have expired, or the first day of those that are not valid yet. */
  readonly dateMs: number | undefined;
}

/** The users, in their order, none of whose certificates is valid now. What has no dates counts as valid. */
export function findMissing(users: readonly string[], rows: readonly ListRow[], now: Date): MissingUser[] {
  const nowMs = now.getTime();
  const byUser = new Map<string, ListRow[]>();
  for (const row of rows) byUser.set(row.user.toLowerCase(), [...(byUser.get(row.user.toLowerCase()) ?? []), row]);
  return users.flatMap((user): MissingUser[] => {
    const own = byUser.get(user.toLowerCase()) ?? [];
    if (own.length === 0) return [{ user, why: "none", dateMs: undefined }];
    const isExpired = ({ expiresMs = Number.POSITIVE_INFINITY }: ListRow) => expiresMs <= nowMs;
    const isComing = ({ startsMs = 0 }: ListRow) => startsMs > nowMs;
    if (own.some((row) => !isExpired(row) && !isComing(row))) return [];
    const coming = own.filter((row) => !isExpired(row)).map(({ startsMs }) => startsMs ?? 0);
    if (coming.length > 0) return [{ user, why: "notYetValid", dateMs: Math.min(...coming) }];
    return [{ user, why: "expired", dateMs: Math.max(...own.map(({ expiresMs }) => expiresMs ?? 0)) }];
  });
}

export function whyText({ why, dateMs }: MissingUser): string {
  switch (why) {
    case "none":
      return "has none";
    case "expired":
      return `only expired ones, last on ${dateText(dateMs)}`;
    case "notYetValid":
      return `none is valid before ${dateText(dateMs)}`;
  }
}
