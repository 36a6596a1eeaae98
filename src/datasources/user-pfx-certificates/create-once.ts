/**
 * Creates at most once. After a doubtful attempt (no response, a 5xx, a 408, a 2xx that is unreadable or describes another certificate) the certificate may have been stored: the
 * natural key (user and thumbprint) is looked up before the create is sent again. A found record counts as ours if Graph dates it
 * after the create was sent, no earlier create knew it, and its properties equal the input's. If nothing is found after a settling
 * delay, the create is sent again. A conflict that Graph reports becomes `CONFLICT` only if the record is found.
 */
import { GatewayError, GraphError } from "../../errors.ts";
import type { ReconcileOutcome } from "../../observability/metrics.ts";
import type { CreateUserPfxCertificateInput } from "../../schema/create-user-pfx-certificate-input.ts";
import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import type { GraphClient } from "../graph/graph-client.ts";
import { fromOutcome, graphDetailsOf } from "../graph/protocol/error.ts";
import type { Batch, GraphCaller, GraphRequest, Outcome } from "../graph/protocol/request.ts";
import { retryAfterSecondsOf } from "../graph/protocol/retry-after.ts";
import type { LastResponse } from "./audited.ts";
import { UserPfxCertificateBody } from "./certificate-json.ts";
import type { KeyHistory } from "./in-flight-creates.ts";
import { isOfKey, isOurs } from "./match-created-record.ts";
import { isConflict, isDoubtful, mayStillBeApplied } from "./outcome.ts";
import { collectionPath, resource } from "./path.ts";
import type { CertificateReader } from "./reader.ts";

/** Graph may take a moment to show what it has stored. A tenth of the request's time if that is less. */
const settlingMs = 1000;
/** After the second doubtful attempt the create is not sent again. */
const maxDoubtfulAttempts = 2;
/** Full jitter after a conflict without a record: a wait from 0 to this, doubled with each conflict. */
const conflictBaseMs = 1000;

/** With what a create is sent and looked up. */
export interface CreateSender {
  readonly client: GraphClient;
  readonly caller: GraphCaller;
  readonly reader: CertificateReader;
  readonly batch: Batch | undefined;
  /** Kept up to date for the audit log. */
  readonly last: LastResponse;
}

/**
 * @param history what is known of the natural key; updated with what this create finds out.
 * @throws {GatewayError} `CONFLICT`; `OUTCOME_UNKNOWN`; `UPSTREAM_UNAVAILABLE` if nothing was stored as far as a look-up can tell;
 * Graph's refusal; the gateway's own, such as `THROTTLED` of the write quota.
 */
