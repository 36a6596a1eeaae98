/**
 * The way of a request to Graph and back, once per process. The concerns around the call are composed here, and only
 * here, in the order in which they are written down.
 */

import type { ApiVersion } from "../../config/config.ts";
import type { GatewayLog } from "../../observability/log.ts";
import type { GatewayMetrics } from "../../observability/metrics.ts";
import type { Clock } from "../../request/clock.ts";
import { withApiVersion } from "./pipeline/api-version.ts";
import { createBatch, withBatch } from "./pipeline/batch.ts";
import { withCircuitBreaker } from "./pipeline/circuit-breaker.ts";
import { withObserver } from "./pipeline/observe.ts";
import { withFreshToken } from "./pipeline/refresh-token.ts";
import { withRetry } from "./pipeline/retry.ts";
import { RetryBudget } from "./pipeline/retry-budget.ts";
import { createTransport } from "./pipeline/transport.ts";
import { type Quota, withWriteQuota } from "./pipeline/write-quota.ts";
import type { Batch, GraphRequest, Outcome, Send } from "./protocol/request.ts";
import { GraphClock } from "./protocol/server-clock.ts";

export interface GraphClientOptions {
  /** Graph's root without the version, such as https://graph.microsoft.com. */
  baseUrl: URL;
  apiVersion: ApiVersion;
  /** Upper bound of open sockets to Graph. */
  maxConnections: number;
  writeQuota: Quota;
  log: GatewayLog;
  /** Absent where nobody counts. */
  metrics: GatewayMetrics | undefined;
  clock: Clock;
}

export class GraphClient {
  readonly baseUrl: URL;
  readonly log: GatewayLog;
  readonly metrics: GatewayMetrics | undefined;
  readonly clock: Clock;
  readonly graphClock: GraphClock;
  readonly #retryBudget: RetryBudget;
  /** An answer of any status, or the reason why there is none. Rejects only where the gateway refuses to ask. */
  readonly send: (request: GraphRequest) => Promise<Outcome>;
  readonly #sendUnbatched: Send;
  readonly #writeQuota: Quota;
  #isCircuitOpen = false;
  readonly #close: () => Promise<void>;
  /** What must not be cut short by closing, such as creates that were sent for clients who are gone. */
  #unfinished = 0;
  #onFinished: (() => void) | undefined;

  constructor({ baseUrl, apiVersion, maxConnections, writeQuota, log, metrics, clock }: GraphClientOptions) {
    this.baseUrl = baseUrl;
    this.log = log;
    this.metrics = metrics;
    this.clock = clock;
    this.graphClock = new GraphClock(clock.now);
    this.#retryBudget = new RetryBudget(clock.now);

    const transport = createTransport(baseUrl, maxConnections);
    this.#close = transport.close;
    const observed = withObserver(transport.send, baseUrl, clock.now, (attempt, date) => {
      this.graphClock.observe(date);
      log.graphAttempt(attempt);
      metrics?.graphAttempt(attempt.operation, attempt.status ?? attempt.silence ?? "none", attempt.durationMs / 1000);
    });
    const versioned = withApiVersion(apiVersion, observed, log.movedToBeta);
    this.#sendUnbatched = withCircuitBreaker(versioned, (isOpen) => {
      this.#isCircuitOpen = isOpen;
    });
    const batched = withBatch(this.#sendUnbatched);
    this.#writeQuota = writeQuota;
    const paced = withWriteQuota(writeQuota, clock.now, batched);
    this.send = withRetry(withFreshToken(paced), this.#retryBudget, clock, ({ operation }) =>
      metrics?.graphRetry(operation),
    );
  }

  /** How many writes may go out to Graph at once. */
  get writeQuotaRemaining(): number {
    return this.#writeQuota.remaining;
  }

  /** Whether Graph counts as down, and is not asked but for a probe. */
  get isCircuitOpen(): boolean {
    return this.#isCircuitOpen;
  }

  /** Whether a write whose answer was lost may be sent once more: there are attempts, time and somebody waiting, and the budget has it. */
  maySendAgain(request: GraphRequest): boolean {
    const { attempts, caller } = request;
    if ((attempts?.left ?? 0) <= 0 || caller.closed.isClosed || caller.deadline.remainingMs <= 0) return false;
    if (!this.#retryBudget.takeRetry(request)) return false;
    this.metrics?.graphRetry(request.operation);
    return true;
  }

  /** What requests are given as `batch` to travel together. @param expectedItems as many as are sure to come; default 1. */
  batch(expectedItems?: number): Batch {
    return createBatch(this.#sendUnbatched, expectedItems);
  }

  /** `close` waits from here until as many `endUnfinished`. What is begun must end by itself, as everything with a deadline does. */
  beginUnfinished(): void {
    this.#unfinished += 1;
  }

  endUnfinished(): void {
    this.#unfinished -= 1;
    if (this.#unfinished === 0) this.#onFinished?.();
  }

  /** Waits for what has to be finished, then ends every connection; reads under way fail. */
  async close(): Promise<void> {
    if (this.#unfinished > 0) {
      await new Promise<void>((resolve) => {
        this.#onFinished = resolve;
      });
    }
    await this.#close();
  }
}
