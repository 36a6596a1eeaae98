/**
 * The one function shape that every concern around a call to Graph wraps: `(request) => Promise<response>`. A `Send`
 * resolves for any status Graph answers, rejects with `TransportError` where there is no answer, and with `GatewayError`
 * where the gateway itself decides not to ask.
 */
import { GatewayError } from "../../../errors.ts";
import type { AuditEntry } from "../../../observability/log.ts";
import type { TraceSpan } from "../../../observability/span.ts";
import type { Deadline } from "../../../request/deadline.ts";
import type { RequestClosed } from "../../../request/request-closed.ts";
import type { GraphBody } from "./body-encoding.ts";

/** On whose behalf a request goes to Graph, and until when. */
export interface GraphCaller {
  /** The bearer token for Graph. Rejects with `UNAUTHENTICATED` where the caller brought none. */
  token(): Promise<string>;
  /**
   * Replaces a token that Graph refused; absent where that is the caller's to do.
   *
   * @param refused the token. @param claims JSON of the claims that Graph asks for.
   */
  readonly renew?: ((refused: string, claims: string | undefined) => Promise<void>) | undefined;
  /** @throws {GatewayError} `FORBIDDEN` where the caller may not. */
  authorize(access: "read" | "write"): void;
  /** Writes a line of the audit log: one for every write, whatever became of it. */
  readonly audit: (entry: AuditEntry) => void;
  /** What is asked of Graph becomes a child of it. */
  readonly span: TraceSpan;
  /** Whose fault a 401 of Graph is: the caller's own token, or the gateway's credentials. */
  readonly tokenOwner: "caller" | "gateway";
  readonly deadline: Deadline;
  /** Happens when nobody waits for the answer any more. */
  readonly closed: RequestClosed;
}

/** A collection of Graph's. */
export interface GraphResource {
  /** Below the API version: `/deviceManagement/userPfxCertificates`. */
  readonly collectionPath: string;
  /** What one of it is called in messages. */
  readonly noun: string;
}

export interface GraphRequest {
  readonly resource: GraphResource;
  /** What it does; everything but a read takes from the write quota, and leaves a doubt behind where its answer is lost. */
  readonly operation: "read" | "create" | "update" | "delete";
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below the API version, encoded: `/deviceManagement/userPfxCertificates`. */
  readonly path: string;
  /** Encoded, without the question mark. */
  readonly query?: string | undefined;
  readonly body?: GraphBody | undefined;
  readonly caller: GraphCaller;
  /** Where given, the request may travel in a `$batch` with others that are sent at the same time. */
  readonly batch?: Batch | undefined;
  /** How many more times it may be sent: three at first, which the retry sets, and counts on where it is sent once more. */
  attempts?: Attempts | undefined;
  /** Whether it finds out what became of a write: that is asked also of a Graph that counts as down. */
  readonly isLookUp?: boolean;
  /** Told right before it is written to a socket; whoever paces writes sets it. */
  onSend?: (() => void) | undefined;
  /** When a write was last written to a socket, in monotonic milliseconds; whoever paces writes notes it. */
  sentAtMs?: number;
}

/** What one request may still do. */
export interface Attempts {
  left: number;
  /** Whether its token was replaced: once is enough. */
  hasRenewed?: boolean;
}

/** Where requests are sent that may travel together. */
export interface Batch {
  load(request: GraphRequest): Promise<GraphResponse>;
  /** What part of a request to Graph one item is expected to cost: 1 where it may well be alone. */
  readonly itemWeight: number;
}

export interface GraphResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed JSON; `undefined` where there was none, or it was too large or not JSON. */
  readonly body: unknown;
  readonly clientRequestId: string;
  /** Set where an earlier sending of the same request got no answer, so that it may have been applied then. */
  readonly afterDoubt?: boolean;
  /** Values of requests that travelled along, which must not come back in an error either. */
  readonly othersSecrets?: readonly string[] | undefined;
}

export type Send = (request: GraphRequest) => Promise<GraphResponse>;

/** An answer, or none. */
export type Outcome = { response: GraphResponse } | { error: TransportError };

/** Why there is no answer. `timeout`: of one attempt; `deadline`: of the whole request; the rest says itself. */
type TransportFailureReason = "network" | "timeout" | "deadline" | "tooLarge" | "disconnected" | "circuitOpen";

/** No answer from Graph. */
export class TransportError extends Error {
  override name = "TransportError";
  readonly reason: TransportFailureReason;
  /** False where not a byte of the request can have reached Graph. */
  readonly sent: boolean;

  constructor(reason: TransportFailureReason, sent: boolean, cause?: unknown) {
    super(`no answer from Graph (${reason}, ${sent ? "sent" : "not sent"})`, { cause });
    this.reason = reason;
    this.sent = sent;
  }
}

/** Of what was not sent because its client had gone: no fault of Graph's, and nobody is told. */
export function isAbandoned(error: unknown): boolean {
  const cause = error instanceof GatewayError ? error.cause : undefined;
  return cause instanceof TransportError && cause.reason === "disconnected" && !cause.sent;
}
