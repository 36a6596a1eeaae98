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
  /** When each of the last `limit` writes went out; a ring, the oldest at `#oldest`. */
  readonly #times: Float64Array;
  #oldest = 0;
  /** Who waits for a turn, in order. */
  readonly #queue = new Set<() => void>();
  #isServing = false;

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
    const waitMs = this.#waitMs(this.#queue.size);
    if (waitMs <= 0 && this.#queue.size === 0) return this.#stamp();
    if (waitMs >= deadline.remainingMs) {
      throw new GatewayError("THROTTLED", "The quota of writes to Microsoft Graph is used up; ask again later.", {
        retryAfterSeconds: Math.ceil(waitMs) / 1000,
      });
    }
    if (disconnected.aborted) throw new TransportError("disconnected", false);
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.#queue.delete(turn);
        reject(new TransportError("disconnected", false));
      };
      const turn = () => {
        disconnected.removeEventListener("abort", leave);
        resolve();
      };
      disconnected.addEventListener("abort", leave, { once: true });
      this.#queue.add(turn);
      void this.#serve();
    });
  }

  /** How long the one with so many before it will have to wait. */
  #waitMs(ahead: number): number {
    const { length } = this.#times;
    const frees = this.#times[(this.#oldest + ahead) % length] ?? 0;
    return Math.max(0, frees + this.#windowMs - this.#clock.now()) + Math.floor(ahead / length) * this.#windowMs;
  }

  #stamp(): void {
    this.#times[this.#oldest] = this.#clock.now();
    this.#oldest = (this.#oldest + 1) % this.#times.length;
  }

  async #serve(): Promise<void> {
    if (this.#isServing) return;
    this.#isServing = true;
    for (const turn of this.#queue) {
      for (let waitMs = this.#waitMs(0); waitMs > 0; waitMs = this.#waitMs(0)) await this.#clock.sleep(waitMs);
      if (!this.#queue.delete(turn)) continue; // left while it was first
      this.#stamp();
      turn();
    }
    this.#isServing = false;
  }
}

export function withWriteQuota(quota: WriteQuota, send: Send): Send {
  return async (request) => {
    if (request.operation !== "read") await quota.take(request.caller);
    return send(request);
  };
}
