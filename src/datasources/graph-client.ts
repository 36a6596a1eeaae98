/**
 * The way of a request to Graph and back, once per process. The concerns around the call are composed here, and only
 * here, in the order in which they are written down.
 */
import type { GatewayLog } from "../log.ts";
import { type ApiVersion, withApiVersion } from "./api-version.ts";
import { createBatch, withBatch } from "./batch.ts";
import { withCircuitBreaker } from "./circuit-breaker.ts";
import type { Clock } from "./clock.ts";
import { withFreshToken } from "./fresh-token.ts";
import { GraphClock } from "./graph-clock.ts";
import { type GraphRequest, type GraphResponse, type Send, TransportError } from "./graph-request.ts";
import { KeyedCreates } from "./keyed-creates.ts";
import { withObserver } from "./observe.ts";
import type { Outcome } from "./reconcile.ts";
import { withRetry } from "./retry.ts";
import { RetryBudget } from "./retry-budget.ts";
import { createTransport } from "./transport.ts";
import { WriteQuota, withWriteQuota } from "./write-quota.ts";

export interface GraphClientOptions {
  /** Graph's root without the version, such as https://graph.microsoft.com. */
  baseUrl: URL;
  apiVersion: ApiVersion;
  /** Upper bound of open sockets to Graph. */
  maxConnections: number;
  /** Creates, updates and deletions in any twenty seconds. */
  writesPer20s: number;
  log: GatewayLog;
  clock: Clock;
}

export class GraphClient {
  readonly baseUrl: URL;
  readonly log: GatewayLog;
  readonly clock: Clock;
  readonly graphClock: GraphClock;
  readonly creates: KeyedCreates;
  readonly retryBudget: RetryBudget;
  readonly #send: Send;
  readonly #sendUnbatched: Send;
  readonly #close: () => Promise<void>;

  constructor({ baseUrl, apiVersion, maxConnections, writesPer20s, log, clock }: GraphClientOptions) {
    this.baseUrl = baseUrl;
    this.log = log;
    this.clock = clock;
    this.graphClock = new GraphClock(clock.now);
    this.creates = new KeyedCreates();
    this.retryBudget = new RetryBudget(clock.now);

    const transport = createTransport(baseUrl, maxConnections);
    this.#close = transport.close;
    const observed = withObserver(transport.send, clock.now, log.graphAttempt);
    const versioned = withApiVersion(apiVersion, observed, log.movedToBeta);
    this.#sendUnbatched = withCircuitBreaker(versioned);
    const batched = withBatch(this.#sendUnbatched);
    const paced = withWriteQuota(new WriteQuota(writesPer20s, clock), batched);
    this.#send = withRetry(withFreshToken(paced), this.retryBudget, clock);
  }

  /** An answer of any status, or the reason why there is none. Rejects only where the gateway refuses to ask. */
  async send(request: GraphRequest): Promise<Outcome> {
    try {
      const response = await this.#send(request);
      this.graphClock.observe(response.headers.date);
      return { response };
    } catch (error) {
      if (error instanceof TransportError) return { error };
      throw error;
    }
  }

  /** What requests are given as `batch` to travel together. */
  batch(): { load(request: GraphRequest): Promise<GraphResponse> } {
    return createBatch(this.#sendUnbatched);
  }

  /** Ends every connection; requests under way fail. */
  close(): Promise<void> {
    return this.#close();
  }
}
