/**
 * Translates a failure for each place where a caller reads it: a GraphQL error, the status of the HTTP response, and the
 * failure of one certificate in a plural create. docs/errors.md describes all three.
 */
import { randomUUID } from "node:crypto";
import { GatewayError, GraphError, type InvalidValue } from "./errors.ts";

/** Writes the error that a caller must not see to the log, under an id. */
export interface InternalErrorLog {
  internalError(record: { id: string; error: unknown }): void;
}

/** `errors[].extensions` of a GraphQL error. */
export function errorExtensions(error: GatewayError): Record<string, unknown> {
  return {
    code: error.code,
    ...(error.retryAfterSeconds !== undefined && { retryAfterSeconds: error.retryAfterSeconds }),
    ...(error.invalid !== undefined && { invalid: error.invalid }),
    ...(error.claims !== undefined && { claims: error.claims }),
    ...(error.certificateId !== undefined && { certificateId: error.certificateId }),
    ...(error instanceof GraphError && { graph: error.graph }),
  };
}

/** Masks an error that is a bug: the caller gets an id, and the log has the error under it. */
export function maskInternalError(error: unknown, log: InternalErrorLog): { code: string; message: string } {
  const id = randomUUID();
  log.internalError({ id, error });
  return {
    code: "INTERNAL_SERVER_ERROR",
    message: `The gateway had an internal error. The gateway's operator can find it in the log under ${id}.`,
  };
}

/** A status with the headers that belong to it. Header names are in lower case. */
export interface HttpStatus {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The HTTP status of a response with these errors; undefined if none of them changes the status. The caller's credentials count
 * before the caller's permissions. Graph's own 403 changes no status: only the GraphQL error reports it.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-3
 */
export function httpStatusOf(errors: readonly GatewayError[]): HttpStatus | undefined {
  const challenge = errors.find(({ code }) => code === "CLAIMS_CHALLENGE");
  if (challenge !== undefined) {
    const claims = challenge.claims === undefined ? "" : `, claims="${challenge.claims}"`;
    return { status: 401, headers: { "www-authenticate": `Bearer error="insufficient_claims"${claims}` } };
  }
  if (errors.some(({ code }) => code === "UNAUTHENTICATED")) {
    return { status: 401, headers: { "www-authenticate": "Bearer" } };
  }
  if (errors.some((error) => error.code === "FORBIDDEN" && !(error instanceof GraphError))) {
    return { status: 403, headers: {} };
  }
  return undefined;
}

/** The reason why one certificate of a plural create was not created: the fields of `UserPfxCertificateFailure`. */
export interface CreateFailure {
  readonly code: string;
  readonly message: string;
  readonly certificateId: string | null;
  /** Paths within the input: `thumbprint`. */
  readonly invalid: readonly InvalidValue[] | null;
  readonly retryAfterSeconds: number | null;
  readonly graphRequestId: string | null;
  readonly claims: string | null;
}

/**
 * The failure of one certificate in a plural create. @param sinceMs milliseconds since the failure: other certificates took
 * longer, and part of the wait has passed.
 */
export function createFailureOf(
  error: unknown,
  { log, sinceMs }: { log: InternalErrorLog; sinceMs: number },
): CreateFailure {
  const details = error instanceof GatewayError ? error : undefined;
  const { code, message } = details ?? maskInternalError(error, log);
  const waitSeconds = details?.retryAfterSeconds;
  return {
    code,
    message: details?.invalid?.map((broken) => `${broken.path} ${broken.message}`).join("; ") ?? message,
    certificateId: details?.certificateId ?? null,
    invalid: details?.invalid?.map(withinInput) ?? null,
    retryAfterSeconds: waitSeconds === undefined ? null : Math.max(0, Math.ceil(waitSeconds * 1000 - sinceMs)) / 1000,
    graphRequestId: details instanceof GraphError ? details.graph.requestId : null,
    claims: details?.claims ?? null,
  };
}

/** Path within one input: `inputs.3.keyName` becomes `keyName`. */
function withinInput({ path, message }: InvalidValue): InvalidValue {
  return { path: path.replace(/^inputs\.\d+\./, ""), message };
}
