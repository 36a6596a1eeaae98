/**
 * Paces writes ahead of Graph's throttling: never more than the quota in any window of twenty seconds, in the order of
 * asking. Own code because the limiters at hand count in fixed windows, which lets two bursts meet in one window of
 * Graph's, and because a place in the queue must be refused at once where the wait exceeds the caller's deadline.
 *
 * @see https://learn.microsoft.com/graph/throttling-limits
 */
import { GatewayError } from "../../../errors.ts";
import type { Clock } from "../../../request/clock.ts";
import { type GraphCaller, type Send, TransportError } from "../protocol/request.ts";

/** Graph's twenty seconds, and half a second: Graph counts when a request arrives, we before it leaves for a new connection. */
export const windowMs = 20_500;

/** Half of what the window leaves for the way to Graph: a write that leaves later than that after its turn is counted anew. */
const lateMs = 250;

/** A place in the window: when it was taken, or its name in a window that is shared. */
export type Reservation = number | string;

export interface Quota {
  /** How many writes may go out at once. */
  readonly remaining: number;
  /** At once where nobody has to wait. Rejects, never throws. */
  acquire(caller: Pick<GraphCaller, "deadline" | "closed">): Reservation | Promise<Reservation>;
  /** For a write that turned out not to count with Graph: whoever is next need not wait for it. */
  release(place: Reservation): void;
  /** For a write that leaves only now, long after its turn: it counts from now. Returns the place it has then. */
  restamp(place: Reservation): Reservation;
}

/** Of one process; `shared-write-quota.ts` is of several. */
export class WriteQuota implements Quota {
  readonly #limit: number;
  readonly #clock: Clock;
  /** When the last writes went out, the oldest first: as many as the limit, and at the most twice as many. */
  readonly #times: number[] = [];
  /** Who waits for a turn, in order. */
  readonly #queue = new Set<(takenAtMs: number) => void>();
  #isServing = false;
  /** Aborts when a turn comes free before its time. */
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
   * What `release` takes, as soon as a write may go out.
   *
   * Rejects, never throws: with `THROTTLED` at once where that is after the deadline, with a `TransportError`,
   * `disconnected`, where nobody waits for it any more.
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

  release(place: Reservation): void {
    if (this.#remove(place)) this.#freed.abort();
  }

  restamp(place: Reservation): Reservation {
    this.#remove(place);
    return this.#stamp();
  }

  /** Whether it was still there. */
  #remove(place: Reservation): boolean {
    const index = typeof place === "number" ? this.#times.lastIndexOf(place) : -1;
    if (index === -1) return false;
    this.#times.splice(index, 1);
    return true;
  }

  /** How long the one with so many before it will have to wait. */
  #waitMs(ahead: number): number {
    const index = this.#times.length - this.#limit + (ahead % this.#limit);
    const frees = (index < 0 ? undefined : this.#times[index]) ?? Number.NEGATIVE_INFINITY;
    const rounds = Math.floor(ahead / this.#limit);
    return Math.max(0, frees + windowMs - this.#clock.now()) + rounds * windowMs;
  }

  #stamp(): number {
    const now = this.#clock.now();
    this.#times.push(now);
    // Many go together: to take one from the beginning moves all the others.
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
      if (!this.#queue.delete(turn)) continue; // left while it was first
      turn(this.#stamp());
    }
    this.#isServing = false;
  }
}

/** A turn may come later than it was promised: writes before it that left late count from then. */
async function inTime(quota: Quota, taken: Promise<Reservation>, { deadline }: GraphCaller): Promise<Reservation> {
  const place = await deadline.limit(taken);
  if (place !== "late") return place;
  void taken.then(
    (unused) => quota.release(unused),
    () => {},
  );
  throw usedUp(windowMs);
}

/** @param waitMs how long until there is a turn. */
export function usedUp(waitMs: number): GatewayError {
  return new GatewayError("THROTTLED", "The write quota for Microsoft Graph is used up; retry later.", {
    retryAfterSeconds: Math.ceil(waitMs) / 1000,
  });
}

/** Graph counts what it takes on; a write that never left, or whose token it does not accept, is none of that. */
export function withWriteQuota(quota: Quota, now: () => number, send: Send): Send {
  const paced: Send = async (request) => {
    const taken = quota.acquire(request.caller);
    let place = typeof taken === "object" ? await inTime(quota, taken, request.caller) : taken;
    const takenAtMs = now();
    // It may have waited since, for a connection or for its batch.
    const onSend = () => {
      request.sentAtMs = now();
      if (request.sentAtMs - takenAtMs > lateMs) place = quota.restamp(place);
    };
    request.onSend = onSend; // a function written down right here would be allocated as one that lives long
    try {
      const response = await send(request);
      if (response.status === 401) quota.release(place);
      return response;
    } catch (error) {
      if (error instanceof GatewayError || (error instanceof TransportError && !error.sent)) quota.release(place);
      throw error;
    }
  };
  return (request) => (request.operation === "read" ? send(request) : paced(request));
}
