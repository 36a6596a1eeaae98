/**
 * The HTTP server: routes, limits, and JSON for every answer, GraphQL's and ours. Plain `node:http`, so that nothing is
 * answered that is not written here.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type ApolloServer, HeaderMap } from "@apollo/server";
import type { Authenticate, Authentication } from "../auth/authenticate.ts";
import type { Config } from "../config.ts";
import type { GatewayContext, RequestFacts, RequestRecord } from "../context.ts";
import type { Clock } from "../datasources/clock.ts";
import { Deadline } from "../datasources/deadline.ts";
import { Disconnection } from "../datasources/disconnection.ts";
import { GatewayError } from "../errors.ts";
import type { GatewayLog } from "../log.ts";
import type { GatewayMetrics } from "../metrics.ts";
import { parseTraceparent, untraced } from "../trace.ts";
import type { Admission, Place } from "./admission.ts";
import { answerOnSocket, errorOfBrokenHttp, lingerMs } from "./answer-on-socket.ts";
import { readJson } from "./body.ts";
import { allowOrigin } from "./cors.ts";
import { readStaticFile, type StaticFile, type StaticFiles } from "./graphiql.ts";
import { HttpError, httpErrorOf } from "./http-error.ts";
import { refuseBrokenText } from "./limits.ts";
import { observeRequest } from "./observe-request.ts";
import type { PreparedOperations } from "./prepared-operations.ts";
import type { LimitRate } from "./rate-limit.ts";
import type { Tracing } from "./tracing.ts";

export interface HttpOptions {
  config: Config;
  apollo: ApolloServer<GatewayContext>;
  prepared: PreparedOperations;
  log: GatewayLog;
  /** Absent where nobody counts. */
  metrics: GatewayMetrics | undefined;
  /** Absent where traces are off; callers' are carried on all the same. */
  tracing: Tracing | undefined;
  authenticate: Authenticate;
  createContext: (facts: RequestFacts) => GatewayContext;
  /** The explorer's page; absent where the explorer is off. */
  explorer?: ((response: ServerResponse) => void) | undefined;
  /** GraphiQL's files; absent where the explorer is off. */
  graphiql?: StaticFiles | undefined;
  isReady: () => boolean;
  admission: Admission;
  /** Absent where callers are not limited. */
  limitRate: LimitRate | undefined;
  clock: Clock;
}

const json = "application/json; charset=utf-8";
/** How long a client may take to read an answer: about as long as it may take to send a request. */
const readTimeoutMs = 15_000;

/** The server, not yet listening. */
export function createHttpServer(options: HttpOptions): Server {
  const server = createServer(
    {
      headersTimeout: 10_000,
      requestTimeout: 13_500, // a slow body is to be cut within 15 s; node looks once a second, and may be a second late
      connectionsCheckingInterval: 1000,
      keepAliveTimeout: 65_000,
      requireHostHeader: false, // node's own refusal has no body
    },
    (request, response) => {
      const over = overOf(request, response);
      const record = observeRequest(options, request, response, over);
      const fail = (error: unknown) => refuse(options, request, response, record, error);
      try {
        handle(options, request, response, record, over)?.catch(fail);
      } catch (error) {
        queueMicrotask(() => fail(error)); // by then node has seen the end of a request that has no body
      }
    },
  );
  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
    const error = new HttpError(417, "The only expectation met here is 100-continue.");
    const record = observeRequest(options, request, response, overOf(request, response));
    refuse(options, request, response, record, error);
  });
  server.on("clientError", (error, socket: Socket) => answerBrokenHttp(error, socket, options.log));
  // Without a listener node closes the connection, without a word.
  server.on("connect", (_request: IncomingMessage, socket: Socket) => {
    socket.on("error", () => {}).resume(); // nobody else listens to it any more
    const error = methodNotAllowed("GET, POST, OPTIONS");
    logAnswered(error, socket, options.log);
    answerOnSocket(socket, error);
  });
  return server;
}

/**
 * When the client has its answer, or is gone. A pipelined answer whose turn never came has no "close" of its own, so the
 * connection's counts as well.
 */
function overOf({ socket }: IncomingMessage, response: ServerResponse): Disconnection {
  const over = new Disconnection();
  const happen = () => {
    socket.off("close", happen);
    over.happen();
  };
  socket.setMaxListeners(0); // pipelined requests each have one
  socket.once("close", happen);
  response.once("close", happen);
  return over;
}

/** Connections that have not asked for anything yet: node does not count them as idle, and waits for them to. */
export function unusedConnections(server: Server): ReadonlySet<Socket> {
  const unused = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    unused.add(socket);
    socket.once("close", () => unused.delete(socket));
  });
  server.on("request", ({ socket }: IncomingMessage) => unused.delete(socket));
  return unused;
}

