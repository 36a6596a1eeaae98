/**
 * Executes only the operations of the manifest. A request names one by id, in `extensions.persistedQuery.sha256Hash` (Apollo
 * Client's persisted-query link) or in `documentId` (GraphQL over HTTP), or sends its exact text.
 */
import type { ApolloServerPlugin, GraphQLRequest } from "@apollo/server";
import { GraphQLError } from "graphql";
import type { GatewayContext } from "../../../context.ts";
import type { OperationManifest } from "./manifest.ts";

const nothing = "{ __typename }";

export function persistedOperations(manifest: OperationManifest): ApolloServerPlugin<GatewayContext> {
  const texts = new Set(manifest.values());
  return {
    async requestDidStart({ request }) {
      const known = find(request, manifest, texts);
      // A plugin can reject a request only after a document is resolved. Until then, an empty query replaces an unknown
      // operation.
      request.query = typeof known === "string" ? known : nothing;
      delete request.extensions?.persistedQuery;
      if (typeof known === "string") return undefined;
      return {
        async didResolveOperation() {
          throw known;
        },
      };
    },
  };
}

/** For the operation cache: the text of the operation that a POST names by id, or brings to the letter. */
export function textInManifest(manifest: OperationManifest): (body: object) => string | undefined {
  const texts = new Set(manifest.values());
  return (body) => {
    const query = "query" in body ? body.query : undefined;
    const extensions = "extensions" in body ? body.extensions : undefined;
    if (query !== undefined && typeof query !== "string") return undefined;
    if (extensions != null && (typeof extensions !== "object" || Array.isArray(extensions))) return undefined;
    const id = idIn(fieldOf(extensions, "persistedQuery"), fieldOf(body, "documentId"));
    const known = lookUp(query, id, manifest, texts);
    return typeof known === "string" ? known : undefined;
  };
}

function find(request: GraphQLRequest, manifest: OperationManifest, texts: ReadonlySet<string>): string | GraphQLError {
  const { query, extensions, http } = request;
  return lookUp(query, idIn(extensions?.persistedQuery, documentIdOf(http)), manifest, texts);
}

function lookUp(
  query: string | undefined,
  id: string | undefined,
  manifest: OperationManifest,
  texts: ReadonlySet<string>,
): string | GraphQLError {
  if (id === undefined) {
    if (query !== undefined && texts.has(query)) return query;
    const message = "This gateway accepts only known operations; send the id of one.";
    return refusal("PERSISTED_QUERY_REQUIRED", message, { isMalformed: query === undefined });
  }
  const known = manifest.get(id) ?? manifest.get(id.replace(/^sha256:/, ""));
  if (known !== undefined && (query === undefined || query === known)) return known;
  return refusal("PERSISTED_QUERY_NOT_FOUND", "This gateway knows no operation with that id and text.");
}

/** The id in a request; empty if it is not a string, so that it matches no operation. */
function idIn(persistedQuery: unknown, documentId: unknown): string | undefined {
  const id = persistedQuery === undefined ? documentId : (fieldOf(persistedQuery, "sha256Hash") ?? "");
  if (id === undefined || id === null) return undefined;
  return typeof id === "string" ? id : "";
}

function documentIdOf(http: GraphQLRequest["http"]): unknown {
  if (http?.method === "GET") return new URLSearchParams(http.search).get("documentId");
  return fieldOf(http?.body, "documentId");
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

/** @param isMalformed whether the request has neither an id nor a text, so that it is no GraphQL request. */
function refusal(code: string, message: string, { isMalformed = false } = {}): GraphQLError {
  return new GraphQLError(message, { extensions: { code, isMalformed, http: { status: 400 } } });
}
