/**
 * The HTTP server: routes, limits, and JSON for every response. It uses plain `node:http`, so this code writes every response
 * itself.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { RequestRecord } from "../../context.ts";
import { RequestClosed } from "../../request/request-closed.ts";
import { readStaticFile, type StaticFile } from "../explorer/graphiql.ts";
import { jsonType } from "../media-types.ts";
import { observeRequest } from "./access-log.ts";
import { checkHead, maxParsedHeadBytes } from "./check-head.ts";
import { allowOrigin } from "./cors.ts";
import {
  answerAndLog,
  answerBrokenHttp,
  closeWhenDraining,
  methodNotAllowed,
  refuse,
  sendBody,
} from "./end-response.ts";
import { handleGraphQL, prefersHtml } from "./graphql-handler.ts";
import { HttpError } from "./http-error.ts";
import type { HttpOptions } from "./options.ts";
import { discardInput } from "./respond-on-socket.ts";
import { ignoreBody } from "./unread-body.ts";

/** Creates the server. It does not listen yet. */
export function createHttpServer(options: HttpOptions): Server {
  const server = createServer(
    {
      headersTimeout: options.limits.headMs,
      requestTimeout: 0, // a body may take long as long as it makes progress: transfers.ts
      maxHeaderSize: maxParsedHeadBytes,
      connectionsCheckingInterval: options.limits.checkEveryMs,
      keepAliveTimeout: options.config.keepAliveTimeoutMs,
      requireHostHeader: false, // node's own 400 has no body
    },
    (request, response) => {
      const { record, responseClosed } = openRequest(options, request, response);
      const fail = (error: unknown) => refuse(options, request, response, record, error);
      try {
        handle(options, request, response, record, responseClosed)?.catch(fail);
      } catch (error) {
        queueMicrotask(() => fail(error)); // by then node has seen the end of a request without a body
      }
    },
  );
  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) => {
    const { record } = openRequest(options, request, response);
    allowOrigin(request, response, options.config.corsOrigins);
    refuse(options, request, response, record, new HttpError(417, "The only supported expectation is 100-continue."));
  });
  server.on("clientError", (error, socket: Socket) => {
    const unanswered = openRequests.get(socket)?.filter(isUnanswered) ?? [];
    if (unanswered.length === 0) answerBrokenHttp(error, socket, options.log);
    else closeAfter(unanswered, socket);
  });
  // Without a listener, node closes the connection without a response.
  server.on("connect", (_request: IncomingMessage, socket: Socket) => {
    socket.on("error", () => {}).resume(); // no other listener remains on this socket
    answerAndLog(methodNotAllowed("GET, POST, OPTIONS"), socket, options.log);
  });
  return server;
}

/** Begins to observe a request. Every response has the id of the request's log lines, and is not to be sniffed. */
function openRequest(options: HttpOptions, request: IncomingMessage, response: ServerResponse) {
  const responseClosed = responseClosedOf(request, response);
  const record = observeRequest(options, request, response, responseClosed);
  response.setHeader("x-request-id", record.id);
  response.setHeader("x-content-type-options", "nosniff");
  return { record, responseClosed };
}

/**
 * Closes a connection after broken HTTP, when its earlier requests are answered: a create must not be executed without an
 * answer. The broken request itself gets no answer: it could be read as the answer to an earlier one.
 */
function closeAfter(unanswered: readonly OpenRequest[], socket: Socket): void {
  const last = unanswered.at(-1)?.response;
  if (last === undefined || !socket.readable) {
    socket.destroy(); // the client has gone
    return;
  }
  if (brokenConnections.has(socket)) return; // node still reports that the next head does not arrive
  brokenConnections.add(socket);
  discardInput(socket);
  if (!last.headersSent) last.setHeader("connection", "close");
  last.once("finish", () => socket.destroySoon());
}

/** Connections whose input is broken and discarded. */
const brokenConnections = new WeakSet<Socket>();

/**
 * Closes when the client has its response or is gone. A pipelined response whose turn never came emits no "close" of its own,
 * so closing the connection counts too.
 */
function responseClosedOf(request: IncomingMessage, response: ServerResponse): RequestClosed {
  const responseClosed = new RequestClosed();
  const open = openRequests.get(request.socket) ?? openRequestsOf(request.socket);
  const opened = { request, response, responseClosed };
  open.push(opened);
  response.once("close", () => {
    open.splice(open.indexOf(opened), 1);
    responseClosed.close();
  });
  return responseClosed;
}

interface OpenRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly responseClosed: RequestClosed;
}

/** Whether the whole request has arrived and its response, or the turn of its response, is still pending. */
function isUnanswered({ request, response }: OpenRequest): boolean {
  return request.complete && !(response.writableEnded && response.socket !== null);
}

function openRequestsOf(socket: Socket): OpenRequest[] {
  const open: OpenRequest[] = [];
  openRequests.set(socket, open);
  socket.once("close", () => {
    for (const { responseClosed } of [...open]) responseClosed.close();
  });
  return open;
}

/** The open requests of each connection. */
const openRequests = new WeakMap<Socket, OpenRequest[]>();

/**
 * Connections that have not sent a request yet. Node does not count them as idle, so a closing server would wait for their
 * first request.
 */
export function unusedConnections(server: Server): ReadonlySet<Socket> {
  const unused = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    unused.add(socket);
    socket.once("close", () => unused.delete(socket));
  });
  server.on("request", ({ socket }: IncomingMessage) => unused.delete(socket));
  return unused;
}

/** Returns a promise if the response is still pending. */
function handle(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
  record: RequestRecord,
  responseClosed: RequestClosed,
): Promise<void> | undefined {
  const isPreflight = allowOrigin(request, response, options.config.corsOrigins);
  checkHead(request);
  const [path = "", search] = splitUrl(request.url ?? "");
  if (isPreflight) {
    if (path === "/graphql") record.route = path;
    response.writeHead(204).end();
    return undefined;
  }
  if (path !== "/graphql" || request.method !== "POST") ignoreBody(request, options.transfers);
  switch (path) {
    case "/":
      if (options.explorer === undefined || request.method !== "GET" || !prefersHtml(request)) break;
      response.writeHead(302, { location: "/graphql", "cache-control": "no-store" }).end();
      return undefined;
    case "/graphql":
      record.route = path;
      return handleGraphQL(options, request, response, record, responseClosed, search);
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
  throw new HttpError(404, "Not found; the API is at /graphql.");
}

/**
 * Splits a request target, which may be a whole URL, into path and query: https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
 */
function splitUrl(target: string): [string, string] {
  const url = target.startsWith("/") ? target : target.replace(/^https?:\/\/[^/?]*/i, "");
  const mark = url.indexOf("?");
  return mark === -1 ? [url, ""] : [url.slice(0, mark), url.slice(mark)];
}

function handleHealth(options: HttpOptions, request: IncomingMessage, response: ServerResponse, ok: boolean): void {
  if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed("GET, HEAD");
  closeWhenDraining(options, response);
  response.writeHead(ok ? 200 : 503, { "content-type": jsonType, "cache-control": "no-store" });
  sendBody(options, response, request.method === "HEAD" ? "" : JSON.stringify({ status: ok ? "ok" : "draining" }));
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
  sendBody(options, response, request.method === "HEAD" ? "" : body);
}
