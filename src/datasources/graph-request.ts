/**
 * The one function shape that every concern around a call to Graph wraps: `(request) => Promise<response>`. A `Send`
 * resolves for any status Graph answers and rejects with `TransportError` where there is no answer.
 */

/** On whose behalf a request goes to Graph, and until when. */
export interface GraphCaller {
  /** The bearer token for Graph. Rejects with `UNAUTHENTICATED` where the caller brought none. */
  token(): Promise<string>;
  /** Whose fault a 401 of Graph is: the caller's own token, or the gateway's credentials. */
  readonly tokenOwner: "caller" | "gateway";
  /** Aborts at the request's deadline. */
  readonly deadline: AbortSignal;
}

export interface GraphRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Below the API version, encoded: `/deviceManagement/userPfxCertificates`. */
  readonly path: string;
  /** Encoded, without the question mark. */
  readonly query?: string | undefined;
  readonly body?: Readonly<Record<string, unknown>> | undefined;
  /** The statuses that mean success here; any other is an error. */
  readonly expects: readonly number[];
  /** Values of the body that must not come back in an error. */
  readonly secrets?: readonly string[] | undefined;
  readonly caller: GraphCaller;
}

export interface GraphResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed JSON; `undefined` where there was none, or it was cut short, too large or not JSON. */
  readonly body: unknown;
  readonly clientRequestId: string;
}

export type Send = (request: GraphRequest) => Promise<GraphResponse>;

/** No answer from Graph. */
export class TransportError extends Error {
  override name = "TransportError";
  /** False where not a byte of the request can have reached Graph. */
  readonly sent: boolean;
  readonly reason: "network" | "deadline" | "tooLarge";
  readonly clientRequestId: string;

  constructor(reason: TransportError["reason"], sent: boolean, clientRequestId: string, cause?: unknown) {
    super(`no answer from Graph (${reason}, ${sent ? "sent" : "not sent"})`, { cause });
    this.reason = reason;
    this.sent = sent;
    this.clientRequestId = clientRequestId;
  }
}
