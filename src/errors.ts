/**
 * The taxonomy of failures. Data sources and resolvers throw these; `server/format-error.ts` is the one place that turns
 * them into GraphQL errors, and masks whatever is not one of them.
 */

/** Stable codes of `errors[].extensions.code`; the README's table says what each one asks of the caller. */
export type ErrorCode =
  | "BAD_USER_INPUT"
  | "UNAUTHENTICATED"
  | "CLAIMS_CHALLENGE"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "CONFLICT"
  | "THROTTLED"
  | "OUTCOME_UNKNOWN"
  | "UPSTREAM_UNAVAILABLE"
  | "UPSTREAM_TIMEOUT"
  | "UPSTREAM_INVALID_RESPONSE"
  | "UPSTREAM_MISCONFIGURED";

/** One broken rule: where (`input.thumbprint`, `inputs.3.keyName`) and what the value must be; never the value itself. */
export interface InvalidValue {
  path: string;
  message: string;
}

/** What Graph said, fit for API users: its message unwrapped, internal hosts and this request's secrets cut. */
export interface GraphErrorDetails {
  status: number;
  code: string | null;
  message: string | null;
  requestId: string | null;
  clientRequestId: string | null;
  activityId: string | null;
}

interface GatewayErrorDetails {
  /** Seconds the caller should wait before asking again; fractions allowed. */
  retryAfterSeconds?: number | undefined;
  invalid?: readonly InvalidValue[] | undefined;
  /** Base64 of the claims JSON that a step-up needs. */
  claims?: string | undefined;
  /** With `CONFLICT` of a create: the id of the certificate that exists. */
  certificateId?: string | undefined;
  cause?: unknown;
}

/** A failure with a code and a message that is meant for the caller. */
export class GatewayError extends Error {
  override name = "GatewayError";
  readonly code: ErrorCode;
  readonly retryAfterSeconds: number | undefined;
  readonly invalid: readonly InvalidValue[] | undefined;
  readonly claims: string | undefined;
  readonly certificateId: string | undefined;

  constructor(code: ErrorCode, message: string, details: GatewayErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.invalid = details.invalid;
    this.claims = details.claims;
    this.certificateId = details.certificateId;
  }
}

/** A failure that Graph answered, or that its answer amounts to. */
export class GraphError extends GatewayError {
  override name = "GraphError";
  readonly graph: GraphErrorDetails;

  constructor(code: ErrorCode, message: string, graph: GraphErrorDetails, details: GatewayErrorDetails = {}) {
    super(code, message, details);
    this.graph = graph;
  }
}

/** Refused before anything was sent to Graph. Paths and rules are the only content. @param isAll false: some are left out. */
export function badUserInput(invalid: readonly InvalidValue[], isAll = true): GatewayError {
  const [first, ...more] = invalid;
  const message =
    first === undefined
      ? "The input is not valid."
      : `${first.path} ${first.message}${more.length > 0 ? ` (and ${isAll ? "" : "more than "}${more.length} more; see extensions.invalid)` : ""}`;
  return new GatewayError("BAD_USER_INPUT", message, { invalid });
}
