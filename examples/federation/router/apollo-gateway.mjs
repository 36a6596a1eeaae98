/**
 * `@apollo/gateway` in front of both subgraphs, for those who have it. It is under the Elastic License 2.0; here it runs in
 * the tests only.
 *
 * Options: https://www.apollographql.com/docs/apollo-server/api/apollo-gateway/
 */
import { env } from "node:process";
import { ApolloGateway, RemoteGraphQLDataSource } from "@apollo/gateway";
import { withoutValues } from "./hide-values.mjs";

/** A little more than the gateway's REQUEST_DEADLINE_MS, so that its own answer about what became of a write gets here. */
const subgraphTimeoutMs = Number(env.REQUEST_DEADLINE_MS || 25_000) + 2000;

/**
 * @param {{ supergraphSdl: string, urls?: Record<string, string>, timeoutMs?: number }} options `urls`: where subgraphs
 *   really are, by name.
 */
export function createApolloGateway({ supergraphSdl, urls = {}, timeoutMs = subgraphTimeoutMs }) {
  return new ApolloGateway({
    supergraphSdl,
    buildService({ name, url }) {
      const fetcher = (...request) => fetchGraphQL(timeoutMs, ...request);
      const source = { url: urls[name] ?? url, fetcher };
      return name === "pfx" ? new PfxDataSource(source) : new RemoteGraphQLDataSource(source);
    },
  });
}

/** Apollo Server's `formatError`: its own errors about variables and literals quote the values. */
export function formatError(formatted) {
  return { ...formatted, message: withoutValues(formatted.message) };
}

class PfxDataSource extends RemoteGraphQLDataSource {
  /** The caller's token goes to this subgraph only. `context` is what Apollo Server's `context` returned. */
  willSendRequest({ request, context }) {
    if (context?.authorization !== undefined) request.http.headers.set("authorization", context.authorization);
    if (env.ROUTER_SECRET) request.http.headers.set("router-authorization", env.ROUTER_SECRET);
  }
}

/**
 * Lets GraphQL errors through whatever the HTTP status. Left to itself, `RemoteGraphQLDataSource` makes `401: Unauthorized`
 * of an answer 401, with all of the answer and the subgraph's address in the extensions for every client to see.
 */
async function fetchGraphQL(timeoutMs, url, init) {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(timeoutMs) });
  if (response.ok || !response.headers.get("content-type")?.includes("json")) return response;
  const text = await response.text();
  const { status, statusText, headers } = response;
  const isGraphQL = hasErrors(text);
  return new Response(text, { headers, ...(isGraphQL ? { status: 200 } : { status, statusText }) });
}

function hasErrors(text) {
  try {
    return Array.isArray(JSON.parse(text).errors);
  } catch {
    return false;
  }
}
