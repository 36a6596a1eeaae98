/**
 * Rejects a document that is too expensive to parse. Each line break and backslash makes parsing slower: a comment is no token
 * but costs as much, and ends with its line; a string with escapes is split into pieces; and for each error the parser counts
 * the lines before it.
 */
import type { ApolloServerPlugin } from "@apollo/server";
import { GraphQLError } from "graphql";
import type { GatewayContext } from "../../../context.ts";

const maxBreaks = 10_000;

export const textTooLarge = `The document is too large: at most ${maxBreaks} line breaks and backslashes.`;

/** Runs before the plugins that read the text. */
export const limitText: ApolloServerPlugin<GatewayContext> = {
  async requestDidStart({ request }) {
    // A parser takes a missing text for a malformed request, and an empty one for a syntax error, which it is.
    if (request.query === "") request.query = " ";
    if (request.query === undefined || !isTooLarge(request.query)) return undefined;
    // A plugin can reject a request only after a document is resolved. Until then, a short query replaces the text.
    request.query = "{ __typename }";
    return {
      async didResolveOperation() {
        throw new GraphQLError(textTooLarge, { extensions: { code: "GRAPHQL_PARSE_FAILED", http: { status: 400 } } });
      },
    };
  },
};

function isTooLarge(text: string): boolean {
  if (text.length <= maxBreaks) return false;
  let breaks = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x0a || code === 0x0d || code === 0x5c) breaks += 1;
  }
  return breaks > maxBreaks;
}
