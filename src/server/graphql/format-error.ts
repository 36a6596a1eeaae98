/**
 * The errors of a GraphQL response. It is an allow-list: the gateway's own messages are sent as they are, messages of Apollo
 * and graphql-js are reworded without values, and every other error is masked under an id.
 */
import { unwrapResolverError } from "@apollo/server/errors";
import { type ASTNode, GraphQLError, type GraphQLFormattedError, Kind } from "graphql";
import { GatewayError } from "../../errors.ts";
import type { GatewayLog } from "../../observability/log.ts";
import { errorExtensions, maskInternalError } from "../../translate-error.ts";
import { textTooLarge } from "./plugins/limit-text.ts";
import { maxTokens } from "./rules/document-limits.ts";

/** Apollo's codes whose messages are fixed texts. */
const fixedTexts = [
  "BAD_REQUEST",
  "PERSISTED_QUERY_NOT_FOUND",
  "PERSISTED_QUERY_NOT_SUPPORTED",
  "PERSISTED_QUERY_REQUIRED",
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

/**
 * Apollo Server's `formatError`. @param namesSchema whether messages may name parts of the schema that the caller did not
 * name; default false.
 */
export function createFormatError(log: GatewayLog, { namesSchema = false }: { namesSchema?: boolean } = {}) {
  return (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const origin = originOf(error);
    const where = {
      ...(formatted.locations && { locations: formatted.locations }),
      ...(formatted.path && { path: formatted.path }),
    };
    if (origin instanceof GatewayError)
      return { message: origin.message, ...where, extensions: errorExtensions(origin) };
    const code = String(formatted.extensions?.code);
    if (code === "GRAPHQL_PARSE_FAILED") {
      return { message: parseFailure(formatted.message), ...where, extensions: { code } };
    }
    if (isAboutValue(error)) {
      const message = "A value has the wrong type.";
      return { message, ...where, extensions: { code: "BAD_USER_INPUT" } };
    }
    if (code === "GRAPHQL_VALIDATION_FAILED" && formatted.message.startsWith("GraphQL introspection is not allowed")) {
      return { message: "Introspection is turned off.", ...where, extensions: { code } }; // Apollo's message addresses the operator
    }
    if (code === "GRAPHQL_VALIDATION_FAILED") {
      // Such messages quote names of the document, and of the schema only if it is public.
      const message = namesSchema ? formatted.message : formatted.message.replace(/ ?Did you mean.*$/s, "");
      return { message, ...where, extensions: { code } };
    }
    if (code === "OPERATION_RESOLUTION_FAILURE") {
      return { message: "operationName must name one of the document's operations.", ...where, extensions: { code } };
    }
    if (code === "OVERLOADED") return { message: formatted.message, extensions: { ...formatted.extensions } };
    if (fixedTexts.includes(code)) return { message: formatted.message, ...where, extensions: { code } };
    const { code: masked, message } = maskInternalError(origin, log);
    return { message, ...where, extensions: { code: masked } };
  };
}

/** The error that a resolver or one of the gateway's plugins threw; the error itself if it comes from Apollo or graphql-js. */
function originOf(error: unknown): unknown {
  if (error instanceof GraphQLError && error.originalError instanceof GatewayError) return error.originalError;
  return unwrapResolverError(error);
}

function parseFailure(message: string): string {
  if (message === textTooLarge) return message;
  if (message.startsWith("Syntax Error: Document contains more that")) {
    return `The document is too large: at most ${maxTokens} tokens.`;
  }
  const [, code = ""] = /^Syntax Error: (?:Unexpected|Invalid) character: U\+([0-9A-F]{4,6})/.exec(message) ?? [];
  const lookalike = lookalikeOf(Number.parseInt(code, 16));
  return lookalike === undefined
    ? "The document is not valid GraphQL: unexpected text at this location."
    : `The document is not valid GraphQL: it has the character U+${code} at this location. ${lookalike}`;
}

/** What to do about a character that word processors and web pages put in the place of another; undefined for other characters. */
function lookalikeOf(codePoint: number): string | undefined {
  if (Number.isNaN(codePoint)) return undefined;
  const character = String.fromCodePoint(codePoint);
  if (/[\u2018-\u201f\u00ab\u00bb\uff02\uff07]/u.test(character)) return 'It looks like a quotation mark: type ".';
  if (/[\s\u2800]/u.test(character)) return "It looks like a space: type a space.";
  if (/[\p{Pd}\u2212]/u.test(character)) return "It looks like a minus sign: type -.";
  if (/[\p{Cf}\p{Default_Ignorable_Code_Point}]/u.test(character)) return "It is invisible: remove it.";
  return undefined;
}

/**
 * Whether graphql-js complains about a literal or a variable's value. Its message quotes the value, so it is never passed on.
 * `plugins/report-invalid-values.ts` names the value by its path. After fifty such errors graphql-js adds one without a
 * location: there are too many.
 */
export function isAboutValue(error: unknown): boolean {
  if (!(error instanceof GraphQLError)) return false;
  const node: ASTNode | undefined = error.nodes?.[0];
  if (node === undefined) return error.message.startsWith("Too many errors processing variables");
  if (node.kind === Kind.VARIABLE_DEFINITION) return error.extensions.code === "BAD_USER_INPUT";
  if (node.kind === Kind.VARIABLE) return error.extensions.code === undefined; // at execution: null replaced a default
  return valueKinds.includes(node.kind);
}
