/**
 * What replicas share: a Redis, or something that speaks its protocol. It is a help and never a need: where it does not
 * answer at once, callers are told so and go by what they know themselves, and it is left alone for a while.
 */
import { Redis } from "ioredis";
import type { GatewayLog } from "./observability/log.ts";

const answerTimeoutMs = 500;
const connectTimeoutMs = 2000;
/** After a failure, how long it is not asked. */
const restMs = 5000;

export class SharedStore {
  readonly redis: Redis;
  readonly #log: GatewayLog;
  readonly #nowMs: () => number;
  #isLost = false;
  #restsUntilMs = 0;

  private constructor(redis: Redis, log: GatewayLog, nowMs: () => number) {
    this.redis = redis;
    this.#log = log;
    this.#nowMs = nowMs;
  }

  /**
   * Connects, but does not insist: a store that is not there yet is found when it is.
   *
   * @param url of the form `redis://` or `rediss://`, with the password in it.
   * @throws {Error} where the store is there and refuses these credentials: that would not mend itself.
   */
  static async connect(url: string, log: GatewayLog, nowMs: () => number): Promise<SharedStore> {
    const redis = new Redis(url, {
      lazyConnect: true,
      connectTimeout: connectTimeoutMs,
      commandTimeout: answerTimeoutMs,
      enableOfflineQueue: false, // a command of a minute ago helps nobody
      maxRetriesPerRequest: 0,
      retryStrategy: (times) => Math.min(200 * times, restMs),
    });
    let refusal: Error | undefined;
    // Each caller is told what becomes of a command; this is for what happens before there are any.
    redis.on("error", (error) => {
      if (/^(?:WRONGPASS|NOAUTH|NOPERM|ERR.*password)/i.test(error.message)) refusal = error;
    });
    const store = new SharedStore(redis, log, nowMs);
    try {
      await redis.connect();
      await redis.ping();
    } catch (error) {
      if (refusal !== undefined || (error instanceof Error && error.message.startsWith("NOAUTH"))) {
        redis.disconnect();
        throw new Error("Redis rejects the credentials in REDIS_URL");
      }
      store.#lose();
    }
    return store;
  }

  /** What a command answers; `undefined` where the store does not, or not in time. */
  async ask<Answer>(command: (redis: Redis) => Promise<Answer>): Promise<Answer | undefined> {
    if (this.#nowMs() < this.#restsUntilMs) return undefined;
    try {
      const answer = await command(this.redis);
      if (this.#isLost) {
        this.#isLost = false;
        this.#log.sharedStoreBack();
      }
      return answer;
    } catch {
      this.#lose();
      return undefined;
    }
  }

  close(): void {
    this.redis.disconnect();
  }

  #lose(): void {
    this.#restsUntilMs = this.#nowMs() + restMs;
    if (this.#isLost) return;
    this.#isLost = true;
    this.#log.sharedStoreLost();
  }
}
