/**
 * The gateway's errors. Data sources and resolvers throw them. `server/graphql/format-error.ts` turns them into GraphQL errors
 * and masks every other error.
 */

/** Stable codes of `errors[].extensions.code`. docs/errors.md says how a caller should react to each. */
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

/** One broken rule: the path (`input.thumbprint`, `inputs.3.keyName`) and the rule for the value, never the value itself. */
export interface InvalidValue {
  path: string;
  message: string;
}

/** Graph's error, made fit for API users: the message is unwrapped, without internal hosts, and null if it may not be shown. */
export interface GraphErrorDetails {
  status: number;
  code: string | null;
  message: string | null;
  requestId: string | null;
  clientRequestId: string | null;
  activityId: string | null;
}

interface GatewayErrorDetails {
  /** Seconds to wait before retrying; may have a fraction. */
  retryAfterSeconds?: number | undefined;
  invalid?: readonly InvalidValue[] | undefined;
  /** Base64 of the claims JSON for step-up authentication. */
  claims?: string | undefined;
  /** With `CONFLICT` of a create: the id of the existing certificate. */
  certificateId?: string | undefined;
  cause?: unknown;
}

/** A failure with a code and a message for the caller. */
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

/** A failure that Graph reported, or that follows from its response. */
export class GraphError extends GatewayError {
  override name = "GraphError";
  readonly graph: GraphErrorDetails;

  constructor(code: ErrorCode, message: string, graph: GraphErrorDetails, details: GatewayErrorDetails = {}) {
    super(code, message, details);
    this.graph = graph;
  }
}

/**
 * Input that was rejected before anything was sent to Graph. The message contains only paths and rules. @param isAll false:
 * more problems exist than listed.
 */
export function badUserInput(invalid: readonly InvalidValue[], isAll = true): GatewayError {
  const [first, ...more] = invalid;
  const message =
    first === undefined
      ? "The input is not valid."
      : `${first.path} ${first.message}${more.length > 0 ? ` (and ${isAll ? "" : "more than "}${more.length} more; see extensions.invalid)` : ""}`;
  return new GatewayError("BAD_USER_INPUT", message, { invalid });
}

/** Returns a thrown error unchanged, and wraps any other thrown value in an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error("the thrown value is no error", { cause: thrown });
}
