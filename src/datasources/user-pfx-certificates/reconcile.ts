/**
 * Creates at most once. A create whose answer is lost may have been applied: before it is sent again, the natural key
 * (user and thumbprint) is looked up. A record found there is ours only if it is new since this create began, by Graph's
 * clock, was not known before, and says what ours said; absent after a settling delay, the create is sent once more.
 * A conflict that Graph reports is a `CONFLICT` only where the record is found; else the create is sent again as well.
 */
import { GatewayError, GraphError } from "../../errors.ts";
import type { ReconcileOutcome } from "../../observability/metrics.ts";
import type { Clock } from "../../request/clock.ts";
import type { Deadline } from "../../request/deadline.ts";
import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import type { Outcome } from "../graph/protocol/request.ts";

/** Graph may take a moment to show what it has stored. A tenth of the time where that is less. */
const settlingMs = 1000;
/** Of a create: after the second one it is not sent again. */
const maxLostAnswers = 2;
/** Full jitter after a conflict that nothing explains: a wait from 0 to this, doubled with each one. */
const conflictBaseMs = 1000;

type Settled = (outcome: ReconcileOutcome) => void;

export interface CreateSteps {
  /** Sends the create, retrying what was certainly not applied. Rejects only where the gateway refuses to ask. */
  send(): Promise<Outcome>;
  /** The certificate of a 201; `undefined` for any other answer. */
  certificateOf(outcome: Outcome): UserPfxCertificate | undefined;
  /** The record under the natural key; null where there is none. Rejects where that can't be found out. */
  lookUp(): Promise<UserPfxCertificate | null>;
  /** Whether a record found is the one that this create stored. `undecided`: it may be another one of ours. */
  isOurs(found: UserPfxCertificate): boolean | "undecided";
  /** The error of an outcome; what is doubtful becomes `OUTCOME_UNKNOWN`. */
  errorOf(outcome: Outcome): Promise<GatewayError>;
  /** `CONFLICT` naming the record. */
  conflictWith(found: UserPfxCertificate, outcome: Outcome): Promise<GatewayError>;
  /** How long Graph asks to wait before it is asked again, in milliseconds; 0 where it does not say. */
  askedMs(outcome: Outcome): number;
  /** Whether one more sending is within the retry budget and still wanted. */
  maySendAgain(): boolean;
  /** Told that a lost answer is looked into; what it returns is told once what that came to. */
  settling(): Settled;
  readonly deadline: Deadline;
  readonly clock: Clock;
  /** Aborted when nobody waits for the answer any more. */
  readonly disconnected: AbortSignal;
}

/** What is not known of a create, after an answer to it was lost. */
interface UnresolvedWrite {
  /** The sending of which the least is known. */
  readonly outcome: Outcome;
  /** Graph has reported a conflict since, and nothing was found: what is there may be ours, and not show yet. */
  readonly hasConflict: boolean;
}

/** @throws {GatewayError} `CONFLICT`, `OUTCOME_UNKNOWN`, or what Graph's refusal amounts to. */
export async function createOnce(steps: CreateSteps): Promise<UserPfxCertificate> {
  let doubt: UnresolvedWrite | undefined;
  let lostAnswers = 0;
  let conflicts = 0;
  for (;;) {
    let outcome: Outcome;
    try {
      outcome = await steps.send();
    } catch (error) {
      throw doubt === undefined || !(error instanceof GatewayError) ? error : await absent(steps, doubt, error);
    }
    const certificate = steps.certificateOf(outcome);
    if (certificate !== undefined) return certificate;

    let waitMs = steps.askedMs(outcome);
    if (isConflict(outcome)) {
      const ours = await explained(steps, outcome, doubt);
      if (ours !== undefined) return ours;
      if (doubt !== undefined) doubt = { ...doubt, hasConflict: doubt.hasConflict || mayShowLate(doubt.outcome) };
      if (waitMs === 0) waitMs = steps.clock.random() * conflictBaseMs * 2 ** conflicts;
      conflicts += 1;
    } else if (isDoubtful(outcome)) {
      lostAnswers += 1;
      // The weightier doubt: an earlier sending may still be applied, whatever became of this one.
      const weightiest = doubt !== undefined && mayStillBeApplied(doubt.outcome) ? doubt.outcome : outcome;
      doubt = { outcome: weightiest, hasConflict: doubt?.hasConflict ?? false };
      const settled = steps.settling();
      const found = await settle(steps, outcome, settled);
      if (found !== null) return claim(steps, found, outcome, outcome, settled);
      settled("absent");
    } else return refused(steps, outcome, doubt);

    const fits = waitMs < steps.deadline.remainingMs;
    if (lostAnswers === maxLostAnswers || !fits || !steps.maySendAgain()) {
      if (doubt === undefined) throw await steps.errorOf(outcome);
      throw await absent(steps, doubt, isConflict(outcome) ? await steps.errorOf(outcome) : undefined);
    }
    if (waitMs > 0) await steps.clock.sleep(waitMs, doubt === undefined ? steps.disconnected : undefined);
  }
}

