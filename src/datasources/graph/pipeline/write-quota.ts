/**
 * Paces writes so that Graph does not throttle: never more than the quota in any window of twenty seconds, in the order of
 * arrival. The code is our own because the limiters at hand count in fixed windows, which lets two bursts meet in one window
 * of Graph's, and because a write must be rejected at once if its wait exceeds the caller's deadline.
 *
 * @see https://learn.microsoft.com/graph/throttling-limits
 */
import { GatewayError } from "../../../errors.ts";
import type { Clock } from "../../../request/clock.ts";
import { type GraphCaller, type Send, TransportError } from "../protocol/request.ts";

/**
 * Graph's twenty seconds and half a second more: Graph counts when a request arrives, the gateway counts before the request
 * leaves on a new connection.
 */
export const windowMs = 20_500;

/**
 * Half of the extra time for the way to Graph. A write that leaves later than this after its turn is counted again, from then.
 */
const lateMs = 250;

/** A reservation in the window: the time it was taken, or its name in a shared window. */
export type Reservation = number | string;

export interface Quota {
  /** The number of writes that can be sent now. */
  readonly remaining: number;
  /** Takes a reservation, at once if no write has to wait. Rejects, never throws. */
  acquire(caller: Pick<GraphCaller, "deadline" | "closed">): Reservation | Promise<Reservation>;
  /** Returns the reservation of a write that Graph does not count, so that the next write need not wait for it. */
  release(reservation: Reservation): void;
  /** Restamps the reservation of a write that leaves long after its turn: it counts from now. Returns the new reservation. */
  restamp(reservation: Reservation): Reservation;
}

/** The quota of one process; `shared-write-quota.ts` is for several. */
export class WriteQuota implements Quota {
  readonly #limit: number;
  readonly #clock: Clock;
  /** Times of the last writes, the oldest first; at most twice as many as the limit. */
  readonly #times: number[] = [];
  /** The writes that wait for a turn, in order. */
  readonly #queue = new Set<(takenAtMs: number) => void>();
  #isServing = false;
  /** Aborts when a reservation is released early. */
  #freed = new AbortController();

  /** @param limit writes per window. */
  constructor(limit: number, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  get remaining(): number {
    const since = this.#clock.now() - windowMs;
    return Math.max(0, this.#limit - this.#times.filter((time) => time > since).length - this.#queue.size);
  }

  /**
   * Returns the reservation, for `release`, as soon as a write may be sent.
   *
   * Rejects, never throws: at once with `THROTTLED` if that is after the deadline; with a `TransportError`, `disconnected`, if
   * the client has gone.
   */
  acquire({ deadline, closed }: Pick<GraphCaller, "deadline" | "closed">): number | Promise<number> {
    const waitMs = this.#waitMs(this.#queue.size);
    if (waitMs <= 0 && this.#queue.size === 0) return this.#stamp();
    if (waitMs >= deadline.remainingMs) return Promise.reject(usedUp(waitMs));
    if (closed.isClosed) return Promise.reject(new TransportError("disconnected", false));
    return new Promise<number>((resolve, reject) => {
      const leave = {
        onClose: () => {
          this.#queue.delete(turn);
          reject(new TransportError("disconnected", false));
        },
      };
      const turn = (takenAtMs: number) => {
        closed.remove(leave);
        resolve(takenAtMs);
      };
      closed.add(leave);
      this.#queue.add(turn);
      void this.#serve();
    });
  }

  release(reservation: Reservation): void {
    if (this.#remove(reservation)) this.#freed.abort();
  }

  restamp(reservation: Reservation): Reservation {
    this.#remove(reservation);
    return this.#stamp();
  }

  /** Returns whether the reservation existed. */
  #remove(reservation: Reservation): boolean {
    const index = typeof reservation === "number" ? this.#times.lastIndexOf(reservation) : -1;
    if (index === -1) return false;
    this.#times.splice(index, 1);
    return true;
  }

  /** Milliseconds that a write waits behind `ahead` other writes. */
  #waitMs(ahead: number): number {
    const index = this.#times.length - this.#limit + (ahead % this.#limit);
    const frees = (index < 0 ? undefined : this.#times[index]) ?? Number.NEGATIVE_INFINITY;
    const rounds = Math.floor(ahead / this.#limit);
    return Math.max(0, frees + windowMs - this.#clock.now()) + rounds * windowMs;
  }

  #stamp(): number {
    const now = this.#clock.now();
    this.#times.push(now);
    // Old times are removed in bulk: removing one from the beginning moves all the others.
    if (this.#times.length >= 2 * this.#limit) this.#times.splice(0, this.#times.length - this.#limit);
    return now;
  }

  async #serve(): Promise<void> {
    if (this.#isServing) return;
    this.#isServing = true;
    for (const turn of this.#queue) {
      for (let waitMs = this.#waitMs(0); waitMs > 0; waitMs = this.#waitMs(0)) {
        this.#freed = new AbortController();
        await this.#clock.sleep(waitMs, this.#freed.signal);
      }
      if (!this.#queue.delete(turn)) continue; // the client left while its write was first
      turn(this.#stamp());
    }
    this.#isServing = false;
  }
}

/** A turn may come later than predicted: earlier writes that left late count from then. */
async function inTime(quota: Quota, taken: Promise<Reservation>, { deadline }: GraphCaller): Promise<Reservation> {
  const reservation = await deadline.limit(taken);
  if (reservation !== "late") return reservation;
  void taken.then(
    (unused) => quota.release(unused),
    () => {},
  );
  throw usedUp(windowMs);
}

/** @param waitMs milliseconds until the turn. */
export function usedUp(waitMs: number): GatewayError {
  return new GatewayError("THROTTLED", "The write quota for Microsoft Graph is used up; retry later.", {
    retryAfterSeconds: Math.ceil(waitMs) / 1000,
  });
}

/**
 * Paces writes by the quota. Graph does not count a write that never left, or whose token it rejects; the reservation of such
 * a write is released.
 */
export function withWriteQuota(quota: Quota, now: () => number, send: Send): Send {
  const paced: Send = async (request) => {
    const taken = quota.acquire(request.caller);
    let reservation = typeof taken === "object" ? await inTime(quota, taken, request.caller) : taken;
    const takenAtMs = now();
    // The request may have waited since then, for a connection or for its batch.
    const onSend = () => {
      request.sentAtMs = now();
      if (request.sentAtMs - takenAtMs > lateMs) reservation = quota.restamp(reservation);
    };
    request.onSend = onSend; // assigned from a variable: V8 would allocate an inline function as a long-lived object
    try {
      const response = await send(request);
      if (response.status === 401) quota.release(reservation);
      return response;
    } catch (error) {
      if (error instanceof GatewayError || (error instanceof TransportError && !error.sent)) quota.release(reservation);
      throw error;
    }
  };
  return (request) => (request.operation === "read" ? send(request) : paced(request));
}
