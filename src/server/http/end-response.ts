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
import type { Transfer, Transfers } from "./transfers.ts";
import { discardBody } from "./unread-body.ts";

/** A larger body is written in pieces, so that the progress of a slow client can be seen. This one needs no more than the grace. */
const maxWholeBytes = 524_288;
const pieceBytes = 65_536;

/** A kept-alive connection would keep a stopping process alive. */
export function closeWhenDraining({ isReady }: Pick<HttpOptions, "isReady">, response: ServerResponse): void {
  if (!isReady()) response.setHeader("connection", "close");
}

/**
 * Sends a response's body. A client that does not read it would keep it in memory, and its slot among the concurrent requests;
 * so such a client is cut off.
 *
 * @param encoding `latin1` copies ASCII without encoding it.
 */
export function sendBody(
  { transfers }: Pick<HttpOptions, "transfers">,
  response: ServerResponse,
  body: string | Buffer,
  encoding: "latin1" | "utf8" = "utf8",
): void {
  if (body.length <= maxWholeBytes) {
    response.end(body, encoding);
    cutWhenNotRead({ transfers }, response);
    return;
  }
  const bytes = typeof body === "string" ? Buffer.from(body, encoding) : body;
  if (!response.headersSent) response.setHeader("content-length", bytes.length);
  whenItsTurn(response, () => sendPieces(response, bytes, watch(response, transfers)));
}

/** For a response that is written, but perhaps not read. */
export function cutWhenNotRead({ transfers }: Pick<HttpOptions, "transfers">, response: ServerResponse): void {
  if (response.writableLength === 0) return; // the operating system has the whole response
  whenItsTurn(response, () => watch(response, transfers));
}

/** Calls back when earlier responses on the connection are sent. */
function whenItsTurn(response: ServerResponse, callback: () => void): void {
  if (response.socket === null) response.once("socket", callback);
  else callback();
}

function watch(response: ServerResponse, transfers: Transfers): Transfer {
  const transfer = transfers.start(() => response.destroy());
  response.once("close", () => transfers.end(transfer));
  return transfer;
}

function sendPieces(response: ServerResponse, bytes: Buffer, transfer: Transfer, from = 0): void {
  const piece = bytes.subarray(from, from + pieceBytes);
  const to = from + piece.length;
  if (to === bytes.length) {
    response.end(piece);
    return;
  }
  response.write(piece, (error) => {
    if (error) return; // the connection is closed
    transfer.bytes += piece.length;
    sendPieces(response, bytes, transfer, to);
  });
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
    sendBody(options, response, known.json);
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
  request.once("end", finish).once("close", finish);
  discardBody(request, () => {}); // the timer ends it
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
