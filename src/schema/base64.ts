/** Scalar `Base64`: Edm.Binary as Graph writes it in JSON. The text is checked, never decoded into something else. */
import { GraphQLError, GraphQLScalarType, Kind, type ValueNode } from "graphql";

export const base64Rule = "must be standard base64 with padding (RFC 4648, section 4)";

function parse(value: unknown, node?: ValueNode): string {
  // Decoding and encoding again is exact, and several times faster than a regular expression on long text.
  if (typeof value !== "string" || Buffer.from(value, "base64").toString("base64") !== value) {
    throw new GraphQLError(base64Rule, { nodes: node ?? null });
  }
  return value;
}

export const Base64 = new GraphQLScalarType<string, string>({
  name: "Base64",
  description: "Binary data as standard base64 with padding.",
  specifiedByURL: "https://www.rfc-editor.org/rfc/rfc4648#section-4",
  parseValue: (value) => parse(value),
  parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined, node),
  serialize(value) {
    if (typeof value !== "string") throw new TypeError("Base64 serializes strings only");
    return value;
  },
});
