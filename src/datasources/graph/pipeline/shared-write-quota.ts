/**
 * The write quota that several replicas share: a sliding window in Redis, by Redis's clock. The script is our own because the
 * limiters at hand count in fixed windows, and two bursts could then meet in one window of Graph's. While Redis does not
 * answer, a replica keeps to its share: the quota divided by the number of replicas seen last.
 */
import { randomUUID } from "node:crypto";
import type { Clock } from "../../../request/clock.ts";
import type { SharedStore } from "../../../shared-store.ts";
import { type GraphCaller, TransportError } from "../protocol/request.ts";
import { type Quota, type Reservation, usedUp, WriteQuota, windowMs } from "./write-quota.ts";

/** A replica counts for `replicaMs` after its last call. A replica without writes calls every `presenceMs`. */
const replicaMs = 60_000;
const presenceMs = 20_000;
/** Assumed number of replicas until Redis has answered: another one may be running. */
const assumedReplicas = 2;

/**
 * Takes reservations in the window.
 * KEYS: the window's reservations by the time they were taken; the replicas by the time of their last call.
 * ARGV: number wanted; limit; window and `replicaMs` in microseconds; this replica; name prefix of the new reservations.
 * Returns the number taken, the number left, the number of replicas, and for each reservation not taken the milliseconds until
 * it is free.
 */
const takeReservations = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local wanted, limit, window, name = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[6]
local function text(number) return string.format('%.0f', number) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', text(now - window))
redis.call('ZADD', KEYS[2], text(now), ARGV[5])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', text(now - tonumber(ARGV[4])))
redis.call('PEXPIRE', KEYS[2], math.ceil(tonumber(ARGV[4]) / 1000))
local free = math.max(0, limit - redis.call('ZCARD', KEYS[1]))
local taken = math.min(free, wanted)
for index = 1, taken do redis.call('ZADD', KEYS[1], text(now), name .. ':' .. index) end
if taken > 0 then redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000)) end
local waits = {}
if taken < wanted then
  local oldest = redis.call('ZRANGE', KEYS[1], 0, wanted - taken - 1, 'WITHSCORES')
  for index = 2, #oldest, 2 do waits[#waits + 1] = math.ceil((tonumber(oldest[index]) + window - now) / 1000) end
