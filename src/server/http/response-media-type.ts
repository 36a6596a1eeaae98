/**
 * Chooses the media type of a GraphQL response by the request's `Accept` header. Parameters such as OData's
 * `odata.metadata=none` choose nothing. A choice is remembered: clients send the same few headers again and again.
 */
import { LRUCache } from "lru-cache";
import Negotiator from "negotiator";
import { graphqlResponseType, jsonType } from "../media-types.ts";

const mediaTypes = [jsonType, graphqlResponseType];
const chosen = new LRUCache<string, { readonly mediaType: string | undefined }>({ max: 50 });

/** Every parameter but the weight `q`. */
const parameters = /;\s*(?!q\s*=)[\w!#$%&'*+.^`|~-]+\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^;,"\s]*)/gi;

/** Undefined if the client accepts neither media type. */
export function responseMediaType(accept: string | undefined): string | undefined {
  if (!accept) return jsonType;
  const known = chosen.get(accept);
  if (known !== undefined) return known.mediaType;
  const headers = { accept: accept.replace(parameters, "") };
  const mediaType = new Negotiator({ headers }).mediaType(mediaTypes);
  chosen.set(accept, { mediaType });
  return mediaType;
}
