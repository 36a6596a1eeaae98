/**
 * The HTTP server: routes, limits, and JSON for every answer, GraphQL's and ours. Plain `node:http`, so that nothing is
 * answered that is not written here.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { RequestRecord } from "../../context.ts";
import { RequestClosed } from "../../request/request-closed.ts";
import { readStaticFile, type StaticFile } from "../explorer/graphiql.ts";
import { observeRequest } from "./access-log.ts";
import {
  answerBrokenHttp,
  closeWhenDraining,
  cutWhenNotRead,
  logAnswered,
  methodNotAllowed,
  refuse,
} from "./end-response.ts";
import { handleGraphQL } from "./graphql-handler.ts";
import { HttpError, jsonType } from "./http-error.ts";
import type { HttpOptions } from "./options.ts";
import { answerOnSocket } from "./respond-on-socket.ts";

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
    const error = new HttpError(417, "The only supported expectation is 100-continue.");
    const record = observeRequest(options, request, response, overOf(request, response));
    refuse(options, request, response, record, error);
  });
  server.on("clientError", (error, socket: Socket) => {
    // An answer now would be taken for that of a request before.
    if (openRequests.get(socket)?.some(isUnanswered)) socket.destroy();
    else answerBrokenHttp(error, socket, options.log);
  });
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
function overOf(request: IncomingMessage, response: ServerResponse): RequestClosed {
  const over = new RequestClosed();
  const open = openRequests.get(request.socket) ?? openRequestsOf(request.socket);
  const opened = { request, response, over };
  open.push(opened);
  response.once("close", () => {
    open.splice(open.indexOf(opened), 1);
    over.close();
  });
  return over;
}

interface OpenRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly over: RequestClosed;
}

/** Whether it has come as a whole, and its answer, or the turn of its answer, is still to come. */
function isUnanswered({ request, response }: OpenRequest): boolean {
  return request.complete && !(response.writableEnded && response.socket !== null);
}

function openRequestsOf(socket: Socket): OpenRequest[] {
  const open: OpenRequest[] = [];
  openRequests.set(socket, open);
  socket.once("close", () => {
    for (const { over } of [...open]) over.close();
  });
  return open;
}

/** Of each connection. */
const openRequests = new WeakMap<Socket, OpenRequest[]>();

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
  over: RequestClosed,
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
  throw new HttpError(404, "Not found; the API is at /graphql.");
}

/** Path and query of a request target, which may be a whole URL: https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2 */
function splitUrl(target: string): [string, string] {
  const url = target.startsWith("/") ? target : target.replace(/^https?:\/\/[^/?]*/i, "");
  const mark = url.indexOf("?");
  return mark === -1 ? [url, ""] : [url.slice(0, mark), url.slice(mark)];
}

function handleHealth(options: HttpOptions, request: IncomingMessage, response: ServerResponse, ok: boolean): void {
  if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed("GET, HEAD");
  closeWhenDraining(options, response);
  response.writeHead(ok ? 200 : 503, { "content-type": jsonType, "cache-control": "no-store" });
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
  cutWhenNotRead(response);
}
