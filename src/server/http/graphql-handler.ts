/**
 * Handles `/graphql`: authenticates the caller, sets the deadline, reads the body. Then a compiled operation or Apollo Server
 * answers.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { HeaderMap } from "@apollo/server";
import type { Authentication } from "../../auth/authenticate.ts";
import type { GatewayContext, RequestRecord } from "../../context.ts";
import { GatewayError } from "../../errors.ts";
import { parseTraceparent, untraced } from "../../observability/span.ts";
import { Deadline } from "../../request/deadline.ts";
import { RequestClosed } from "../../request/request-closed.ts";
import { runCompiled } from "../graphql/compiled/run-compiled.ts";
import type { Permit } from "./concurrency-limit.ts";
import { closeWhenDraining, cutWhenNotRead, methodNotAllowed, sendBody } from "./end-response.ts";
import { HttpError } from "./http-error.ts";
import type { HttpOptions } from "./options.ts";
import { readJson } from "./read-json-body.ts";
import { responseMediaType } from "./response-media-type.ts";

/** Returns a promise if the response is still pending. */
export function handleGraphQL(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
  record: RequestRecord,
  responseClosed: RequestClosed,
  search: string,
): Promise<void> | undefined {
  const { explorer } = options;
  const { method } = request;
  if (method === "OPTIONS") {
    response.writeHead(204).end();
    return undefined;
  }
  if (method !== "GET" && method !== "POST") throw methodNotAllowed("GET, POST, OPTIONS");
  if (method === "GET" && explorer !== undefined && search === "" && prefersHtml(request)) {
    explorer(response);
    cutWhenNotRead(options, response);
    return undefined;
  }
  record.isGraphql = true;
  startSpan(options, request, response, record, responseClosed);
  options.metrics?.requestStarted();
  return answerOperation(
    options,
    request,
    response,
    record,
    responseClosed,
    search,
    options.admission.enter(responseClosed),
  );
}

async function answerOperation(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
  record: RequestRecord,
  responseClosed: RequestClosed,
  search: string,
  permit: Permit,
): Promise<void> {
  let isRefused = false;
  try {
    const { config } = options;
    const deadline = new Deadline(deadlineMsOf(request, config.requestDeadlineMs), options.clock);
    const authentication = await authenticateRequest(options, request, deadline);
    record.caller = authentication.caller;
    if (authentication.caller !== null) await options.limitRate?.(authentication.caller);
    if (responseClosed.isClosed) return; // the client has gone, so node emits no further events for this request
    const closed = new RequestClosed();
    responseClosed.add({
      onClose() {
        if (!response.writableFinished) closed.close();
      },
    });
    const readingFromMs = options.clock.now();
    const limits = { maxBytes: config.maxBodyBytes, hold: permit.hold, transfers: options.transfers };
    const body = request.method === "POST" ? await readJson(request, limits) : undefined;
    // The deadline counts from the body's last byte. A stopping gateway does not wait that long.
    if (options.isReady()) deadline.postpone(options.clock.now() - readingFromMs);
    const context = options.createContext({ record, authentication, deadline, closed });
    const mediaType = responseMediaType(request.headers.accept);
    // Apollo Server checks `Accept` only after it has executed the operation, and would report a completed create as failed.
    // GET only reads, and Apollo Server's check for cross-site requests comes first.
    if (mediaType === undefined && request.method === "POST") throw notAcceptable();
    const known = mediaType && options.operationCache.find(body);
    const data = known && (await runCompiled(known, context));
    if (mediaType === undefined || data === undefined) {
      await answerByApollo(options, request, response, context, search, body, mediaType);
      return;
    }
    const text = `${JSON.stringify({ data })}\n`;
    closeWhenDraining(options, response);
    const length = Buffer.byteLength(text);
    response.writeHead(200, { "content-type": mediaType, "content-length": length, "cache-control": "no-store" });
    sendBody(options, response, text, length === text.length ? "latin1" : "utf8");
  } catch (error) {
    isRefused = request.complete; // otherwise the client may still send for a while
    throw error;
  } finally {
    permit.leave(isRefused);
  }
}

async function answerByApollo(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
  context: GatewayContext,
  search: string,
  body: unknown,
  mediaType: string | undefined,
): Promise<void> {
  const { method = "" } = request;
  const { record } = context;
  const headers = headersOf(request);
  if (mediaType !== undefined) headers.set("accept", mediaType);
  const answer = await options.apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method, headers, search, body },
    context: async () => context,
  });
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  response.setHeader("cache-control", "no-store");
  closeWhenDraining(options, response);
  response.statusCode = answer.status ?? 200;
  if (answer.body.kind === "complete") {
    // Apollo calls no plugin for a malformed GraphQL request.
    if (response.statusCode >= 400 && record.errorCodes.length === 0) record.errorCodes.push("BAD_REQUEST");
    sendBody(options, response, answer.body.string);
    return;
  }
  for await (const chunk of answer.body.asyncIterator) response.write(chunk);
  response.end();
}

function notAcceptable(): HttpError {
  return new HttpError(406, "Accept application/json or application/graphql-response+json.");
}

/**
 * Follows the conventions for HTTP servers. Attributes contain no text that a caller may choose.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span
 */
function startSpan(
  { tracing }: HttpOptions,
  { method = "", headers }: IncomingMessage,
  response: ServerResponse,
  record: RequestRecord,
  responseClosed: RequestClosed,
): void {
  const traceparent = parseTraceparent(headers.traceparent);
  if (tracing === undefined) {
    record.span = untraced(traceparent);
    return;
  }
  const { route } = record;
  const attributes = { "http.request.method": method, "http.route": route, "url.path": route, "url.scheme": "http" };
  const span = tracing.start({ name: `${method} ${route}`, kind: "server", attributes }, traceparent);
  record.span = span;
  responseClosed.add({
    onClose() {
      span.set({ "http.response.status_code": response.headersSent ? response.statusCode : undefined });
      const isFailure = response.statusCode >= 500 || !response.writableFinished;
      span.end(isFailure ? (record.errorCodes[0] ?? "disconnected") : undefined);
    },
  });
}

function authenticateRequest(
  { config, authenticate }: HttpOptions,
  { headers }: IncomingMessage,
  deadline: Deadline,
): Promise<Authentication> {
  const { routerSecret } = config;
  if (routerSecret !== undefined && !isSame(String(headers["router-authorization"] ?? ""), routerSecret)) {
    // Rejects instead of throwing: node has parsed only the headers, and would not mark the request as complete.
    return Promise.reject(new GatewayError("UNAUTHENTICATED", "This gateway accepts requests only from its router."));
  }
  return authenticate(headers.authorization, deadline);
}

/** Compares in constant time, so that the duration reveals nothing about the secret. */
function isSame(given: string, secret: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

/** A caller may ask for less time; the gateway's own deadline is the maximum. */
function deadlineMsOf({ headers }: IncomingMessage, ownMs: number): number {
  const asked = headers["x-request-timeout-ms"];
  return typeof asked === "string" && /^[1-9]\d{0,8}$/.test(asked) ? Math.min(Number(asked), ownMs) : ownMs;
}

/** Whether a browser asks for a page. */
export function prefersHtml({ headers }: IncomingMessage): boolean {
  return (headers.accept ?? "").includes("text/html");
}

function headersOf(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return headers;
}
