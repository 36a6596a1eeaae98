/**
 * Responds directly on a socket if node passes on no request: for broken HTTP, and for CONNECT. The connection closes
 * afterwards.
 */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { jsonType } from "../media-types.ts";
import { HttpError } from "./http-error.ts";

/** Time to read on from a rejected connection, so that closing it does not destroy the response. */
export const lingerMs = 2000;

/** The error for HTTP that node's parser rejects. Undefined if no client can read a response; then the connection is closed. */
export function errorOfBrokenHttp({ code }: NodeJS.ErrnoException, socket: Socket): HttpError | undefined {
  if (socket.writableEnded) return undefined; // the response to this request was already sent
  if (!socket.writable || code === "ECONNRESET") {
    socket.destroy();
    return undefined;
  }
  const status = code === "HPE_HEADER_OVERFLOW" ? 431 : code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
  return new HttpError(status, STATUS_CODES[status] ?? "Bad Request");
}

export function answerOnSocket(socket: Socket, { status, headers, json }: HttpError): void {
  const lines = Object.entries({
    "content-type": jsonType,
    "content-length": Buffer.byteLength(json),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    connection: "close",
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${json}`);
  setTimeout(() => socket.destroy(), lingerMs).unref();
}