/** What is not answered yet when it returns is when its promise resolves. */
function handle(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
  record: RequestRecord,
  over: Disconnection,
): Promise<void> | undefined {
  response.setHeader("x-content-type-options", "nosniff");
  if (request.httpVersion === "1.1" && request.headers.host === undefined) {
    throw new HttpError(400, "Send a Host header.");
  }
  const [path = "", search] = splitUrl(request.url ?? "");
  switch (path) {
    case "/graphql":
      record.route = path;
      return handleGraphQL(options, request, response, record, over, search);
    case "/livez":
      record.route = path;
      handleHealth(options, request, response, true);
      return undefined;
    case "/readyz":
      record.route = path;
      handleHealth(options, request, response, options.isReady());
      return undefined;
  }
  const file = options.graphiql?.get(path);
  if (file !== undefined) {
    record.route = "/graphiql";
    return handleStaticFile(options, request, response, file);
  }
  throw new HttpError(404, "There is nothing here; the API is at /graphql.");
}

/** Path and query of a request target, which may be a whole URL: https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2 */
function splitUrl(target: string): [string, string] {
  const url = target.replace(/^https?:\/\/[^/?]*/i, "");
  const mark = url.indexOf("?");
  return mark === -1 ? [url, ""] : [url.slice(0, mark), url.slice(mark)];
}

function handleHealth(options: HttpOptions, request: IncomingMessage, response: ServerResponse, ok: boolean): void {
  if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed("GET, HEAD");
  closeWhenDraining(options, response);
  response.writeHead(ok ? 200 : 503, { "content-type": json, "cache-control": "no-store" });
  response.end(request.method === "HEAD" ? undefined : JSON.stringify({ status: ok ? "ok" : "draining" }));
}

async function handleStaticFile(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
  file: StaticFile,
): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed("GET, HEAD");
  const body = await readStaticFile(file);
  closeWhenDraining(options, response);
  response.writeHead(200, { ...file.headers, "content-length": body.length });
  response.end(request.method === "HEAD" ? undefined : body);
}

function handleGraphQL(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
  record: RequestRecord,
  over: Disconnection,
  search: string,
): Promise<void> | undefined {
  const { config, explorer } = options;
  const { method } = request;
  allowOrigin(request, response, config.corsOrigins);
  if (method === "OPTIONS") {
    response.writeHead(204).end();
    return undefined;
  }
  if (method !== "GET" && method !== "POST") throw methodNotAllowed("GET, POST, OPTIONS");
  if (method === "GET" && explorer !== undefined && search === "" && prefersHtml(request)) {
    explorer(response);
    return undefined;
  }
  record.isGraphql = true;
  startSpan(options, request, response, record, over);
  options.metrics?.requestStarted();
  return answerOperation(options, request, response, record, over, search, options.admission.enter(over));
}

async function answerOperation(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
  record: RequestRecord,
  over: Disconnection,
  search: string,
  place: Place,
): Promise<void> {
  try {
    const { config } = options;
    const deadline = new Deadline(deadlineMsOf(request, config.requestDeadlineMs), options.clock);
    const authentication = await authenticateRequest(options, request, deadline);
    record.caller = authentication.caller;
    if (authentication.caller !== null) await options.limitRate?.(authentication.caller);
    const disconnected = new Disconnection();
    over.add(() => {
      if (!response.writableFinished) disconnected.happen();
    });
    const body = request.method === "POST" ? await readJson(request, config.maxBodyBytes, place.hold) : undefined;
    refuseBrokenText(body);
    const context = options.createContext({ record, authentication, deadline, disconnected });
    // Traces tell of each step, and so take each.
    const known = record.span.isRecording ? undefined : options.prepared.find(request.headers.accept, body);
    const data = await known?.plan.run(known.variables, context);
    if (known === undefined || data === undefined) {
      await answerByApollo(options, request, response, context, search, body);
      return;
    }
    record.operationType = known.recordedType;
    record.operationName = known.recordedName;
    const text = `${JSON.stringify({ data })}\n`;
    closeWhenDraining(options, response);
    const length = Buffer.byteLength(text);
    response.writeHead(200, { "content-type": known.mediaType, "content-length": length, "cache-control": "no-store" });
    response.end(text);
    cutWhenNotRead(response);
  } finally {
    place.leave();
  }
}

