/**
 * Paces writes ahead of Graph's throttling: never more than the quota in any window of twenty seconds, in the order of
 * asking. Own code because the limiters at hand count in fixed windows, which lets two bursts meet in one window of
 * Graph's, and because a place in the queue must be refused at once where the wait exceeds the caller's deadline.
 *
 * @see https://learn.microsoft.com/graph/throttling-limits
 */
import { GatewayError } from "../errors.ts";
import type { Clock } from "./clock.ts";
import { type GraphCaller, type Send, TransportError } from "./graph-request.ts";

/** Graph counts when a request arrives, we when it leaves: windows are kept this much longer than asked. */
const margin = 1.01;

export class WriteQuota {
  readonly #windowMs: number;
  readonly #clock: Clock;
  /** When each of the last `limit` writes went, or is going, out; a ring. */
  readonly #times: Float64Array;
  #next = 0;

  /** @param limit writes per window. @param windowMs default 20,000. */
  constructor(limit: number, clock: Clock, windowMs = 20_000) {
    this.#windowMs = windowMs * margin;
    this.#clock = clock;
    this.#times = new Float64Array(limit).fill(Number.NEGATIVE_INFINITY);
  }

  /**
   * Resolves when a write may go out.
   *
   * @throws {GatewayError} `THROTTLED` at once where that is after the deadline.
   * @throws {TransportError} `disconnected` where nobody waits for it any more.
   */
  async take({ deadline, disconnected }: Pick<GraphCaller, "deadline" | "disconnected">): Promise<void> {
    const now = this.#clock.now();
    const oldest = this.#times[this.#next] ?? Number.NEGATIVE_INFINITY;
    const waitMs = oldest + this.#windowMs - now;
    if (waitMs >= deadline.remainingMs) {
      throw new GatewayError("THROTTLED", "The quota of writes to Microsoft Graph is used up; ask again later.", {
        retryAfterSeconds: Math.ceil(waitMs) / 1000,
      });
    }
    this.#times[this.#next] = Math.max(now, now + waitMs);
    this.#next = (this.#next + 1) % this.#times.length;
    if (waitMs <= 0) return;
    await this.#clock.sleep(waitMs, disconnected);
    if (disconnected.aborted) throw new TransportError("disconnected", false);
  }
}

export function withWriteQuota(quota: WriteQuota, send: Send): Send {
  return async (request) => {
    if (request.operation !== "read") await quota.take(request.caller);
    return send(request);
  };
}