end
return {taken, free - taken, redis.call('ZCARD', KEYS[2]), waits}
`;

/**
 * Restamps a reservation with the current time. KEYS: the window's reservations. ARGV: the reservation, the window in
 * milliseconds.
 */
const restampReservation = `
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], string.format('%.0f', time[1] * 1000000 + time[2]), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
`;

interface Waiting {
  readonly caller: Pick<GraphCaller, "deadline" | "closed">;
  readonly resolve: (reservation: Reservation | Promise<Reservation>) => void;
  readonly reject: (error: Error) => void;
}

export class SharedWriteQuota implements Quota {
  readonly #store: SharedStore;
  readonly #keys: readonly [string, string];
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #replica = randomUUID();
  readonly #queue = new Set<Waiting>();
  #isServing = false;
  #replicas = assumedReplicas;
  /** Remaining reservations, as the store said last. */
  #left: number;
  /** Milliseconds until reservations become free, as the store said last. */
  #waits: readonly number[] = [];
  #waitsSinceMs = 0;
  /** The quota of this replica alone, while the store does not answer. */
  #alone: WriteQuota | undefined;
  #freed = new AbortController();
  readonly #presence: NodeJS.Timeout;

  /** @param name name of the quota; replicas with the same name share it. @param limit writes of all replicas per window. */
  constructor(store: SharedStore, name: string, limit: number, clock: Clock) {
    this.#store = store;
    this.#keys = [`${store.keyPrefix}:${name}:writes`, `${store.keyPrefix}:${name}:replicas`];
    this.#limit = limit;
    this.#left = limit;
    this.#clock = clock;
    void this.#ask(0, "");
    this.#presence = setInterval(() => void this.#ask(0, ""), presenceMs).unref();
  }

  /** Stops the regular calls to the store. */
  close(): void {
    clearInterval(this.#presence);
  }

  get remaining(): number {
    return this.#alone?.remaining ?? this.#left;
  }

  /** As {@link WriteQuota.acquire}. */
  acquire(caller: Pick<GraphCaller, "deadline" | "closed">): Promise<Reservation> {
    const { closed } = caller;
    if (closed.isClosed) return Promise.reject(new TransportError("disconnected", false));
    return new Promise<Reservation>((resolve, reject) => {
      const leave = {
        onClose: () => {
          this.#queue.delete(waiting);
          reject(new TransportError("disconnected", false));
        },
      };
      const waiting: Waiting = {
        caller,
        resolve(reservation) {
          closed.remove(leave);
          resolve(reservation);
        },
        reject(error) {
          closed.remove(leave);
          reject(error);
        },
      };
      closed.add(leave);
      this.#queue.add(waiting);
      if (this.#isServing) this.#refuseIfLate(waiting, this.#queue.size - 1);
      void this.#serve();
    });
  }

  release(reservation: Reservation): void {
    if (typeof reservation === "number") {
      this.#alone?.release(reservation);
      return;
    }
    void this.#store.ask((redis) => redis.zrem(this.#keys[0], reservation)).then(() => this.#freed.abort());
  }

  restamp(reservation: Reservation): Reservation {
    if (typeof reservation === "number") return this.#alone?.restamp(reservation) ?? reservation;
    void this.#store.ask((redis) => redis.eval(restampReservation, 1, this.#keys[0], reservation, Math.ceil(windowMs)));
    return reservation;
  }

  async #serve(): Promise<void> {
    if (this.#isServing) return;
    this.#isServing = true;
    while (this.#queue.size > 0) {
      const waitMs = await this.#serveOnce();
      this.#freed = new AbortController();
      if (this.#queue.size > 0) await this.#clock.sleep(waitMs, this.#freed.signal);
    }
    this.#isServing = false;
  }

  /** Gives reservations to as many waiting writes as possible. Returns the milliseconds until the next try. */
  async #serveOnce(): Promise<number> {
    const wanted = Math.min(this.#queue.size, this.#limit);
    const name = randomUUID();
    this.#waits = []; // writes that arrive before the store's answer must not be judged by old waits
    const answer = await this.#ask(wanted, name);
    if (answer === undefined) {
      this.#alone ??= new WriteQuota(Math.max(1, Math.floor(this.#limit / this.#replicas)), this.#clock);
      for (const { resolve, caller } of this.#empty()) resolve(this.#alone.acquire(caller));
      return 0;
    }
    this.#alone = undefined;
    const [taken, waits] = answer;
    for (let index = 1; index <= taken; index++) {
      const reservation = `${name}:${index}`;
      const [next] = this.#queue;
      if (next === undefined) {
        this.release(reservation); // the write that wanted it is gone
        continue;
      }
      this.#queue.delete(next);
      next.resolve(reservation);
    }
    this.#waits = waits;
    this.#waitsSinceMs = this.#clock.now();
    [...this.#queue].forEach((waiting, ahead) => {
      this.#refuseIfLate(waiting, ahead);
    });
    // Replicas that wait for the same reservation should not all return at the same moment.
    return (waits[0] ?? 0) + 1 + this.#clock.random() * 20;
  }

  /**
   * Takes reservations and tells the store that this replica is running. Returns the number taken and the waits until others
   * are free.
   */
  async #ask(wanted: number, name: string): Promise<[number, number[]] | undefined> {
    const windowUs = Math.ceil(windowMs * 1000);
    const answer = await this.#store.ask((redis) =>
      redis.eval(
        takeReservations,
        2,
        ...this.#keys,
        wanted,
        this.#limit,
        windowUs,
        replicaMs * 1000,
        this.#replica,
        name,
      ),
    );
    if (!Array.isArray(answer)) return undefined;
    const [taken, left, replicas, waits] = answer;
    this.#left = Number(left);
    this.#replicas = Number(replicas);
    return [Number(taken), Array.isArray(waits) ? waits.map(Number) : []];
  }

  /** Rejects a write at once if its turn comes after its deadline. */
  #refuseIfLate(waiting: Waiting, ahead: number): void {
    const frees = this.#waits[ahead % this.#limit] ?? this.#waits.at(-1) ?? 0;
    const elapsedMs = this.#clock.now() - this.#waitsSinceMs;
    const waitMs = Math.max(0, frees - elapsedMs) + Math.floor(ahead / this.#limit) * windowMs;
    if (waitMs < waiting.caller.deadline.remainingMs) return;
    this.#queue.delete(waiting);
    waiting.reject(usedUp(waitMs));
  }

  #empty(): Waiting[] {
    const all = [...this.#queue];
    this.#queue.clear();
    return all;
  }
}
