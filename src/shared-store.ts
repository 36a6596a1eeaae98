/**
 * The store that replicas share: a Redis, or a server with its protocol. The gateway works without it. If the store does not
 * answer quickly, callers are told so and use their own state, and the store is not called for a while.
 */
import { Redis } from "ioredis";
import type { GatewayLog } from "./observability/log.ts";

const answerTimeoutMs = 500;
const connectTimeoutMs = 2000;
/** Time after a failure in which the store is not called. */
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
   * Connects without waiting for success: a store that starts later is used once it answers.
   *
   * @param url of the form `redis://` or `rediss://`, with the password in it.
   * @throws {Error} if the store answers and rejects the credentials: that needs an operator.
   */
  static async connect(url: string, log: GatewayLog, nowMs: () => number): Promise<SharedStore> {
    const redis = new Redis(url, {
      lazyConnect: true,
      connectTimeout: connectTimeoutMs,
      commandTimeout: answerTimeoutMs,
      enableOfflineQueue: false, // an old command is useless
      maxRetriesPerRequest: 0,
      retryStrategy: (times) => Math.min(200 * times, restMs),
    });
    let refusal: Error | undefined;
    // Each caller gets its command's error. This listener handles errors before any command.
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

  /** The command's result; `undefined` if the store does not answer, or not in time. */
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
