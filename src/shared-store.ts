/**
 * The store that replicas share: a Redis, a cluster of them, or a server with their protocol. The gateway works without it. If
 * the store does not answer quickly or takes no writes, callers are told so and use their own state. From then on the store is
 * asked in the background only, until a write succeeds, so that no request waits for it.
 */
import { Cluster, Redis, type RedisOptions } from "ioredis";
import type { GatewayLog } from "./observability/log.ts";
import { type RedisProblem, redisProblemOf } from "./redis-problem.ts";

const answerTimeoutMs = 500;
const connectTimeoutMs = 2000;
/** Wait before the first check of a lost store, doubled with each check up to the second. */
const firstCheckMs = 250;
const maxCheckMs = 2000;

/**
 * Proves that writes are taken and that the commands of the gateway's scripts are permitted. A full Redis refuses only a script's
 * first write, so that comes first. KEYS: a key for the proof.
 */
const proveWrite = `
redis.call('SET', KEYS[1], '1', 'PX', 10000)
redis.call('INCRBY', KEYS[1], 1)
redis.call('GET', KEYS[1])
redis.call('DEL', KEYS[1])
redis.call('ZADD', KEYS[1], 1, 'proof')
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '+inf')
redis.call('HSET', KEYS[1], 'proof', '1')
redis.call('PEXPIRE', KEYS[1], 10000)
redis.call('HDEL', KEYS[1], 'proof')
return redis.call('TIME')
`;

export class SharedStore {
  /**
   * What every key begins with. It is a hash tag: all keys are in one slot of a cluster, so that a script may use several of
   * them, and one proof of a write is good for all.
   */
  readonly keyPrefix = "{intune-pfx-gateway}";
  readonly redis: Redis | Cluster;
  readonly #log: GatewayLog;
  /** The connection's last error: a command that cannot be sent does not tell why. */
  #connectionError: unknown;
  #problem: RedisProblem | undefined;
  /** Whether the log says so since the store was lost. */
  #needsOperator = false;
  #isClosed = false;
  readonly #onBack = new Set<() => void>();

  private constructor(redis: Redis | Cluster, log: GatewayLog) {
    this.redis = redis;
    this.#log = log;
    const note = (error: unknown) => {
      this.#connectionError = error;
    };
    redis.on("error", note);
    redis.on("node error", note);
    redis.on("ready", () => note(undefined));
  }

  /**
   * Connects without waiting for success: a store that starts later is used once it answers.
   *
   * @param url `redis://`, `rediss://`, `redis+cluster://` or `rediss+cluster://`, with the password in it.
   * @throws {Error} if the store answers but never will take writes, such as for wrong credentials: that needs an operator.
   */
  static async connect(url: string, log: GatewayLog): Promise<SharedStore> {
    const store = new SharedStore(clientOf(url), log);
    const problem = await store.#connect();
    if (problem?.kind === "misconfigured") {
      store.close();
      throw new Error(`Redis ${problem.detail}`);
    }
    if (problem !== undefined) store.#lose(problem);
    // A server that starts again, or another one after a failover, may have lost its memory, even if no command met the gap.
    const onGap = () => store.isAway || store.#lose(redisProblemOf(store.#connectionError));
    store.redis.on("close", onGap);
    store.redis.on("-node", onGap);
    return store;
  }

  /** Connects, writes, and disconnects. Returns what is wrong with the store; `undefined`: nothing. */
  static async examine(url: string, log: GatewayLog): Promise<RedisProblem | undefined> {
    const store = new SharedStore(clientOf(url), log);
    const problem = await store.#connect();
    store.close();
    return problem;
  }

  /** Whether `ask` would return at once, without asking. */
  get isAway(): boolean {
    return this.#problem !== undefined;
  }

