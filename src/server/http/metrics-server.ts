/** Serves `GET /metrics`, and nothing else, on a port of its own, which callers need not be able to reach. */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { GatewayLog } from "../../observability/log.ts";
import type { MetricsText } from "../../observability/metrics.ts";
import { jsonType } from "../media-types.ts";
import { checkHead } from "./check-head.ts";
import { HttpError } from "./http-error.ts";
import { listen } from "./listen.ts";
import { answerOnSocket, errorOfBrokenHttp } from "./respond-on-socket.ts";

/** Time for an open scrape when the gateway stops. */
const graceMs = 1000;
const maxHeadBytes = 8192;
const useGet = new HttpError(405, "Use GET.", { allow: "GET" });

export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function startMetricsServer(
  metrics: MetricsText,
  host: string,
  port: number,
  log: GatewayLog,
): Promise<MetricsServer> {
  const limits = {
    headersTimeout: 5000,
    requestTimeout: 5000,
    connectionsCheckingInterval: 1000,
    maxHeaderSize: maxHeadBytes,
    requireHostHeader: false, // node's own 400 has no body
  };
  const server = createServer(limits, (request, response) => {
    const id = randomUUID();
    response.setHeader("x-request-id", id);
    try {
      checkHead(request);
    } catch (error) {
      if (error instanceof HttpError) return refuse(request, response, error);
      throw error;
    }
    if (request.url?.replace(/\?.*$/s, "") !== "/metrics") {
      return refuse(request, response, new HttpError(404, "Not found; the metrics are at /metrics."));
    }
    if (request.method !== "GET") return refuse(request, response, useGet);
    metrics.text().then(
      (text) =>
        answer(request, response, 200, { "content-type": metrics.contentType, "cache-control": "no-store" }, text),
      (error: unknown) => {
        log.internalError({ id, error });
        refuse(request, response, new HttpError(500, "The gateway had an internal error."));
      },
    );
  });
  server.on("checkExpectation", (request: IncomingMessage, response: ServerResponse) =>
    refuse(request, response, new HttpError(417, "The only supported expectation is 100-continue.")),
  );
  server.on("clientError", (brokenHttp, socket: Socket) => {
    const error = errorOfBrokenHttp(brokenHttp, socket, maxHeadBytes);
    if (error !== undefined) answerOnSocket(socket, error, randomUUID());
  });
  server.on("connect", (_request: IncomingMessage, socket: Socket) => {
    socket.on("error", () => {}).resume(); // no other listener remains on this socket
    answerOnSocket(socket, useGet, randomUUID());
  });
  const url = `${await listen(server, host, port)}/metrics`;
  return {
    url,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}

function refuse(request: IncomingMessage, response: ServerResponse, { status, headers, json }: HttpError): void {
  answer(request, response, status, { "content-type": jsonType, ...headers }, json);
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: string,
): void {
  const closing = request.complete ? {} : { connection: "close" }; // a request's body is not read here
  response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers, ...closing }).end(body);
}
