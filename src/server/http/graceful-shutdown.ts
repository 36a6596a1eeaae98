/**
 * How the server stops: nothing new is let in, what is under way is finished, and whoever asks for readiness meanwhile is
 * told, because the port stays open until then.
 */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import type { ConcurrencyLimit } from "./concurrency-limit.ts";

/** How long what is no GraphQL request may still take at the end: probes, pages, half-sent heads. */
const restMs = 1000;

/**
 * Resolves when every connection is closed.
 *
 * @param unused connections that have not asked for anything yet.
 * @param graceMs how long requests under way may take; no request outlives its deadline, so this is never reached.
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
