/** What a page needs of an identity provider, beyond what a program needs: CORS, and metadata to begin with. */
import type { IncomingMessage } from "node:http";
import type { Fault } from "./faults.ts";
import type { Answer } from "./token-endpoint.ts";

/** @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#redirect-uris-for-single-page-apps-spas */
export async function forBrowsers(request: IncomingMessage, answer: () => Promise<Answer | Fault>) {
  const { origin } = request.headers;
  if (origin === undefined) return answer();
  const cors = {
    "access-control-allow-origin": origin,
    "access-control-allow-headers": request.headers["access-control-request-headers"] ?? "",
  };
  if (request.method === "OPTIONS") return { status: 204, headers: cors, body: "" };
  const given = await answer();
  return { ...given, headers: { ...given.headers, ...cors } };
}

/** The tenant's OpenID configuration, if the path asks for it. */
export function metadataFor(path: string, origin: string): Answer | undefined {
  const [, tenant] = /^\/([^/]+)\/v2\.0\/\.well-known\/openid-configuration$/.exec(path) ?? [];
  if (tenant === undefined) return undefined;
  const base = `${origin}/${tenant}`;
  return {
    status: 200,
    body: {
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
    },
  };
}
