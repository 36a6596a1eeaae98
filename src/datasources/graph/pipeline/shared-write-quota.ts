/**
 * The write quota of several replicas together, kept where all of them see it: a sliding window in Redis, by Redis's clock.
 * Own script because limiters at hand count in fixed windows, and two bursts could meet in one window of Graph's. Where
 * Redis does not answer, a replica keeps to its share: the quota divided by the replicas that were last seen.
 */
import { randomUUID } from "node:crypto";
import type { Clock } from "../../../request/clock.ts";
import type { SharedStore } from "../../../shared-store.ts";
import { type GraphCaller, TransportError } from "../protocol/request.ts";
import { type Quota, type Reservation, usedUp, WriteQuota, windowMs } from "./write-quota.ts";

/** How long a replica counts after it last asked, and how often one asks that has nothing to write. */
const replicaMs = 60_000;
const presenceMs = 20_000;
/** As long as nobody has been seen, another one may be there. */
const assumedReplicas = 2;

/**
 * KEYS: the window's places by when they were taken, the replicas by when they last asked. ARGV: places wanted, limit, window
 * and replica's time in microseconds, this replica, a name for what is taken. Answers how many places it took, how many are
 * left, how many replicas there are, and for each place it did not take when it will be free, in milliseconds.
 */
const takePlaces = `
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

/** KEYS: the window's places. ARGV: the place that is taken only now, the window in milliseconds. */
const postponePlace = `
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], string.format('%.0f', time[1] * 1000000 + time[2]), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
`;

interface Waiting {
  readonly caller: Pick<GraphCaller, "deadline" | "closed">;
  readonly resolve: (place: Reservation | Promise<Reservation>) => void;
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
  /** What the store said last. */
  #left: number;
  /** In how many milliseconds places were to come free, when the store was asked last. */
  #waits: readonly number[] = [];
  #waitsSinceMs = 0;
  /** While the store does not answer. */
  #alone: WriteQuota | undefined;
  #freed = new AbortController();
  readonly #presence: NodeJS.Timeout;

  /** @param name of the quota: replicas with the same one share it. @param limit writes of all replicas per window. */
  constructor(store: SharedStore, name: string, limit: number, clock: Clock) {
    this.#store = store;
    this.#keys = [`{intune-pfx-gateway:${name}}:writes`, `{intune-pfx-gateway:${name}}:replicas`];
    this.#limit = limit;
    this.#left = limit;
    this.#clock = clock;
    void this.#ask(0, "");
    this.#presence = setInterval(() => void this.#ask(0, ""), presenceMs).unref();
  }

  /** Asks no more of itself. */
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
        resolve(place) {
          closed.remove(leave);
          resolve(place);
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

  release(place: Reservation): void {
    if (typeof place === "number") {
      this.#alone?.release(place);
      return;
    }
    void this.#store.ask((redis) => redis.zrem(this.#keys[0], place)).then(() => this.#freed.abort());
  }

  restamp(place: Reservation): Reservation {
    if (typeof place === "number") return this.#alone?.restamp(place) ?? place;
    void this.#store.ask((redis) => redis.eval(postponePlace, 1, this.#keys[0], place, Math.ceil(windowMs)));
    return place;
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

  /** Gives places to as many as there are places for; how long until there are more. */
  async #serveOnce(): Promise<number> {
    const wanted = Math.min(this.#queue.size, this.#limit);
    const name = randomUUID();
    this.#waits = []; // who comes until the answer is there is judged by that
    const answer = await this.#ask(wanted, name);
    if (answer === undefined) {
      this.#alone ??= new WriteQuota(Math.max(1, Math.floor(this.#limit / this.#replicas)), this.#clock);
      for (const { resolve, caller } of this.#empty()) resolve(this.#alone.acquire(caller));
      return 0;
    }
    this.#alone = undefined;
    const [taken, waits] = answer;
    for (let index = 1; index <= taken; index++) {
      const place = `${name}:${index}`;
      const [next] = this.#queue;
      if (next === undefined) {
        this.release(place); // who wanted it is gone meanwhile
        continue;
      }
      this.#queue.delete(next);
      next.resolve(place);
    }
    this.#waits = waits;
    this.#waitsSinceMs = this.#clock.now();
    [...this.#queue].forEach((waiting, ahead) => {
      this.#refuseIfLate(waiting, ahead);
    });
    // Replicas that wait for the same place should not all come back at the same moment.
    return (waits[0] ?? 0) + 1 + this.#clock.random() * 20;
  }

  /** How many places were taken, and when others will be free; tells the store that this replica is there, too. */
  async #ask(wanted: number, name: string): Promise<[number, number[]] | undefined> {
    const windowUs = Math.ceil(windowMs * 1000);
    const answer = await this.#store.ask((redis) =>
      redis.eval(takePlaces, 2, ...this.#keys, wanted, this.#limit, windowUs, replicaMs * 1000, this.#replica, name),
    );
    if (!Array.isArray(answer)) return undefined;
    const [taken, left, replicas, waits] = answer;
    this.#left = Number(left);
    this.#replicas = Number(replicas);
    return [Number(taken), Array.isArray(waits) ? waits.map(Number) : []];
  }

  /** Whose turn comes after the deadline is told at once. */
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
