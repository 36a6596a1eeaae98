/** A row of the table, and what stands in its last column. */
import type { UserPfxIntendedPurpose } from "intune-pfx-client/operations";
import type { Presence } from "./existing.ts";
import type { Changes, Described, Facts, Opened, Problem } from "./protocol.ts";

export interface Outcome {
  readonly kind: "sending" | "created" | "alreadyThere" | "failed" | "notTried";
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  /** With `BAD_USER_INPUT`: the broken rules, by path within the input. */
  readonly invalid?: readonly { readonly path: string; readonly message: string }[] | undefined;
  readonly graphRequestId?: string | undefined;
}

export interface Row {
  readonly id: number;
  readonly name: string;
  /** Said by the list or the file's name, before the file is opened. */
  readonly givenUser: string | undefined;
  readonly givenPurpose: UserPfxIntendedPurpose | undefined;
  /** What was wrong before it could be opened. */
  readonly givenProblem: Problem | undefined;
  readonly changes: Changes;
  readonly state: "opening" | "problem" | "opened";
  /** Of the last time that it was opened: while it is opened again as well. */
  readonly problem?: Problem | undefined;
  readonly facts?: Facts | undefined;
  readonly presence?: Presence | undefined;
  /** The row before this one that has the same user and thumbprint. */
  readonly sameAs?: string | undefined;
  readonly takesExpired: boolean;
  readonly outcome?: Outcome | undefined;
}

export type Status =
  | "opening"
  | "locked"
  | "problem"
  | "ready"
  | "alreadyThere"
  | "skipped"
  | "sending"
  | "created"
  | "failed"
  | "notTried";

export interface Judged {
  readonly status: Status;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/** What is to be done with a row, and why. */
export function judge(row: Row): Judged {
  const { outcome, state, problem, facts, presence } = row;
  if (outcome !== undefined) return { status: outcome.kind, code: outcome.code, message: outcome.message };
  if (state === "opening") return { status: "opening" };
  if (state === "problem") {
    const status = problem?.code === "PASSWORD_NEEDED" ? "locked" : "problem";
    return { status, code: problem?.code, message: problem?.message };
  }
  if (row.sameAs !== undefined) return { status: "skipped", message: `same as ${row.sameAs}` };
  if (presence === "same") return { status: "alreadyThere" };
  if (typeof presence === "object") return { status: "problem", code: presence.code, message: presence.message };
  const expired = facts?.warnings.find(({ code }) => code === "EXPIRED");
  // Old mail needs encryption certificates.
  if (expired !== undefined && facts?.purpose !== "SMIME_ENCRYPTION" && !row.takesExpired) {
    return { status: "problem", code: expired.code, message: expired.message };
  }
  return { status: "ready" };
}

/** Marks the second of two rows with the same user and thumbprint. */
export function markRepeated(rows: readonly Row[]): Row[] {
  const first = new Map<string, string>();
  return rows.map((row) => {
    if (row.facts === undefined) return row.sameAs === undefined ? row : { ...row, sameAs: undefined };
    const key = `${row.facts.user.toLowerCase()} ${row.facts.thumbprint}`;
    const sameAs = first.get(key);
    if (sameAs === undefined) first.set(key, row.name);
    return row.sameAs === sameAs ? row : { ...row, sameAs };
  });
}

export type Counts = Readonly<Record<Status, number>>;

export function count(rows: readonly Row[]): Counts {
  const counts: Record<Status, number> = {
    opening: 0,
    locked: 0,
    problem: 0,
    ready: 0,
    alreadyThere: 0,
    skipped: 0,
    sending: 0,
    created: 0,
    failed: 0,
    notTried: 0,
  };
  for (const row of rows) counts[judge(row).status] += 1;
  return counts;
}

/** A row for what the worker tells of a file; what is known of it stays, unless the list says something else now. */
export function merge({ id, name, user, purpose, problem }: Described, known: Row | undefined): Row {
  const given = { id, name, givenUser: user, givenPurpose: purpose, givenProblem: problem };
  if (problem !== undefined) return { ...given, changes: {}, state: "problem", problem, takesExpired: false };
  const isSame = known?.givenUser === user && known?.givenPurpose === purpose && known?.state === "opened";
  if (known !== undefined && isSame) return { ...known, ...given };
  return { ...given, changes: known?.changes ?? {}, state: "opening", takesExpired: known?.takesExpired ?? false };
}

/** The result of opening a row's file. */
export function fieldsOf(opened: Opened): Partial<Row> {
  if ("facts" in opened) return { state: "opened", facts: opened.facts, problem: undefined, presence: undefined };
  return { state: "problem", problem: opened.problem, facts: undefined, presence: undefined };
}
