/** One certificate's create, for `createOnce`: how it is sent, looked up, told apart from others, and given up. */
import { GatewayError, GraphError } from "../../errors.ts";
import type { ReconcileOutcome } from "../../observability/metrics.ts";
import type { TraceSpan } from "../../observability/span.ts";
import type { Clock } from "../../request/clock.ts";
import type { Deadline } from "../../request/deadline.ts";
import type { CreateUserPfxCertificateInput } from "../../schema/create-user-pfx-certificate-input.ts";
import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import type { GraphClient } from "../graph/graph-client.ts";
import { fromGraphResponse, fromTransportFailure, graphDetailsOf } from "../graph/protocol/error.ts";
import type { Batch, GraphCaller, GraphRequest, GraphResponse, Outcome } from "../graph/protocol/request.ts";
import { retryAfterSecondsOf } from "../graph/protocol/retry-after.ts";
import type { LastResponse } from "./audited.ts";
import { UserPfxCertificateBody } from "./certificate-json.ts";
import type { KeyHistory } from "./in-flight-creates.ts";
import { isOurs } from "./match-created-record.ts";
import { collectionPath, resource } from "./path.ts";
import { type CreateSteps, isDoubtful, mayStillBeApplied } from "./reconcile.ts";

/** What is to be stored, what it travels with, and what is known of its key and of Graph's answers. */
interface Subject {
  readonly input: CreateUserPfxCertificateInput;
  readonly batch: Batch | undefined;
  readonly history: KeyHistory;
  readonly last: LastResponse;
}

/** What a create needs of the collection. */
interface Collection {
  decode(body: unknown): UserPfxCertificate | undefined;
  /** The record under the input's natural key; the requests are part of the span. */
  find(input: CreateUserPfxCertificateInput, span: TraceSpan): Promise<UserPfxCertificate | null>;
}

export class Create implements CreateSteps {
  readonly clock: Clock;
  readonly deadline: Deadline;
  readonly #client: GraphClient;
  readonly #subject: Subject;
  readonly #collection: Collection;
  readonly #request: GraphRequest;
  /** When it went out for the first time that may have been applied. */
  #sentAtMs: number | undefined;
  #settling: TraceSpan | undefined;

  constructor(client: GraphClient, caller: GraphCaller, subject: Subject, collection: Collection) {
    this.clock = client.clock;
    this.deadline = caller.deadline;
    this.#client = client;
    this.#subject = subject;
    this.#collection = collection;
    this.#request = {
      resource,
      operation: "create",
      method: "POST",
      path: collectionPath,
      body: new UserPfxCertificateBody(subject.input),
      caller,
      batch: subject.batch,
    };
  }

  get disconnected(): AbortSignal {
    return this.#request.caller.closed.signal;
  }

  async send(): Promise<Outcome> {
    const outcome = await this.#client.send(this.#request);
    const { history, last } = this.#subject;
    last.response = "response" in outcome ? outcome.response : undefined;
    if (mayStillBeApplied(outcome)) history.isGivenUp = true;
    // A doubtful one is not repeated by the retry, so it was the last of those sent.
    if (isDoubtful(outcome)) this.#sentAtMs ??= this.#request.sentAtMs;
    return outcome;
  }

  certificateOf(outcome: Outcome): UserPfxCertificate | undefined {
    const isCreated = "response" in outcome && outcome.response.status === 201;
    return isCreated ? this.#collection.decode(outcome.response.body) : undefined;
  }

  lookUp(): Promise<UserPfxCertificate | null> {
    return this.#collection.find(this.#subject.input, this.#settling ?? this.#request.caller.span);
  }

  isOurs(found: UserPfxCertificate): boolean | "undecided" {
    const { input, history } = this.#subject;
    const sentAtMs = this.#sentAtMs ?? this.clock.now();
    const answer = isOurs(found, input, history, this.#client.graphClock.earliestAt(sentAtMs));
    history.createdDateTime = found.createdDateTime; // whatever comes after this create, that record was there before
    return answer;
  }

  async errorOf(outcome: Outcome): Promise<GatewayError> {
    return "response" in outcome
      ? fromGraphResponse(this.#request, outcome.response)
      : fromTransportFailure(this.#request, outcome.error);
  }

  conflictWith(found: UserPfxCertificate, outcome: Outcome): Promise<GatewayError> {
    this.#subject.history.createdDateTime = found.createdDateTime;
    return conflictWith(found.id, this.#request, "response" in outcome ? outcome.response : undefined);
  }

  askedMs(outcome: Outcome): number {
    return 1000 * (("response" in outcome && retryAfterSecondsOf(outcome.response)) || 0);
  }

  maySendAgain(): boolean {
    return this.#client.maySendAgain(this.#request);
  }

  settling(): (outcome: ReconcileOutcome) => void {
    const span = this.#request.caller.span.child({ name: "reconcile" });
    this.#settling = span;
    return (outcome) => {
      this.#client.metrics?.reconciled(outcome);
      span.set({ "gateway.reconcile.outcome": outcome });
      span.end();
      this.#settling = undefined;
    };
  }
}

/** The user already has the certificate: a look-up has found it. */
async function conflictWith(id: string, request: GraphRequest, response?: GraphResponse): Promise<GatewayError> {
  const message = `That user already has that certificate, under the id ${id}.`;
  const details = { certificateId: id };
  if (response === undefined) return new GatewayError("CONFLICT", message, details);
  return new GraphError("CONFLICT", message, await graphDetailsOf(request, response), details);
}
