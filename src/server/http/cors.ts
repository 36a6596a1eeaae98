/** Cross-origin access by exact origin. Other origins get no CORS header, and `*` is never sent. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Config } from "../../config/config.ts";

const sandbox = "https://studio.apollographql.com";

/** Adds the CORS headers of a response. A preflight request needs nothing else. */
export function allowOrigin(request: IncomingMessage, response: ServerResponse, origins: Config["corsOrigins"]): void {
  response.setHeader("vary", "Origin");
  const { origin } = request.headers;
  if (origin === undefined || !isAllowed(origin, origins)) return;
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-expose-headers", "WWW-Authenticate, Retry-After");
  if (request.method !== "OPTIONS") return;
  response.setHeader("access-control-allow-methods", "GET, POST");
  response.setHeader(
    "access-control-allow-headers",
    "authorization, content-type, apollo-require-preflight, x-apollo-operation-name, x-request-timeout-ms, traceparent, tracestate",
  );
  response.setHeader("access-control-max-age", "600");
  // Some browsers ask first whether a public page, such as Sandbox's, may reach this machine:
  // https://wicg.github.io/private-network-access/
  if (request.headers["access-control-request-private-network"] === "true") {
    response.setHeader("access-control-allow-private-network", "true");
  }
}

function isAllowed(origin: string, origins: Config["corsOrigins"]): boolean {
  if (origins !== "development") return origins.includes(origin);
  return origin === sandbox || /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/.test(origin);
}
