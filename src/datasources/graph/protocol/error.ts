/** Turns failures of Graph into the contract's error codes: one table for statuses, one function for missing responses. */
import { type ErrorCode, GatewayError, GraphError, type GraphErrorDetails } from "../../../errors.ts";
import { isRecord } from "../../../json.ts";
import { readGraphError } from "./error-message.ts";
import type { GraphRequest, GraphResponse, Outcome, TransportError } from "./request.ts";
import {
  isFailureOfGraph,
  isNotFound,
  isPathUnknown,
  isTenantWithoutIntune,
  requestIdOf,
  saysForbidden,
} from "./response.ts";
import { retryAfterSecondsOf } from "./retry-after.ts";

/** What a status means for every request. A 4xx in no table is outside of Graph's contract: `UPSTREAM_INVALID_RESPONSE`. */
const codeByStatus: Readonly<Record<number, ErrorCode>> = {
  402: "UPSTREAM_MISCONFIGURED",
  403: "FORBIDDEN",
  408: "UPSTREAM_UNAVAILABLE",
  421: "UPSTREAM_UNAVAILABLE",
  423: "UPSTREAM_UNAVAILABLE",
  425: "UPSTREAM_UNAVAILABLE",
  429: "THROTTLED",
};

/** Graph rejected the content of a write. */
const codeByStatusOfWrite: Readonly<Record<number, ErrorCode>> = {
  400: "BAD_USER_INPUT",
  413: "BAD_USER_INPUT",
  422: "BAD_USER_INPUT",
};

const codeByStatusOfOperation: Readonly<Record<GraphRequest["operation"], Readonly<Record<number, ErrorCode>>>> = {
  read: {},
  // Graph knows no such user. Importers treat a CONFLICT as done, so a create has one only if the record was found: see
  // `conflictError`.
  create: {
    ...codeByStatusOfWrite,
    404: "BAD_USER_INPUT",
    409: "UPSTREAM_UNAVAILABLE",
    412: "UPSTREAM_UNAVAILABLE",
  },
  update: { ...codeByStatusOfWrite, 404: "NOT_FOUND", 409: "CONFLICT", 410: "NOT_FOUND", 412: "CONFLICT" },
  delete: { ...codeByStatusOfWrite, 404: "NOT_FOUND", 409: "CONFLICT", 410: "NOT_FOUND", 412: "CONFLICT" },
};

/** Message per code; Graph's own message follows if there is one. `%s`: the resource's noun. */
const advice: Readonly<Record<ErrorCode, string>> = {
  BAD_USER_INPUT: "Microsoft Graph rejected the content.",
  UNAUTHENTICATED: "Microsoft Graph rejected the bearer token; sign in again.",
  CLAIMS_CHALLENGE: "Microsoft Entra requires step-up authentication; request a new token with the returned claims.",
  FORBIDDEN: "A permission or an Intune role is missing.",
  NOT_FOUND: "Microsoft Graph has no such %s.",
  CONFLICT: "Microsoft Graph reports that the %s changed meanwhile; read it again, then repeat the change.",
  THROTTLED: "Microsoft Graph is throttling requests; retry later.",
  OUTCOME_UNKNOWN: "The change may or may not have been applied; repeating it is safe.",
  UPSTREAM_UNAVAILABLE: "Microsoft Graph is unavailable; retry later.",
  UPSTREAM_TIMEOUT: "Microsoft Graph did not answer in time.",
  UPSTREAM_INVALID_RESPONSE: "Microsoft Graph sent an unexpected response.",
  UPSTREAM_MISCONFIGURED: "The gateway's access to Microsoft Graph is misconfigured; tell the gateway's operator.",
};

/** For a create: Graph also answers 409 and 412 if it is only busy with the user. */
const unexplainedConflict =
  "Microsoft Graph reports a conflict, but no such %s was seen. This request stored nothing; retry later.";
const unknownUser = "Microsoft Graph does not know the user, or rejected the content.";
const noIntune = "The tenant has no Intune, or no license for it; tell the gateway's operator.";

/** Intune counts requests in windows of this many seconds. Callers get this wait if Graph names none. */
const throttlingWindowSeconds = 20;

/** The error for a response other than the expected one. */
export async function fromGraphResponse(request: GraphRequest, response: GraphResponse): Promise<GraphError> {
  const challenge = claimsChallengeOf(response);
  const code = codeOf(request, response, challenge);
  const graph = await graphDetailsOf(request, response);
  const said = adviceOn(request, response, code).replace("%s", request.resource.noun);
  const message = graph.message === null ? said : `${said} Graph says: ${graph.message}`;
  const mayAskAgain = code === "UPSTREAM_UNAVAILABLE" || response.status === 429 || response.status === 503;
  const fallback = code === "THROTTLED" ? throttlingWindowSeconds : undefined;
  return new GraphError(code, message, graph, {
    retryAfterSeconds: mayAskAgain ? (retryAfterSecondsOf(response) ?? fallback) : undefined,
    claims: code === "CLAIMS_CHALLENGE" ? challenge : undefined,
  });
}

