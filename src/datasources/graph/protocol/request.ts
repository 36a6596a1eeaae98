/**
 * The function type that every step of the pipeline wraps: `(request) => Promise<response>`. A `Send` resolves for any status
 * from Graph. It rejects with `TransportError` if there is no response, and with `GatewayError` if the gateway itself refuses
 * to send.
 */
import { GatewayError } from "../../../errors.ts";
import type { AuditEntry } from "../../../observability/log.ts";
import type { TraceSpan } from "../../../observability/span.ts";
import type { Deadline } from "../../../request/deadline.ts";
import type { RequestClosed } from "../../../request/request-closed.ts";
import type { GraphBody } from "./body-encoding.ts";

/** The caller behind a request to Graph, and the request's deadline. */
export interface GraphCaller {
  /** The bearer token for Graph. Rejects with `UNAUTHENTICATED` if the caller sent none. */
  token(): Promise<string>;
  /**
   * Replaces a token that Graph rejected; absent if only the caller can replace it.
   *
   * @param refused the token. @param claims JSON of the claims that Graph requires.
   */
  readonly renew?: ((refused: string, claims: string | undefined) => Promise<void>) | undefined;
  /** @throws {GatewayError} `FORBIDDEN` if the caller lacks the permission. */
  authorize(access: "read" | "write"): void;
  /** Writes a line of the audit log: one for every write, whatever its outcome. */
  readonly audit: (entry: AuditEntry) => void;
  /** Parent span of the requests to Graph. */
  readonly span: TraceSpan;
  /** Who must act on a 401 from Graph: the caller, whose token it is, or the gateway's operator. */
  readonly tokenOwner: "caller" | "gateway";
  /** The tenant whose quota, circuit and API version apply; absent if the process has one for all its callers. */
  readonly tenantId?: string | undefined;
  /** The token that the caller sent; absent if Graph gets that token. */
  readonly callerToken?: string | undefined;
  readonly deadline: Deadline;
  /** Closes when no client waits for the response any more. */
  readonly closed: RequestClosed;
}

/** A collection in Graph. */
export interface GraphResource {
  /** Below the API version: `/deviceManagement/userPfxCertificates`. */
  readonly collectionPath: string;
  /** The noun for one item in messages. */
  readonly noun: string;
}

export interface GraphRequest {
  readonly resource: GraphResource;
  /** What the request does. Everything but a read uses the write quota, and its outcome is unknown if the response is lost. */
  readonly operation: "read" | "create" | "update" | "delete";
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below the API version, encoded: `/deviceManagement/userPfxCertificates`. */
  readonly path: string;
  /** Encoded, without the question mark. */
  readonly query?: string | undefined;
  readonly body?: GraphBody | undefined;
  readonly caller: GraphCaller;
  /** If set, the request may travel in a `$batch` with others that are sent at the same time. */
  readonly batch?: Batch | undefined;
  /** Remaining attempts. The first retry step sets three; sending the same request again continues the count. */
  attempts?: Attempts | undefined;
  /** The first attempt of a read that has travelled with others: only another attempt is sent. */
  first?: FirstAttempt | undefined;
  /** Whether the request looks up the outcome of a write. Look-ups are sent even while the circuit breaker is open. */
  readonly isLookUp?: boolean;
  /** Called right before the request is written to a socket; the write quota sets it. */
  onSend?: (() => void) | undefined;
  /** When a write was last written to a socket, in monotonic milliseconds; the write quota sets it. */
  sentAtMs?: number;
}

/** Attempts that one request has left. */
export interface Attempts {
  left: number;
  /** Whether the token was replaced; that happens at most once. */
  hasRenewed?: boolean;
}

export interface FirstAttempt {
  /** The token it was sent with; `undefined` if the gateway cannot replace it. */
  readonly token: string | undefined;
  readonly answer: GraphResponse | Error;
}

/** Collects requests that may travel together. */
export interface Batch {
  load(request: GraphRequest): Promise<GraphResponse>;
  /** Sends at most twenty requests, at once and in one batch. Resolves with their answers, in order; never rejects. */
  loadTogether(requests: readonly GraphRequest[]): Promise<(GraphResponse | Error)[]>;
  /** Expected cost of one item, as a part of a request to Graph; 1 if the item may be alone. */
  readonly itemWeight: number;
}

export interface GraphResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed JSON; `undefined` if the body was absent, too large or not JSON. */
  readonly body: unknown;
  readonly clientRequestId: string;
  /** True if an earlier attempt of the same request got no response and may have been applied. */
  readonly afterDoubt?: boolean;
  /** Secrets of the other requests in the same batch, which must not appear in an error either. */
  readonly othersSecrets?: readonly string[] | undefined;
  /** Set for an item of a batch. */
  readonly batchPause?: BatchPause | undefined;
}

/** How long the items of one batch wait before they are sent again: equally long, so that they share a batch again. */
export interface BatchPause {
  /** From 0 to 1: the random share of a wait. */
  readonly jitter: number;
  /** The longest wait that Graph asks for of any item that it throttles, in seconds. */
  readonly longestSeconds: number | undefined;
  /** The waits that have begun, by milliseconds. Timers of their own would wake the items up in several turns, and batches. */
  readonly waits: Map<number, Promise<void>>;
}

export type Send = (request: GraphRequest) => Promise<GraphResponse>;

/** A response, or the reason for a missing one. */
export type Outcome = { response: GraphResponse } | { error: TransportError };

/** The reason for a missing response. `timeout`: of one attempt; `deadline`: of the whole request. */
type TransportFailureReason = "network" | "timeout" | "deadline" | "tooLarge" | "disconnected" | "circuitOpen";

/** Graph sent no response. */
export class TransportError extends Error {
  override name = "TransportError";
  readonly reason: TransportFailureReason;
  /** False if no byte of the request can have reached Graph. */
  readonly sent: boolean;
  /** Set if a whole batch had no response. */
  batchPause?: BatchPause;

  constructor(reason: TransportFailureReason, sent: boolean, cause?: unknown) {
    super(`no response from Graph (${reason}, ${sent ? "sent" : "not sent"})`, { cause });
    this.reason = reason;
    this.sent = sent;
  }
}

/** Whether a request was not sent because its client had gone. Graph did not fail, and no client is waiting. */
export function isAbandoned(error: unknown): boolean {
  const cause = error instanceof GatewayError ? error.cause : undefined;
  return cause instanceof TransportError && cause.reason === "disconnected" && !cause.sent;
}