  /** The command's result; `undefined` if the store does not answer in time or takes no writes. Never rejects. */
  async ask<Answer>(command: (redis: Redis | Cluster) => Promise<Answer>): Promise<Answer | undefined> {
    if (this.#problem !== undefined) return undefined;
    try {
      return await command(this.redis);
    } catch (error) {
      this.#lose(redisProblemOf(error, this.#connectionError));
      return undefined;
    }
  }

  /** Calls back each time when the store answers again; it may have lost its memory. */
  onBack(listener: () => void): void {
    this.#onBack.add(listener);
  }

  close(): void {
    this.#isClosed = true;
    this.redis.disconnect();
  }

  async #connect(): Promise<RedisProblem | undefined> {
    try {
      await this.redis.connect();
    } catch (error) {
      return redisProblemOf(error, this.#connectionError);
    }
    return this.#check();
  }

  /** Writes to the store. Returns what is wrong; `undefined`: nothing. */
  async #check(): Promise<RedisProblem | undefined> {
    try {
      await this.redis.eval(proveWrite, 1, `${this.keyPrefix}:proof`);
      // The proof's key may happen to be on the one node of a cluster that is asked.
      if (this.redis instanceof Redis && (await isOneOfMany(this.redis))) return redisProblemOf(new Error("MOVED"));
      return undefined;
    } catch (error) {
      return redisProblemOf(error, this.#connectionError);
    }
  }

  #lose(problem: RedisProblem): void {
    if (this.#isClosed) return;
    const wasLost = this.#problem !== undefined;
    this.#problem = problem;
    // Once, though the reason may change from check to check; but an operator must hear what only an operator can mend.
    const needsOperator = problem.kind === "misconfigured";
    if (!wasLost || (needsOperator && !this.#needsOperator)) this.#log.sharedStoreLost(problem);
    this.#needsOperator ||= needsOperator;
    // A connection that has gone silent stays so; all commands that wait for it fail now.
    if (problem.reason === "TIMEOUT" && this.redis.status === "ready") this.redis.disconnect(true);
    if (!wasLost) this.#checkAfter(firstCheckMs);
  }

  #checkAfter(waitMs: number): void {
    const timer = setTimeout(async () => {
      if (this.#isClosed) return;
      const problem = await this.#check();
      if (problem !== undefined) {
        this.#lose(problem);
        this.#checkAfter(Math.min(2 * waitMs, maxCheckMs));
        return;
      }
      this.#problem = undefined;
      this.#needsOperator = false;
      this.#log.sharedStoreBack();
      for (const listener of this.#onBack) listener();
    }, waitMs);
    timer.unref();
  }
}

/** Whether the node belongs to a cluster with others. A user who may not ask gets a command's own error later. */
async function isOneOfMany(redis: Redis): Promise<boolean> {
  const info = await redis.cluster("INFO").catch(() => "");
  return Number(/cluster_size:(\d+)/.exec(String(info))?.[1] ?? 0) > 1;
}

/** For TLS: a certificate is for a name, not for the address that the name resolves to. */
function nameItself(name: string, callback: (error: null, address: string) => void): void {
  callback(null, name);
}

function clientOf(url: string): Redis | Cluster {
  const common: Pick<RedisOptions, "connectTimeout" | "commandTimeout" | "maxRetriesPerRequest" | "reconnectOnError"> =
    {
      connectTimeout: connectTimeoutMs,
      commandTimeout: answerTimeoutMs,
      maxRetriesPerRequest: 0,
      // After a failover, the connection still leads to the old primary.
      reconnectOnError: ({ message }) => message.includes("READONLY"),
    };
  const inTurn = {
    lazyConnect: true,
    enableOfflineQueue: false, // an old command is useless
  };
  const retryAfterMs = (times: number) => Math.min(200 * times, maxCheckMs);
  const { protocol, hostname, port, username, password } = new URL(url);
  if (!protocol.includes("+cluster")) return new Redis(url, { ...common, ...inTurn, retryStrategy: retryAfterMs });
  const isSecure = protocol.startsWith("rediss");
  const host = hostname.replace(/^\[|\]$/g, "");
  return new Cluster([{ host, port: Number(port || 6379) }], {
    ...inTurn,
    clusterRetryStrategy: retryAfterMs,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    ...(isSecure && { dnsLookup: nameItself }),
    redisOptions: {
      ...common,
      ...(username !== "" && { username: decodeURIComponent(username) }),
      ...(password !== "" && { password: decodeURIComponent(password) }),
      ...(isSecure && { tls: {} }),
    },
  });
}
