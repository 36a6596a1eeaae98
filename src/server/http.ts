/**
 * The HTTP server: routes, limits, and JSON for every answer, GraphQL's and ours. Plain `node:http`, so that nothing is
 * answered that is not written here.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { type ApolloServer, HeaderMap } from "@apollo/server";
import type { Config } from "../config.ts";
import type { GatewayContext } from "../context.ts";
import type { GatewayLog } from "../log.ts";
import { readJson } from "./body.ts";
import { allowOrigin } from "./cors.ts";
import { HttpError } from "./http-error.ts";

export interface HttpOptions {
  config: Config;
  apollo: ApolloServer<GatewayContext>;
  log: GatewayLog;
  /** @param deadline aborts when the request's time is up. */
  createContext: (authorization: string | undefined, deadline: AbortSignal) => GatewayContext;
  /** The explorer's page; absent where the explorer is off. */
  explorer?: ((response: ServerResponse) => void) | undefined;
  isReady: () => boolean;
}

const json = "application/json; charset=utf-8";

/** The server, not yet listening. */
export function createHttpServer(options: HttpOptions): Server {
  const server = createServer(
    { headersTimeout: 10_000, requestTimeout: 15_000, connectionsCheckingInterval: 1000, keepAliveTimeout: 65_000 },
    (request, response) => {
      handle(options, request, response).catch((error: unknown) => refuse(options, request, response, error));
    },
  );
  server.on("clientError", answerBrokenHttp);
  return server;
}

async function handle(options: HttpOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader("x-content-type-options", "nosniff");
  const [path = "", search] = splitUrl(request.url ?? "");
  switch (path) {
    case "/graphql":
      return handleGraphQL(options, request, response, search);
    case "/livez":
      return handleHealth(request, response, true);
    case "/readyz":
      return handleHealth(request, response, options.isReady());
    default:
      throw new HttpError(404, "There is nothing here; the API is at /graphql.");
  }
}

function splitUrl(url: string): [string, string] {
  const mark = url.indexOf("?");
  return mark === -1 ? [url, ""] : [url.slice(0, mark), url.slice(mark)];
}

function handleHealth(request: IncomingMessage, response: ServerResponse, ok: boolean): void {
  if (request.method !== "GET" && request.method !== "HEAD") throw methodNotAllowed("GET, HEAD");
  response.writeHead(ok ? 200 : 503, { "content-type": json, "cache-control": "no-store" });
  response.end(request.method === "HEAD" ? undefined : JSON.stringify({ status: ok ? "ok" : "draining" }));
}

async function handleGraphQL(
  options: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
  search: string,
): Promise<void> {
  const { config, apollo, explorer } = options;
  const { method } = request;
  allowOrigin(request, response, config.corsOrigins);
  if (method === "OPTIONS") {
    response.writeHead(204).end();
    return;
  }
  if (method !== "GET" && method !== "POST") throw methodNotAllowed("GET, POST, OPTIONS");
  if (method === "GET" && explorer !== undefined && search === "" && prefersHtml(request)) return explorer(response);

  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), config.requestDeadlineMs);
  try {
    const body = method === "POST" ? await readJson(request, config.maxBodyBytes) : undefined;
    const answer = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method, headers: headersOf(request), search, body },
      context: async () => options.createContext(request.headers.authorization, deadline.signal),
    });
    for (const [name, value] of answer.headers) response.setHeader(name, value);
    response.setHeader("cache-control", "no-store");
    response.statusCode = answer.status ?? 200;
    if (answer.body.kind === "complete") {
      response.end(answer.body.string);
      return;
    }
    for await (const chunk of answer.body.asyncIterator) response.write(chunk);
    response.end();
  } finally {
    clearTimeout(timer);
  }
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

function refuse({ log }: HttpOptions, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  const known = error instanceof HttpError ? error : new HttpError(500, "Something went wrong inside the gateway.");
  if (known !== error) log.internalError({ id: "http", error });
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // A client that is still sending a body nobody reads would otherwise keep the connection, and the answer, waiting.
  if (!request.complete) response.setHeader("connection", "close");
  response.writeHead(known.status, { "content-type": json, "cache-control": "no-store", ...known.headers });
  response.end(known.json, () => {
    if (!request.complete) request.destroy();
  });
}

/** What node's parser refuses never becomes a request; it is answered on the socket. */
function answerBrokenHttp(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const status = error.code === "HPE_HEADER_OVERFLOW" ? 431 : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
  const body = new HttpError(status, STATUS_CODES[status] ?? "Bad Request").json;
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: ${json}\r\ncontent-length: ${Buffer.byteLength(body)}`;
  socket.end(`${head}\r\nconnection: close\r\n\r\n${body}`);
}
