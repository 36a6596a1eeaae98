/**
 * Errors in Graph's format. Errors of Graph's front door are always plain. Errors of the service behind it may be JSON text
 * inside `message`, one or two levels deep, with internal hosts, as real ones are.
 */
import { randomUUID } from "node:crypto";
import type { Answer, Call } from "./exchange.ts";
import { jsonAnswer } from "./exchange.ts";
import type { ErrorShape, RetryAfterHint, Settings } from "./settings.ts";

const codes: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "InvalidAuthenticationToken",
  403: "Forbidden",
  404: "ResourceNotFound",
  405: "MethodNotAllowed",
  409: "Conflict",
  412: "PreconditionFailed",
  413: "RequestEntityTooLarge",
  415: "UnsupportedMediaType",
  424: "FailedDependency",
  429: "TooManyRequests",
  500: "InternalServerError",
  502: "BadGateway",
  503: "ServiceUnavailable",
  504: "GatewayTimeout",
};

export interface FailureDetails {
  /** Default: the usual code of the status. */
  readonly code?: string;
  /** The source of the error: Graph's front door or the service behind it (default). */
  readonly by?: "graph" | "service";
  readonly headers?: Readonly<Record<string, string>>;
  readonly retryAfter?: { readonly ms: number; readonly hint: RetryAfterHint };
}

/** Thrown by routes; one place turns it into a response. */
export class GraphFailure extends Error {
  override readonly name = "GraphFailure";
  readonly status: number;
  readonly details: FailureDetails;

  constructor(status: number, message: string, details: FailureDetails = {}) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

/** A failure the service behind Graph reports. */
export const badRequest = (message: string): GraphFailure => new GraphFailure(400, message);

/** Graph's error for an unknown path segment: the only message that clients may read. */
export function unknownSegment(segment: string): GraphFailure {
  return new GraphFailure(400, `Resource not found for the segment '${segment}'.`, { by: "graph" });
}

export function throttled(ms: number, hint: RetryAfterHint): GraphFailure {
  return new GraphFailure(429, "An error has occurred.", { retryAfter: { ms, hint } });
}

export function failureAnswer(failure: GraphFailure, call: Call, settings: Settings): Answer {
  const { by = "service", headers = {}, retryAfter } = failure.details;
  const code = failure.details.code ?? ownCode(failure, settings) ?? codes[failure.status] ?? "UnknownError";
  const nestedSeconds = retryAfter?.hint === "nested" ? Math.ceil(retryAfter.ms / 1000) : null;
  let shape: ErrorShape = by === "graph" ? "plain" : settings.errorShape;
  if (nestedSeconds !== null && shape === "plain") shape = "nested";
  const nested = () => intuneMessage(failure.message, nestedSeconds);
  const wrapped = {
    plain: () => ({ code, message: failure.message }),
    nested: () => ({ code, message: nested() }),
    threeLevel: () => ({ code: "UnknownError", message: JSON.stringify({ ErrorCode: code, Message: nested() }) }),
  }[shape]();
  const innerError = {
    date: new Date(settings.now()).toISOString().slice(0, 19),
    "request-id": call.requestId,
    "client-request-id": call.clientRequestId,
  };
  const hint = retryAfter === undefined ? {} : hintHeaders(retryAfter.ms, retryAfter.hint, settings.now());
  return jsonAnswer(failure.status, { error: { ...wrapped, innerError } }, { ...headers, ...hint });
}

/** Only the service's codes are a setting; those of Graph's front door are known. */
function ownCode({ status, details }: GraphFailure, { errorCodes }: Settings): string | undefined {
  return details.by === "graph" ? undefined : errorCodes[status];
}

function intuneMessage(message: string, retryAfterSeconds: number | null): string {
  const url = `https://fef.msua02.manage.microsoft.com/RACerts/StatelessImportPFXService/${randomUUID()}/deviceManagement/userPfxCertificates?api-version=5023-03-17`;
  return JSON.stringify({
    _version: 3,
    Message: `${message} - Operation ID (for customer support): 00000000-0000-0000-0000-000000000000 - Activity ID: ${randomUUID()} - Url: ${url}`,
    CustomApiErrorPhrase: "",
    RetryAfter: retryAfterSeconds,
    ErrorSourceService: "",
    HttpHeaders: "{}",
  });
}

function hintHeaders(ms: number, hint: RetryAfterHint, nowMs: number): Record<string, string> {
  switch (hint) {
    case "seconds":
      return { "retry-after": String(Math.ceil(ms / 1000)) };
    case "fraction":
      return { "retry-after": (ms / 1000).toFixed(3) };
    case "date":
      return { "retry-after": new Date(Math.ceil((nowMs + ms) / 1000) * 1000).toUTCString() };
    case "millisecondsHeader":
      return { "x-ms-retry-after-ms": String(Math.ceil(ms)) };
    default:
      return {};
  }
}