/** The error of an outcome: a doubtful write becomes `OUTCOME_UNKNOWN`. */
export async function fromOutcome(request: GraphRequest, outcome: Outcome): Promise<GatewayError> {
  return "response" in outcome
    ? fromGraphResponse(request, outcome.response)
    : fromTransportFailure(request, outcome.error);
}

/** Graph's response, made fit for API users. */
export async function graphDetailsOf(request: GraphRequest, response: GraphResponse): Promise<GraphErrorDetails> {
  const secrets = [...secretsOf(request), ...(response.othersSecrets ?? []), await request.caller.token()];
  const { code, message, activityId } = readGraphError(response.body, secrets);
  const { status, clientRequestId } = response;
  return { status, code, message, requestId: requestIdOf(response), clientRequestId, activityId };
}

/** Values of the request's body that must not appear in an error. */
export function secretsOf({ body }: GraphRequest): readonly string[] {
  return body === undefined || "requests" in body ? [] : body.secrets;
}

function codeOf(request: GraphRequest, response: GraphResponse, challenge: string | undefined): ErrorCode {
  const { status } = response;
  const { operation, caller } = request;
  const isWrite = operation !== "read";
  // A success whose body cannot be read or is no entity. A write may still have been applied.
  if (status >= 200 && status < 300) return isWrite ? "OUTCOME_UNKNOWN" : "UPSTREAM_INVALID_RESPONSE";
  if (isFailureOfGraph(status)) return isWrite ? "OUTCOME_UNKNOWN" : "UPSTREAM_UNAVAILABLE";
  if (response.afterDoubt && !isNotFound(response)) return "OUTCOME_UNKNOWN";
  if (status === 401) {
    // A caller cannot meet a challenge of the gateway's own token.
    if (challenge !== undefined && caller.tokenOwner === "caller") return "CLAIMS_CHALLENGE";
    if (saysForbidden(response)) return "FORBIDDEN";
    return caller.tokenOwner === "gateway" ? "UPSTREAM_MISCONFIGURED" : "UNAUTHENTICATED";
  }
  if (isPathUnknown(response) || isTenantWithoutIntune(response)) return "UPSTREAM_MISCONFIGURED";
  return codeByStatusOfOperation[operation][status] ?? codeByStatus[status] ?? "UPSTREAM_INVALID_RESPONSE";
}

function adviceOn({ operation }: GraphRequest, response: GraphResponse, code: ErrorCode): string {
  const { status } = response;
  if (code === "UPSTREAM_MISCONFIGURED" && isTenantWithoutIntune(response)) return noIntune;
  if (operation === "create" && (status === 409 || status === 412)) {
    return code === "UPSTREAM_UNAVAILABLE" ? unexplainedConflict : advice[code];
  }
  return operation === "create" && status === 404 && code === "BAD_USER_INPUT" ? unknownUser : advice[code];
}

/** The error for a missing response. It depends on whether the request was sent, and on what it would change. */
export function fromTransportFailure(request: GraphRequest, error: TransportError): GatewayError {
  const code = codeOfTransportFailure(request, error);
  return new GatewayError(code, advice[code].replace("%s", request.resource.noun), { cause: error });
}

function codeOfTransportFailure({ operation }: GraphRequest, { sent, reason }: TransportError): ErrorCode {
  if (sent && operation !== "read") return "OUTCOME_UNKNOWN";
  if (reason === "deadline" || reason === "timeout") return "UPSTREAM_TIMEOUT";
  return reason === "tooLarge" ? "UPSTREAM_INVALID_RESPONSE" : "UPSTREAM_UNAVAILABLE";
}

/**
 * Returns the claims of a Continuous Access Evaluation challenge, base64 as Graph sent them. Anything but base64 of a JSON
 * object is dropped, so that no other text reaches a header or the token endpoint.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/claims-challenge
 */
export function claimsChallengeOf({ status, headers }: Pick<GraphResponse, "status" | "headers">): string | undefined {
  if (status !== 401) return undefined;
  const header = String(headers["www-authenticate"] ?? "");
  if (!/error="insufficient_claims"/i.test(header)) return undefined;
  const claims = /[\s,]claims="([A-Za-z0-9+/_-]{1,8192}={0,2})"/i.exec(header)?.[1];
  return claims !== undefined && isJsonObject(Buffer.from(claims, "base64").toString("utf8")) ? claims : undefined;
}

function isJsonObject(text: string): boolean {
  try {
    return isRecord(JSON.parse(text));
  } catch {
    return false;
  }
}
