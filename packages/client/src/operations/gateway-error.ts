/**
 * The gateway's errors as its clients meet them. It imports nothing, of the server neither: the codes are repeated here, and
 * `test/client` keeps the two lists equal.
 */

const gatewayErrorCodes = [
  "BAD_USER_INPUT",
  "UNAUTHENTICATED",
  "CLAIMS_CHALLENGE",
  "FORBIDDEN",
  "NOT_FOUND",
  "CONFLICT",
  "THROTTLED",
  "RATE_LIMITED",
  "OVERLOADED",
  "OUTCOME_UNKNOWN",
  "UPSTREAM_UNAVAILABLE",
  "UPSTREAM_TIMEOUT",
  "UPSTREAM_INVALID_RESPONSE",
  "UPSTREAM_MISCONFIGURED",
  "INTERNAL_SERVER_ERROR",
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "OPERATION_RESOLUTION_FAILURE",
  "BAD_REQUEST",
  "PERSISTED_QUERY_NOT_FOUND",
  "PERSISTED_QUERY_NOT_SUPPORTED",
  "PERSISTED_QUERY_REQUIRED",
] as const;

/** Every `extensions.code` that the gateway answers; docs/errors.md says how a caller should react to each. */
export type GatewayErrorCode = (typeof gatewayErrorCodes)[number];

/** One of `errors[]`, as the gateway writes it. */
export interface GatewayError<Code extends GatewayErrorCode = GatewayErrorCode> {
  /** For people; may change. Decide by `extensions.code`. */
  readonly message: string;
  /** Where in the answer's data the field is that failed. */
  readonly path?: readonly (string | number)[];
  readonly extensions: GatewayErrorExtensions<Code>;
}

export interface GatewayErrorExtensions<Code extends GatewayErrorCode = GatewayErrorCode> {
  readonly code: Code;
  /** Seconds to wait before asking again; fractions occur. */
  readonly retryAfterSeconds?: number;
  /** Every rule that the input breaks, by path (`input.thumbprint`); never a value. */
  readonly invalid?: readonly { readonly path: string; readonly message: string }[];
  /** With `CLAIMS_CHALLENGE`: base64 of the JSON to ask for a new token with. */
  readonly claims?: string;
  /** With `CONFLICT` of a create: the id of the certificate that the user already has. */
  readonly certificateId?: string;
  /** What Microsoft Graph answered, with the ids that Microsoft's support asks for. */
  readonly graph?: {
    readonly status: number;
    readonly code: string | null;
    readonly message: string | null;
    readonly requestId: string | null;
    readonly clientRequestId: string | null;
    readonly activityId: string | null;
  };
}

/**
 * Whether `code` is one of the codes that this version knows: narrows `UserPfxCertificateFailure.code`, which a later gateway may
 * extend, from `string` to the union.
 *
 * @example
 * if (isGatewayErrorCode(result.code)) advice = adviceFor[result.code];
 */
export function isGatewayErrorCode(code: unknown): code is GatewayErrorCode {
  return gatewayErrorCodes.some((known) => known === code);
}

/**
 * Whether this is one error of the gateway's, and of this code where one is given. Errors of others, a router's for
 * example, are not. For what a GraphQL client throws, which holds errors but is none, use {@link findGatewayError}.
 *
 * @example
 * const invalid = errors.flatMap((error) => (isGatewayError(error, "BAD_USER_INPUT") ? (error.extensions.invalid ?? []) : []));
 */
export function isGatewayError<Code extends GatewayErrorCode = GatewayErrorCode>(
  error: unknown,
  code?: Code,
): error is GatewayError<Code> {
  if (!isRecord(error) || typeof error.message !== "string" || !isRecord(error.extensions)) return false;
  const { code: found, retryAfterSeconds, invalid, claims, certificateId, graph } = error.extensions;
  return (
    (code === undefined ? isGatewayErrorCode(found) : found === code) &&
    (retryAfterSeconds === undefined || typeof retryAfterSeconds === "number") &&
    (invalid === undefined || Array.isArray(invalid)) &&
    (claims === undefined || typeof claims === "string") &&
    (certificateId === undefined || typeof certificateId === "string") &&
    (graph === undefined || isRecord(graph))
  );
}

/**
 * The first of the gateway's errors, of this code where one is given, in whatever a GraphQL client throws or returns: Apollo
 * Client 4 (`CombinedGraphQLErrors`, `ServerError`) and 3 (`ApolloError`), urql (`CombinedError`), graphql-request
 * (`ClientError`), an answer `{ errors: […] }`, or one error itself. Where a router has put the gateway's whole answer into an
 * error of its own (`extensions.response.body`), that answer counts: the router's own code may be less exact.
 *
 * @example
 * try {
 *   await client.mutate({ mutation: CreateUserPfxCertificateDocument, variables: { input } });
 * } catch (failure) {
 *   if (findGatewayError(failure, "CONFLICT")) return "was there already";
 *   const throttled = findGatewayError(failure, "THROTTLED");
 *   if (!throttled) throw failure;
 *   await sleep((throttled.extensions.retryAfterSeconds ?? 1) * 1000);
 * }
 */
export function findGatewayError<Code extends GatewayErrorCode = GatewayErrorCode>(
  failure: unknown,
  code?: Code,
): GatewayError<Code> | undefined {
  return errorsIn(failure).find((error) => isGatewayError<Code>(error, code));
}

/** What may be an error: the failure itself, and what it holds, as deep as any of those clients nests it. */
function errorsIn(failure: unknown, depth = 0): unknown[] {
  if (!isRecord(failure) || depth > 3) return [];
  const { errors, graphQLErrors, networkError, response, result, bodyText } = failure;
  return [
    ...throughRouter(failure, depth),
    ...[errors, graphQLErrors].flatMap((list) =>
      Array.isArray(list) ? list.flatMap((error) => throughRouter(error, depth)) : [],
    ),
    ...[networkError, response, result, parse(bodyText)].flatMap((nested) => errorsIn(nested, depth + 1)),
  ];
}

/** The errors of a subgraph's answer inside a router's error, if there is one; then the error itself. */
function throughRouter(error: unknown, depth: number): unknown[] {
  const extensions = isRecord(error) && isRecord(error.extensions) ? error.extensions : {};
  const response = isRecord(extensions.response) ? extensions.response : {};
  return [...errorsIn(parse(response.body) ?? response.body, depth + 1), error];
}

/** Apollo Client 4 leaves the body of a refusal by HTTP status, a 401 for example, as text. */
function parse(text: unknown): unknown {
  if (typeof text !== "string") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
