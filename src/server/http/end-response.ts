/** How answers end: with an error, with a connection that closes, with a client that does not read. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { RequestRecord } from "../../context.ts";
import { GatewayError } from "../../errors.ts";
import type { GatewayLog } from "../../observability/log.ts";
import { HttpError, httpErrorOf, jsonType } from "./http-error.ts";
import type { HttpOptions } from "./options.ts";
import { answerOnSocket, errorOfBrokenHttp, lingerMs } from "./respond-on-socket.ts";

/** How long a client may take to read an answer: about as long as it may take to send a request. */
const readTimeoutMs = 15_000;

/** A connection kept alive would keep a stopping process alive as well. */
export function closeWhenDraining({ isReady }: Pick<HttpOptions, "isReady">, response: ServerResponse): void {
  if (!isReady()) response.setHeader("connection", "close");
}

/** A client that does not read would hold its answer in memory, and its place among the requests under way. */
export function cutWhenNotRead(response: ServerResponse): void {
  if (response.writableLength === 0) return; // all of it is with the operating system
  if (response.socket === null) {
    response.once("socket", () => cutWhenNotRead(response)); // until then it is the turn of answers before it
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
  if (known.status === 500) options.log.internalError({ id: "http", error });
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
export function answerBrokenHttp(brokenHttp: NodeJS.ErrnoException, socket: Socket, log: GatewayLog): void {
  const error = errorOfBrokenHttp(brokenHttp, socket);
  if (error === undefined) return;
  logAnswered(error, socket, log);
  answerOnSocket(socket, error);
}

export function logAnswered(
  { status, code, json: body }: HttpError,
  { bytesRead: bytesIn }: Socket,
  log: GatewayLog,
): void {
  log.access({ route: "broken", status, bytesIn, bytesOut: Buffer.byteLength(body), errorCodes: [code] });
}
