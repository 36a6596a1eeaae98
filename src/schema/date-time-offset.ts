/** Scalar `DateTimeOffset`: a string that is checked against the calendar and keeps every digit. */
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from "graphql";
import { instantOf } from "./validation/instant.ts";

export const dateTimeOffsetRule =
  "must be an RFC 3339 date-time with at most seven fractional digits, such as 2027-01-31T08:00:00Z";

/** Range of .NET's DateTimeOffset, in which Graph keeps date-times. */
const earliest = instantOf("0001-01-01T00:00:00Z") ?? 0n;
const latest = instantOf("9999-12-31T23:59:59.9999999Z") ?? 0n;
const maxOffsetMinutes = 14 * 60;

function parse(value: unknown, node?: ValueNode): string {
  const problem = typeof value === "string" ? problemOf(value) : dateTimeOffsetRule;
  if (typeof value !== "string" || problem !== undefined)
    throw new GraphQLError(problem ?? "", { nodes: node ?? null });
  return value.toUpperCase(); // RFC 3339 allows "t" and "z"; Graph accepts only "T" and "Z"
}

/** @see https://learn.microsoft.com/dotnet/api/system.datetimeoffset */
function problemOf(text: string): string | undefined {
  const instant = /\.\d{8}/.test(text) ? undefined : instantOf(text);
  if (instant === undefined) return dateTimeOffsetRule;
  const [, hours = "0", minutes = "0"] = /[+-](\d\d):(\d\d)$/.exec(text) ?? [];
  if (Number(hours) * 60 + Number(minutes) > maxOffsetMinutes) {
    return `${dateTimeOffsetRule}. The offset must be from -14:00 to +14:00`;
  }
  if (instant >= earliest && instant <= latest) return undefined;
  return `${dateTimeOffsetRule}. In UTC the year must be from 0001 to 9999`;
}

export const DateTimeOffset = new GraphQLScalarType<string, string>({
  name: "DateTimeOffset",
  description:
    "An RFC 3339 date-time with up to seven fractional digits and an offset within 14 hours. Every digit is kept; the value is never rounded.",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc3339",
  parseValue: (value) => parse(value),
  parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined, node),
  serialize(value) {
    if (typeof value !== "string") throw new TypeError("DateTimeOffset serializes strings only");
    return value;
  },
});
