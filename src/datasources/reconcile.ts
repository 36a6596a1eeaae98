/**
 * Creates at most once. A create whose answer is lost may have been applied: before it is sent again, the natural key
 * (user and thumbprint) is looked up. A record found there is ours only if it is new since this create began, by Graph's
 * clock, was not known before, and says what ours said; absent after a settling delay, the create is sent once more.
 */
import { GatewayError, GraphError } from "../errors.ts";
import type { ReconcileOutcome } from "../metrics.ts";
import type { UserPfxCertificate } from "../schema/user-pfx-certificate.ts";
import type { Clock } from "./clock.ts";
import type { Deadline } from "./deadline.ts";
import type { Outcome } from "./graph-request.ts";

/** Graph may take a moment to show what it has stored. A tenth of the time where that is less. */
const settlingMs = 1000;
const maxSendings = 2;

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
}

/** @throws {GatewayError} `CONFLICT`, `OUTCOME_UNKNOWN`, or what Graph's refusal amounts to. */
export async function createOnce(steps: CreateSteps): Promise<UserPfxCertificate> {
  let doubted: Outcome | undefined;
  for (let sending = 1; ; sending++) {
    let outcome: Outcome;
    try {
      outcome = await steps.send();
    } catch (error) {
      throw doubted === undefined || !(error instanceof GatewayError) ? error : await absent(steps, doubted, error);
    }
    const certificate = steps.certificateOf(outcome);
    if (certificate !== undefined) return certificate;

    if (!isDoubtful(outcome)) return refused(steps, outcome, doubted);
    // The weightier doubt: an earlier sending may still be applied, whatever became of this one.
    if (doubted === undefined || !mayStillBeApplied(doubted)) doubted = outcome;
    const settled = steps.settling();
    const found = await settle(steps, outcome, settled);
    if (found !== null) return claim(steps, found, outcome, outcome, settled);
    settled("absent");
    const askedMs = steps.askedMs(outcome);
    const fits = askedMs < steps.deadline.remainingMs;
    if (sending === maxSendings || !fits || !steps.maySendAgain()) throw await absent(steps, doubted);
    if (askedMs > 0) await steps.clock.sleep(askedMs);
  }
}

/** A definite answer, or certainly not sent; but an earlier sending may have been applied after all. */
async function refused(
  steps: CreateSteps,
  outcome: Outcome,
  doubted: Outcome | undefined,
): Promise<UserPfxCertificate> {
  const status = "response" in outcome ? outcome.response.status : undefined;
  const error = await steps.errorOf(outcome);
  if (doubted === undefined && !(status === 409 || status === 400)) throw error;
  if (doubted === undefined) {
    const found = await steps.lookUp().catch(() => null);
    throw found === null ? error : await steps.conflictWith(found, outcome);
  }
  // Refused for being there already: it is, perhaps as ours, and only does not show yet.
  const isThere = status === 409 || status === 400;
  const settled = steps.settling();
  const found = await (isThere ? settle(steps, doubted, settled) : lookUpOnce(steps, doubted, settled));
  if (found !== null) return claim(steps, found, doubted, outcome, settled);
  settled(isThere ? "unknown" : "absent");
  throw isThere ? await steps.errorOf(doubted) : await absent(steps, doubted, error);
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
async function absent(steps: CreateSteps, doubted: Outcome, refusal?: GatewayError): Promise<GatewayError> {
  const unknown = await steps.errorOf(doubted);
  if (mayStillBeApplied(doubted)) return unknown;
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

/** Whether a write may have been applied although nothing says so; a 2xx that comes to this can't be read, or is another one. */
export function isDoubtful(outcome: Outcome): boolean {
  if ("error" in outcome) return outcome.error.sent;
  const { status } = outcome.response;
  return status >= 500 || (status >= 200 && status < 300);
}
