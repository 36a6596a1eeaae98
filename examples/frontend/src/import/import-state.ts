/** What an import shows: its phase, its rows, the connector's key. */
import type { UserPfxIntendedPurpose } from "intune-pfx-client/operations";
import type { KeyFacts, Problem } from "./protocol.ts";
import type { Row } from "./rows.ts";
import { WorkerProblem } from "./worker-client.ts";

export interface Key extends KeyFacts {
  /** `undefined`: from the page's configuration. */
  readonly fileName: string | undefined;
  readonly keyName: string;
  readonly providerName: string;
}

/**
 * `choosing`: files, passwords and corrections; `sending`, `pausing`, `paused`: a run; `done`: its outcomes, and what failed can be
 * sent again.
 */
export type Phase = "choosing" | "sending" | "pausing" | "paused" | "done";

export interface State {
  readonly phase: Phase;
  readonly key: Key | undefined;
  readonly keyProblem: Problem | undefined;
  /** The page's configuration has been read. */
  readonly isConfigured: boolean;
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
  readonly isAdding: boolean;
  /** What Intune has already is being read. */
  readonly isLooking: boolean;
  readonly purpose: UserPfxIntendedPurpose | undefined;
  readonly wait: { readonly code: string; readonly untilMs: number } | undefined;
  /** Why the run paused by itself. */
  readonly failure: unknown;
  readonly startedAtMs: number;
  /** Rows of this run, those with an outcome included. */
  readonly total: number;
}

export const initial: State = {
  phase: "choosing",
  key: undefined,
  keyProblem: undefined,
  isConfigured: false,
  rows: [],
  notes: [],
  isAdding: false,
  isLooking: false,
  purpose: undefined,
  wait: undefined,
  failure: undefined,
  startedAtMs: 0,
  total: 0,
};

export function isUnderWay(phase: Phase): boolean {
  return phase === "sending" || phase === "pausing" || phase === "paused";
}

export function needsPassword({ problem }: Row): boolean {
  return problem?.code === "PASSWORD_NEEDED" || problem?.code === "WRONG_PASSWORD";
}

export function problemOf(error: unknown): Problem {
  if (error instanceof WorkerProblem) return error.problem;
  return { code: "UNEXPECTED", message: "this page failed; reload it" };
}