/**
 * Looks for the record that Graph reported a conflict with. Graph reports one as well where it is only busy with that user:
 * `undefined` where nothing is found, or nothing can be found out and no answer was lost before.
 *
 * @throws {GatewayError} `CONFLICT` where it is another one; `OUTCOME_UNKNOWN`.
 */
async function explained(
  steps: CreateSteps,
  conflict: Outcome,
  doubt: UnresolvedWrite | undefined,
): Promise<UserPfxCertificate | undefined> {
  if (doubt === undefined) {
    const found = await steps.lookUp().catch(() => null);
    if (found === null) return undefined;
    throw await steps.conflictWith(found, conflict);
  }
  const settled = steps.settling();
  const found = await settle(steps, doubt.outcome, settled);
  if (found !== null) return claim(steps, found, doubt.outcome, conflict, settled);
  settled("absent");
  return undefined;
}

/** A definite answer, or certainly not sent; but an earlier sending may have been applied after all. */
async function refused(
  steps: CreateSteps,
  outcome: Outcome,
  doubt: UnresolvedWrite | undefined,
): Promise<UserPfxCertificate> {
  // Graph may say no more than 400 of a certificate that is there already.
  const mayBeThere = "response" in outcome && outcome.response.status === 400;
  const error = await steps.errorOf(outcome);
  if (doubt === undefined) {
    const found = mayBeThere ? await steps.lookUp().catch(() => null) : null;
    throw found === null ? error : await steps.conflictWith(found, outcome);
  }
  const settled = steps.settling();
  const found = await (mayBeThere ? settle(steps, doubt.outcome, settled) : lookUpOnce(steps, doubt.outcome, settled));
  if (found !== null) return claim(steps, found, doubt.outcome, outcome, settled);
  settled(mayBeThere ? "unknown" : "absent");
  throw mayBeThere ? await steps.errorOf(doubt.outcome) : await absent(steps, doubt, error);
}

/** The record found, where it is ours. */
async function claim(
  steps: CreateSteps,
  found: UserPfxCertificate,
  doubted: Outcome,
  answer: Outcome,
  settled: Settled | undefined,
): Promise<UserPfxCertificate> {
  const isOurs = steps.isOurs(found);
  settled?.(isOurs === "undecided" ? "unknown" : isOurs ? "stored" : "conflict");
  if (isOurs === "undecided") throw await steps.errorOf(doubted);
  if (isOurs) return found;
  throw await steps.conflictWith(found, answer);
}

async function lookUpOnce(steps: CreateSteps, doubted: Outcome, settled: Settled): Promise<UserPfxCertificate | null> {
  try {
    return await steps.lookUp();
  } catch {
    settled("unknown");
    throw await steps.errorOf(doubted);
  }
}

async function settle(steps: CreateSteps, outcome: Outcome, settled: Settled): Promise<UserPfxCertificate | null> {
  const found = await lookUpOnce(steps, outcome, settled);
  if (found !== null) return found;
  try {
    await steps.clock.sleep(Math.min(settlingMs, steps.deadline.budgetMs / 10, steps.deadline.remainingMs));
    return await steps.lookUp();
  } catch {
    settled("unknown");
    throw await steps.errorOf(outcome);
  }
}

/** Looked up and not there. */
async function absent(steps: CreateSteps, doubt: UnresolvedWrite, refusal?: GatewayError): Promise<GatewayError> {
  const unknown = await steps.errorOf(doubt.outcome);
  if (doubt.hasConflict || mayStillBeApplied(doubt.outcome)) return unknown;
  if (refusal !== undefined) return refusal;
  const message =
    "Microsoft Graph failed, and looking afterwards, the certificate was not there; repeating it is safe.";
  const { retryAfterSeconds } = unknown;
  return unknown instanceof GraphError
    ? new GraphError("UPSTREAM_UNAVAILABLE", message, unknown.graph, { retryAfterSeconds })
    : new GatewayError("UPSTREAM_UNAVAILABLE", message, { retryAfterSeconds, cause: unknown.cause });
}

/** A request that Graph answered, or whose connection broke, is over; one that was only given up waiting for is not. */
export function mayStillBeApplied(outcome: Outcome): boolean {
  if ("response" in outcome) return false;
  const { sent, reason } = outcome.error;
  return sent && reason !== "network" && reason !== "tooLarge";
}

/** Whether Graph reports that something is in the way: this sending was not applied. */
function isConflict(outcome: Outcome): boolean {
  return "response" in outcome && (outcome.response.status === 409 || outcome.response.status === 412);
}

/** Whether what was sent may be stored although look-ups right after it found nothing. Other errors of Graph say that it failed. */
function mayShowLate(outcome: Outcome): boolean {
  if ("error" in outcome) return outcome.error.sent;
  const { status } = outcome.response;
  return status === 504 || status < 300;
}

/** Whether a write may have been applied although nothing says so; a 2xx that comes to this can't be read, or is another one. */
export function isDoubtful(outcome: Outcome): boolean {
  if ("error" in outcome) return outcome.error.sent;
  const { status } = outcome.response;
  return status >= 500 || (status >= 200 && status < 300);
}
