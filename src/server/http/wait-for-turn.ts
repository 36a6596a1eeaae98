/**
 * Lets bodies of very many chunks take turns. Node's parser takes about a microsecond for each chunk, and reads from one
 * connection as long as there is input, so a few such bodies would keep the process from everything else for seconds.
 */
import type { IncomingMessage } from "node:http";

const waiting: IncomingMessage[] = [];

/** Reads nothing more from the request's connection until its turn comes: one connection in each turn of the event loop. */
export function waitForTurn(request: IncomingMessage): void {
  if (waiting.includes(request)) return;
  request.socket.pause();
  // A request that is read resumes its socket; `request.pause()` would let node keep the chunks, each in an object of its own.
  request._read = () => {};
  if (waiting.push(request) === 1) setImmediate(nextTurn);
}

function nextTurn(): void {
  const request = waiting.shift();
  if (request !== undefined) {
    Reflect.deleteProperty(request, "_read");
    request.socket.resume();
  }
  if (waiting.length > 0) setImmediate(nextTurn);
}
