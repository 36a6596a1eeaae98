/** How responses end: with an error, on a connection that closes, or at a client that does not read. */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { RequestRecord } from "../../context.ts";
import { GatewayError } from "../../errors.ts";
import type { GatewayLog } from "../../observability/log.ts";
import { jsonType } from "../media-types.ts";
import { HttpError, httpErrorOf } from "./http-error.ts";
import type { HttpOptions } from "./options.ts";
import { answerOnSocket, errorOfBrokenHttp, lingerMs } from "./respond-on-socket.ts";

/** Time for a client to read a response: about as long as the time to send a request. */
const readTimeoutMs = 15_000;

/** A kept-alive connection would keep a stopping process alive. */
export function closeWhenDraining({ isReady }: Pick<HttpOptions, "isReady">, response: ServerResponse): void {
  if (!isReady()) response.setHeader("connection", "close");
}

/** A client that does not read would keep its response in memory and its slot among the concurrent requests. */
export function cutWhenNotRead(response: ServerResponse): void {
  if (response.writableLength === 0) return; // the operating system has the whole response
  if (response.socket === null) {
    response.once("socket", () => cutWhenNotRead(response)); // until then, earlier responses on this connection come first
    return;
  }
  const cut = setTimeout(() => response.destroy(), readTimeoutMs);
  response.once("close", () => clearTimeout(cut));
}

export function methodNotAllowed(allow: string): HttpError {
  return new HttpError(405, `Use ${allow}.`, { allow });
}

export function refuse(
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
        : new HttpError(500, "The gateway had an internal error.");
  record.errorCodes.push(known.code);
  if (known.status === 500) options.log.internalError({ id: record.id, error });
  if (response.headersSent) {
    response.destroy();
    return;
  }
  closeWhenDraining(options, response);
  if (!request.complete) response.setHeader("connection", "close");
  response.writeHead(known.status, {
    "content-type": jsonType,
    "content-length": Buffer.byteLength(known.json),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...known.headers,
  });
  if (request.complete) {
    response.end(known.json);
    cutWhenNotRead(response);
    return;
  }
  // The client is still sending. Closing now would reset the connection, and the response would often be lost. So the response
  // is sent first, and what the client sends is discarded for a moment.
  if (request.method !== "HEAD") response.write(known.json);
  const finish = () => {
    clearTimeout(timer);
    response.end(() => request.destroy());
  };
  const timer = setTimeout(finish, lingerMs);
  request.once("end", finish).once("close", finish).unpipe();
  request.removeAllListeners("data").resume();
}

/**
 * Node's parser makes no request of broken HTTP. The response goes directly to the socket, which then closes as in `refuse`.
 */
export function answerBrokenHttp(brokenHttp: NodeJS.ErrnoException, socket: Socket, log: GatewayLog): void {
  const error = errorOfBrokenHttp(brokenHttp, socket);
  if (error !== undefined) answerAndLog(error, socket, log);
}

/** Answers directly on the socket if node made no request or no response. */
export function answerAndLog(error: HttpError, socket: Socket, log: GatewayLog): void {
  const { status, code, json } = error;
  const id = randomUUID();
  const bytesOut = Buffer.byteLength(json);
  log.access({ id, route: "broken", status, bytesIn: socket.bytesRead, bytesOut, errorCodes: [code] });
  answerOnSocket(socket, error, id);
}
