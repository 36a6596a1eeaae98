/** Scalar `DateTimeOffset`: a string that is checked against the calendar and keeps every digit. */
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from "graphql";
import { instantOf } from "./validation/instant.ts";

export const dateTimeOffsetRule =
  "must be an RFC 3339 date-time with at most seven fractional digits, such as 2027-01-31T08:00:00Z";

function parse(value: unknown, node?: ValueNode): string {
  if (typeof value !== "string" || /\.\d{8}/.test(value) || instantOf(value) === undefined)
    throw new GraphQLError(dateTimeOffsetRule, { nodes: node ?? null });
  return value.toUpperCase(); // RFC 3339 allows "t" and "z"; Graph accepts only "T" and "Z"
}

export const DateTimeOffset = new GraphQLScalarType<string, string>({
  name: "DateTimeOffset",
  description:
    "An RFC 3339 date-time with up to seven fractional digits and any offset. Every digit is kept; the value is never rounded.",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc3339",
  parseValue: (value) => parse(value),
  parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined, node),
  serialize(value) {
    if (typeof value !== "string") throw new TypeError("DateTimeOffset serializes strings only");
    return value;
  },
});
