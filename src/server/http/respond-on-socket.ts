/**
 * Responds directly on a socket if node passes on no request: for broken HTTP, and for CONNECT. The connection closes
 * afterwards.
 */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { jsonType } from "../media-types.ts";
import { headTooLarge } from "./check-head.ts";
import { HttpError } from "./http-error.ts";

/** Time to read on from a rejected connection, so that closing it does not destroy the response. */
export const lingerMs = 2000;

/**
 * The error for HTTP that node's parser rejects. Undefined if no client can read a response; then the connection is closed.
 *
 * @param maxHeadBytes limit of all headers together; default the API's.
 */
export function errorOfBrokenHttp(
  { code }: NodeJS.ErrnoException,
  socket: Socket,
  maxHeadBytes?: number,
): HttpError | undefined {
  if (socket.writableEnded) return undefined; // the response to this request was already sent
  if (!socket.writable || code === "ECONNRESET") {
    socket.destroy();
    return undefined;
  }
  if (code === "HPE_HEADER_OVERFLOW") return headTooLarge(maxHeadBytes);
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return new HttpError(408, "The headers did not arrive in time.");
  return new HttpError(400, "The request is not valid HTTP.");
}

/** Reads on without parsing. Whatever the client still sends is thrown away. */
export function discardInput(socket: Socket): void {
  socket.removeAllListeners("data").on("data", () => {}); // a listener takes the input away from node's parser
}

/** @param id the id of the answer's log line. */
export function answerOnSocket(socket: Socket, { status, headers, json }: HttpError, id: string): void {
  const lines = Object.entries({
    "content-type": jsonType,
    "content-length": Buffer.byteLength(json),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-request-id": id,
    connection: "close",
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${json}`);
  setTimeout(() => socket.destroy(), lingerMs).unref();
}
