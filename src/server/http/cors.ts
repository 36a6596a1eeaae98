/** Cross-origin access by exact origin. Other origins get no CORS header, and `*` is never sent. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Config } from "../../config/config.ts";

const sandbox = "https://studio.apollographql.com";

/** The headers that clients usually send. */
const usualHeaders: readonly string[] = [
  "authorization",
  "content-type",
  "apollo-require-preflight",
  "x-apollo-operation-name",
  "x-request-timeout-ms",
  "traceparent",
  "tracestate",
];

/** Clients, monitoring and companies add headers of their own; a page has no reason for more than this. */
const maxAskedCharacters = 4096;
/** A name of HTTP, but not `*`, which would allow every header. */
const headerName = /^(?!\*$)[\w!#$%&'*+.^`|~-]+$/;

/**
 * Adds the CORS headers of a response, whatever its status.
 *
 * @returns whether the request is a preflight request of an allowed origin. Its response needs nothing but these headers.
 */
export function allowOrigin(
  request: IncomingMessage,
  response: ServerResponse,
  origins: Config["corsOrigins"],
): boolean {
  response.setHeader("vary", "Origin");
  const { origin } = request.headers;
  if (origin === undefined || !isAllowed(origin, origins)) return false;
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("access-control-expose-headers", "WWW-Authenticate, Retry-After, X-Request-Id");
  const askedMethod = request.headers["access-control-request-method"];
  if (request.method !== "OPTIONS" || askedMethod === undefined) return false;
  response.setHeader("vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method");
  response.setHeader("access-control-allow-methods", allowedMethods(askedMethod));
  response.setHeader("access-control-allow-headers", allowedHeaders(request.headers["access-control-request-headers"]));
  response.setHeader("access-control-max-age", "600");
  // Some browsers ask first whether a public page, such as Sandbox's, may reach this machine:
  // https://wicg.github.io/private-network-access/
  if (request.headers["access-control-request-private-network"] === "true") {
    response.setHeader("access-control-allow-private-network", "true");
  }
  return true;
}

/** A method that the gateway lacks is allowed too, so that a page can read the 405. */
function allowedMethods(asked: string): string {
  const usual = ["GET", "POST"];
  return usual.includes(asked) || !/^[A-Z]{1,20}$/.test(asked) ? usual.join(", ") : [...usual, asked].join(", ");
}

function allowedHeaders(asked: string | undefined): string {
  if (asked === undefined || asked.length > maxAskedCharacters) return usualHeaders.join(", ");
  const names = asked.split(",").map((name) => name.trim().toLowerCase());
  return [...new Set([...usualHeaders, ...names.filter((name) => headerName.test(name))])].join(", ");
}

function isAllowed(origin: string, origins: Config["corsOrigins"]): boolean {
  if (origins !== "development") return origins.includes(origin);
  return origin === sandbox || /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/.test(origin);
}
