/**
 * The one place where a failure becomes a GraphQL error. It is an allow-list: our own errors speak for themselves, what
 * Apollo and graphql-js say about a request is reworded without values, and everything else is masked under an id.
 */
import { randomUUID } from "node:crypto";
import { unwrapResolverError } from "@apollo/server/errors";
import { type ASTNode, GraphQLError, type GraphQLFormattedError, Kind } from "graphql";
import { GatewayError, GraphError } from "../errors.ts";
import type { GatewayLog } from "../log.ts";

/** Codes of Apollo's whose messages are fixed texts or name nothing but parts of the schema and the operation. */
const apolloCodes = [
  "BAD_REQUEST",
  "GRAPHQL_VALIDATION_FAILED",
  "OPERATION_RESOLUTION_FAILURE",
  "PERSISTED_QUERY_NOT_FOUND",
  "PERSISTED_QUERY_NOT_SUPPORTED",
];

const valueKinds: readonly string[] = [
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.NULL,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
  Kind.OBJECT_FIELD,
];

/** Apollo Server's `formatError`. */
export function createFormatError(log: GatewayLog) {
  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const origin = unwrapResolverError(error);
    const where = {
      ...(formatted.locations && { locations: formatted.locations }),
      ...(formatted.path && { path: formatted.path }),
    };
    if (origin instanceof GatewayError) return { message: origin.message, ...where, extensions: extensionsOf(origin) };
    const code = String(formatted.extensions?.code);
    if (code === "GRAPHQL_PARSE_FAILED") {
      return { message: "The document is not valid GraphQL: unexpected text here.", ...where, extensions: { code } };
    }
    if (isAboutValue(error)) {
      const message = "A value is not of the type that its place asks for.";
      return { message, ...where, extensions: { code: "BAD_USER_INPUT" } };
    }
    if (apolloCodes.includes(code)) return { message: formatted.message, ...where, extensions: { code } };
    const id = randomUUID();
    log.internalError({ id, error: origin });
    const message = `Something went wrong inside the gateway. Its operator finds it in the log under ${id}.`;
    return { message, ...where, extensions: { code: "INTERNAL_SERVER_ERROR" } };
  };
}

function extensionsOf(error: GatewayError): Record<string, unknown> {
  return {
    code: error.code,
    ...(error.retryAfterSeconds !== undefined && { retryAfterSeconds: error.retryAfterSeconds }),
    ...(error.invalid !== undefined && { invalid: error.invalid }),
    ...(error.claims !== undefined && { claims: error.claims }),
    ...(error instanceof GraphError && { graph: error.graph }),
  };
}

/**
 * Whether graphql-js complains about a literal or a variable's value; its message then quotes the value, so it is never
 * passed on. `plugins/name-invalid-values.ts` says which value it is, by path. After fifty such complaints graphql-js adds
 * one without a place, that there are too many.
 */
export function isAboutValue(error: unknown): boolean {
  if (!(error instanceof GraphQLError)) return false;
  const node: ASTNode | undefined = error.nodes?.[0];
  if (node === undefined) return error.message.startsWith("Too many errors processing variables");
  if (node.kind === Kind.VARIABLE_DEFINITION) return error.extensions.code === "BAD_USER_INPUT";
  return valueKinds.includes(node.kind);
}
