/**
 * Stops the server: no new GraphQL requests are admitted and open requests finish. The port stays open until then, so that
 * readiness probes get their answer.
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { ConcurrencyLimit } from "./concurrency-limit.ts";

/** Time for everything that is no GraphQL request: probes, pages, half-sent headers. */
const restMs = 1000;

/**
 * Resolves when every connection is closed.
 *
 * @param unused connections that have not sent a request yet.
 * @param graceMs time for open requests; no request outlives its deadline, so this limit is never reached.
 */
export async function drain(
  server: Server,
  unused: ReadonlySet<Socket>,
  admission: ConcurrencyLimit,
  graceMs: number,
): Promise<void> {
  server.closeIdleConnections();
  await inTime(admission.drain(), graceMs);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  for (const socket of unused) socket.destroy();
  await inTime(closed, restMs, () => server.closeAllConnections());
  await closed;
}

async function inTime(work: Promise<void>, ms: number, onLate?: () => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      onLate?.();
      resolve();
    }, ms);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
