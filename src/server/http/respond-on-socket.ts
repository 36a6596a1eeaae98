/** Answers on a connection whose request node does not hand on: broken HTTP, and CONNECT. It closes afterwards. */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { HttpError, jsonType } from "./http-error.ts";

/** How long a connection that was refused halfway is still read from, so that closing it doesn't destroy the answer. */
export const lingerMs = 2000;

/** What node's parser has to say; undefined where nobody is left to hear it, and then the connection is closed. */
export function errorOfBrokenHttp({ code }: NodeJS.ErrnoException, socket: Socket): HttpError | undefined {
  if (socket.writableEnded) return undefined; // the rest of what is answered already
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
