/** Which certificates a list shows: the options of `list`, checked. */
import type { UserPfxIntendedPurpose } from "intune-pfx-client/operations";
import type { OptionValues } from "../../arguments/parse-arguments.ts";
import { type CliError, usageError } from "../../cli-error.ts";
import { purposeOption } from "../../import/entries.ts";
import type { Io } from "../../io.ts";
import { dayOf, type ListRow } from "./rows.ts";
import { looksLikeUser, readUsers, type Users } from "./users-file.ts";

const maxDays = 36_500;

export interface Selection {
  /** `--user` */
  readonly user: string | undefined;
  readonly purpose: UserPfxIntendedPurpose | undefined;
  /** `--users` */
  readonly users: Users | undefined;
  /** `--missing`: the purpose that users should have a certificate of. */
  readonly missing: UserPfxIntendedPurpose | undefined;
  /** `--expiring`, in days. */
  readonly expiring: number | undefined;
  readonly expired: boolean;
  readonly noNewer: boolean;
}

/** @throws {CliError} exit code 64 */
export async function readSelection(values: OptionValues, io: Io): Promise<Selection> {
  const purpose = purposeOption(values.purpose);
  const expiring = values.expiring === undefined ? undefined : daysOf(values.expiring);
  const expired = values.expired === true;
  const noNewer = values["no-newer"] === true;
  if (values.user !== undefined && !looksLikeUser(values.user)) {
    throw wrong("--user", "--user must be a user principal name, such as anna@contoso.com.");
  }
  if (values.user !== undefined && values.users !== undefined) {
    throw wrong("--user", "Use only one of --user and --users.");
  }
  if (expiring !== undefined && expired) throw wrong("--expired", "Use only one of --expiring and --expired.");
  if (values.missing === true) {
    if (values.users === undefined)
      throw lacks("--users", "--missing needs --users FILE: whose certificates to look for.");
    if (purpose === undefined) {
      throw lacks("--purpose", "--missing needs --purpose: what the certificates should be for, such as encryption.");
    }
    if (expiring !== undefined || expired || noNewer) {
      throw wrong("--missing", "--missing can't be combined with --expiring, --expired and --no-newer.");
    }
  }
  return {
    user: values.user,
    purpose,
    users: values.users === undefined ? undefined : await readUsers(values.users, io),
    missing: values.missing === true ? purpose : undefined,
    expiring,
    expired,
    noNewer,
  };
}

/** The rows that `--expiring`, `--expired` and `--no-newer` let through. */
export function selectRows(rows: readonly ListRow[], { expiring, expired, noNewer }: Selection, now: Date): ListRow[] {
  const nowMs = now.getTime();
  return rows.filter(({ expiresMs, newerMs }) => {
    if (expired && !(expiresMs !== undefined && expiresMs <= nowMs)) return false;
    if (expiring !== undefined) {
      if (expiresMs === undefined || expiresMs <= nowMs || dayOf(expiresMs) > lastDay(expiring, now)) return false;
    }
    return !noNewer || newerMs === undefined;
  });
}

/** The last day (UTC) of `--expiring`. */
export function lastDay(expiring: number, now: Date): number {
  return dayOf(now.getTime()) + expiring;
}

function daysOf(text: string): number {
  const days = /^(\d{1,5})d?$/i.exec(text.trim())?.[1];
  if (days === undefined || Number(days) > maxDays) {
    throw wrong("--expiring", "--expiring takes a number of days, as in --expiring 60d.");
  }
  return Number(days);
}

function wrong(option: string, message: string): CliError {
  return usageError("OPTION_INVALID", message, { option });
}

function lacks(option: string, message: string): CliError {
  return usageError("MISSING", message, { option });
}
