/** Bodies that no handler reads: of a refused request, or of a request to a route that needs none. */
import type { IncomingMessage } from "node:http";
import { discardInput, lingerMs } from "./respond-on-socket.ts";
import type { Transfers } from "./transfers.ts";

/** Node's parser takes a microsecond for each chunk, however small: beyond this number it no longer sees the input. */
const maxParsedChunks = 1000;

/**
 * Reads on and throws the body away.
 *
 * @param onFlood called if the body has too many chunks. The request then never ends, and its connection must be closed.
 */
export function discardBody(request: IncomingMessage, onFlood: () => void): void {
  let chunks = 0;
  request.unpipe().removeAllListeners("data");
  request.on("data", () => {
    chunks += 1;
    if (chunks !== maxParsedChunks) return;
    discardInput(request.socket);
    onFlood();
  });
  request.resume();
}

/** For a route that reads no body. A body that is too slow, or has too many chunks, closes the connection after a moment. */
export function ignoreBody(request: IncomingMessage, transfers: Transfers): void {
  const { socket, headers } = request;
  if (headers["transfer-encoding"] === undefined && !(Number(headers["content-length"]) > 0)) return;
  const close = () => socket.destroy();
  const transfer = transfers.start(close);
  discardBody(request, () => setTimeout(close, lingerMs).unref());
  request.on("data", (chunk: Buffer) => {
    transfer.bytes += chunk.length;
  });
  request.once("close", () => transfers.end(transfer));
}