async function answerByApollo(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
  context: GatewayContext,
  search: string,
  body: unknown,
): Promise<void> {
  const { method = "", headers } = request;
  const { record } = context;
  const answer = await options.apollo.executeHTTPGraphQLRequest({
    httpGraphQLRequest: { method, headers: headersOf(request), search, body },
    context: async () => context,
  });
  for (const [name, value] of answer.headers) response.setHeader(name, value);
  response.setHeader("cache-control", "no-store");
  closeWhenDraining(options, response);
  response.statusCode = answer.status ?? 200;
  if (answer.body.kind === "complete") {
    // Apollo's plugins don't hear of a request that it takes for none.
    if (response.statusCode >= 400 && record.errorCodes.length === 0) record.errorCodes.push("BAD_REQUEST");
    const mediaType = response.statusCode === 200 ? answer.headers.get("content-type") : undefined;
    if (mediaType !== undefined) options.prepared.addMediaType(headers.accept, mediaType);
    response.end(answer.body.string);
    cutWhenNotRead(response);
    return;
  }
  for await (const chunk of answer.body.asyncIterator) response.write(chunk);
  response.end();
}

/** A client that does not read would hold its answer in memory, and its place among the requests under way. */
function cutWhenNotRead(response: ServerResponse): void {
  if (response.writableLength === 0) return; // all of it is with the operating system
  const cut = setTimeout(() => response.destroy(), readTimeoutMs);
  response.once("close", () => clearTimeout(cut));
}

/**
 * By the conventions for HTTP servers, without what a caller may choose.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span
 */
function startSpan(
  { tracing }: HttpOptions,
  { method = "", headers }: IncomingMessage,
  response: ServerResponse,
  record: RequestRecord,
  over: Disconnection,
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
  over.add(() => {
    span.set({ "http.response.status_code": response.headersSent ? response.statusCode : undefined });
    const isFailure = response.statusCode >= 500 || !response.writableFinished;
    span.end(isFailure ? (record.errorCodes[0] ?? "disconnected") : undefined);
  });
}

function authenticateRequest(
  { config, authenticate }: HttpOptions,
  { headers }: IncomingMessage,
  deadline: Deadline,
): Promise<Authentication> {
  const { routerSecret } = config;
  if (routerSecret !== undefined && !isSame(String(headers["router-authorization"] ?? ""), routerSecret)) {
    throw new GatewayError("UNAUTHENTICATED", "This gateway takes requests from its router only.");
  }
  return authenticate(headers.authorization, deadline);
}

/** Compares in a time that tells nothing about either. */
function isSame(given: string, secret: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

/** A caller with less time says so; nobody gets more than the gateway's own deadline. */
function deadlineMsOf({ headers }: IncomingMessage, ownMs: number): number {
  const asked = headers["x-request-timeout-ms"];
  return typeof asked === "string" && /^[1-9]\d{0,8}$/.test(asked) ? Math.min(Number(asked), ownMs) : ownMs;
}

/** A connection kept alive would keep a stopping process alive as well. */
function closeWhenDraining({ isReady }: HttpOptions, response: ServerResponse): void {
  if (!isReady()) response.setHeader("connection", "close");
}

function prefersHtml({ headers }: IncomingMessage): boolean {
  return (headers.accept ?? "").includes("text/html");
}

function headersOf(request: IncomingMessage): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return headers;
}

function methodNotAllowed(allow: string): HttpError {
  return new HttpError(405, `Use ${allow}.`, { allow });
}

function refuse(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
  record: RequestRecord,
  error: unknown,
): void {
  const known =
    error instanceof HttpError
      ? error
      : error instanceof GatewayError
        ? httpErrorOf(error)
        : new HttpError(500, "Something went wrong inside the gateway.");
  record.errorCodes.push(known.code);
  if (known.status === 500) options.log.internalError({ id: "http", error });
  if (response.headersSent) {
    response.destroy();
    return;
  }
  closeWhenDraining(options, response);
  if (!request.complete) response.setHeader("connection", "close");
  response.writeHead(known.status, {
    "content-type": json,
    "content-length": Buffer.byteLength(known.json),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...known.headers,
  });
  if (request.complete) {
    response.end(known.json);
    return;
  }
  // The client is still sending. Closing now would reset the connection, and the answer would often be lost with it: it
  // gets the answer, and a moment to notice, while what it sends is thrown away.
  if (request.method !== "HEAD") response.write(known.json);
  const finish = () => {
    clearTimeout(timer);
    response.end(() => request.destroy());
  };
  const timer = setTimeout(finish, lingerMs);
  request.once("end", finish).once("close", finish).unpipe();
  request.removeAllListeners("data").resume();
}

/** What node's parser refuses never becomes a request; it is answered on the socket, which then closes as in `refuse`. */
function answerBrokenHttp(brokenHttp: NodeJS.ErrnoException, socket: Socket, log: GatewayLog): void {
  const error = errorOfBrokenHttp(brokenHttp, socket);
  if (error === undefined) return;
  logAnswered(error, socket, log);
  answerOnSocket(socket, error);
}

function logAnswered({ status, code, json: body }: HttpError, { bytesRead: bytesIn }: Socket, log: GatewayLog): void {
  log.access({ route: "broken", status, bytesIn, bytesOut: Buffer.byteLength(body), errorCodes: [code] });
}