export async function createOnce(
  sender: CreateSender,
  input: CreateUserPfxCertificateInput,
  history: KeyHistory,
): Promise<UserPfxCertificate> {
  const { client, caller, reader, batch, last } = sender;
  const { clock } = client;
  const request: GraphRequest = {
    resource,
    operation: "create",
    method: "POST",
    path: collectionPath,
    body: new UserPfxCertificateBody(input),
    caller,
    batch,
  };
  /**
   * The outcome of the least certain attempt, whose record has not been found: an earlier attempt may still be applied after a
   * later one failed.
   */
  let unresolved: Outcome | undefined;
  /** When the first doubtful attempt was sent. */
  let sentAtMs: number | undefined;
  let doubtfulAttempts = 0;
  let conflicts = 0;

  for (;;) {
    // Send. The pipeline itself repeats a create that was certainly not applied.
    let outcome: Outcome;
    try {
      outcome = await client.send(request);
    } catch (refusal) {
      throw unresolved !== undefined && refusal instanceof GatewayError
        ? await errorAfterEmptyLookUp(request, unresolved, refusal)
        : refusal;
    }
    const response = "response" in outcome ? outcome.response : undefined;
    last.response = response;
    if (mayStillBeApplied(outcome)) history.mayStillBeApplied = true;

    // Created.
    const created = response?.status === 201 ? reader.decode(response.body) : undefined;
    if (created !== undefined && isOfKey(created, input)) return created;

    const hasConflict = isConflict(outcome);
    const isInDoubt = isDoubtful(outcome);
    const isRefused = !hasConflict && !isInDoubt;
    // Graph may answer a bare 400 for a certificate that exists.
    const mayExist = hasConflict || response?.status === 400;
    if (isInDoubt) {
      doubtfulAttempts += 1;
      sentAtMs ??= request.sentAtMs;
      if (unresolved === undefined || !mayStillBeApplied(unresolved)) unresolved = outcome;
    }

    if (unresolved === undefined) {
      // Every response so far is definite. A record found was there before.
      const existing = mayExist ? await reader.findByNaturalKey(input, caller, caller.span).catch(() => null) : null;
      if (existing !== null) throw await conflictError(request, existing, outcome, history);
      if (isRefused) throw await fromOutcome(request, outcome);
    } else {
      // An attempt may have been applied: look for its record.
      const outcomeInDoubt = isInDoubt ? outcome : unresolved;
      const reconciliation = startReconciliation(client, caller);
      const looksTwice = isInDoubt || mayExist;
      const found = await lookUp(sender, input, reconciliation.span, looksTwice).catch(async () => {
        reconciliation.end("unknown");
        throw await fromOutcome(request, outcomeInDoubt);
      });
      if (found !== null) {
        const ours = isOurs(found, input, history, client.graphClock.earliestAt(sentAtMs ?? clock.now()));
        history.createdDateTime = found.createdDateTime; // a record that later creates must not take for theirs
        reconciliation.end(ours === "undecided" ? "unknown" : ours ? "stored" : "conflict");
        if (ours === "undecided") throw await fromOutcome(request, outcomeInDoubt);
        history.isLookedUp = ours;
        if (ours) return found;
        throw await conflictError(request, found, outcome, history);
      }
      const isBare400 = isRefused && mayExist;
      reconciliation.end(isBare400 ? "unknown" : "absent");
      if (isBare400) throw await fromOutcome(request, unresolved);
      if (isRefused) throw await errorAfterEmptyLookUp(request, unresolved, await fromOutcome(request, outcome));
    }

    // Not stored, as far as a look-up can tell: wait as long as Graph asks, and send again.
    let waitMs = 1000 * ((response && retryAfterSecondsOf(response)) || 0);
    if (hasConflict) {
      if (waitMs === 0) waitMs = (response?.batchPause?.jitter ?? clock.random()) * conflictBaseMs * 2 ** conflicts;
      conflicts += 1;
    }
    const fits = waitMs < caller.deadline.remainingMs;
    if (doubtfulAttempts === maxDoubtfulAttempts || !fits || !client.takeRetry(request)) {
      const error = await fromOutcome(request, outcome);
      throw unresolved === undefined
        ? error
        : await errorAfterEmptyLookUp(request, unresolved, hasConflict ? error : undefined);
    }
    if (waitMs > 0) await clock.sleep(waitMs, unresolved === undefined ? caller.closed.signal : undefined);
  }
}

/** The record under the natural key, or null. @param looksTwice looks again after the settling delay. */
async function lookUp(
  { client, caller, reader }: CreateSender,
  input: CreateUserPfxCertificateInput,
  span: GraphCaller["span"],
  looksTwice: boolean,
): Promise<UserPfxCertificate | null> {
  const found = await reader.findByNaturalKey(input, caller, span);
  if (found !== null || !looksTwice) return found;
  const { budgetMs, remainingMs } = caller.deadline;
  await client.clock.sleep(Math.min(settlingMs, budgetMs / 10, remainingMs));
  return reader.findByNaturalKey(input, caller, span);
}

/** The span and the metric of one reconciliation. */
function startReconciliation(client: GraphClient, caller: GraphCaller) {
  const span = caller.span.child({ name: "reconcile" });
  return {
    span,
    end(outcome: ReconcileOutcome): void {
      client.metrics?.reconciled(outcome);
      span.set({ "gateway.reconcile.outcome": outcome });
      span.end();
    },
  };
}

/** The user already has the certificate: a look-up has found it. */
async function conflictError(
  request: GraphRequest,
  found: UserPfxCertificate,
  outcome: Outcome,
  history: KeyHistory,
): Promise<GatewayError> {
  history.createdDateTime = found.createdDateTime;
  const message = `That user already has that certificate, under the id ${found.id}.`;
  const details = { certificateId: found.id };
  if ("error" in outcome) return new GatewayError("CONFLICT", message, details);
  return new GraphError("CONFLICT", message, await graphDetailsOf(request, outcome.response), details);
}

/** The error of a doubtful create whose record was not found. @param refusal the refusal of a later attempt. */
async function errorAfterEmptyLookUp(
  request: GraphRequest,
  outcome: Outcome,
  refusal?: GatewayError,
): Promise<GatewayError> {
  const unknown = await fromOutcome(request, outcome);
  if (mayStillBeApplied(outcome)) return unknown;
  if (refusal !== undefined) return refusal;
  const message =
    "Microsoft Graph failed, and a look-up afterwards did not find the certificate; repeating it is safe.";
  const { retryAfterSeconds } = unknown;
  return unknown instanceof GraphError
    ? new GraphError("UPSTREAM_UNAVAILABLE", message, unknown.graph, { retryAfterSeconds })
    : new GatewayError("UPSTREAM_UNAVAILABLE", message, { retryAfterSeconds, cause: unknown.cause });
}
