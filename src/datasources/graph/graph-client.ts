/**
 * Sends requests to Graph; one per process. The pipeline around a call is composed here and only here, from the
 * inside out: a request passes the last step first.
 */

import type { ApiVersion } from "../../config/config.ts";
import { asError } from "../../errors.ts";
import type { OutboundProxies } from "../../network/outbound-proxy.ts";
import type { GatewayLog } from "../../observability/log.ts";
import type { GatewayMetrics } from "../../observability/metrics.ts";
import type { Clock } from "../../request/clock.ts";
import { withApiVersion } from "./pipeline/api-version.ts";
import { createBatch, inBatches, withBatch } from "./pipeline/batch.ts";
import { CircuitBreaker, type CircuitsOf } from "./pipeline/circuit-breaker.ts";
import { withObserver } from "./pipeline/observe.ts";
import { withFreshToken } from "./pipeline/refresh-token.ts";
import { withRetry } from "./pipeline/retry.ts";
import { RetryBudgets } from "./pipeline/retry-budgets.ts";
import { createTransport } from "./pipeline/transport.ts";
import { type Quota, withWriteQuota } from "./pipeline/write-quota.ts";
import type { Batch, GraphRequest, GraphResponse, Outcome, Send } from "./protocol/request.ts";
import { GraphClock } from "./protocol/server-clock.ts";

export interface GraphClientOptions {
  /** Graph's root without the version, such as https://graph.microsoft.com. */
  baseUrl: URL;
  apiVersion: ApiVersion;
  /** Maximum number of open sockets to Graph. */
  maxConnections: number;
  /** On the way to Graph, if any. */
  proxies: OutboundProxies | undefined;
  /** What has a circuit of its own. */
  circuitsOf: CircuitsOf;
  /** The write quota of each tenant that callers can have; `undefined`: of callers without one. */
  writeQuotas: ReadonlyMap<string | undefined, Quota>;
  log: GatewayLog;
  /** Absent if metrics are off. */
  metrics: GatewayMetrics | undefined;
  clock: Clock;
}

/** A read and its outcome; an error if the gateway itself refused to send. */
export interface SentRead {
  readonly request: GraphRequest;
  readonly outcome: Outcome | Error;
}

export class GraphClient {
  readonly baseUrl: URL;
  readonly log: GatewayLog;
  readonly metrics: GatewayMetrics | undefined;
  readonly clock: Clock;
  readonly graphClock: GraphClock;
  readonly #retryBudgets: RetryBudgets;
  /**
   * Resolves with a response of any status, or with the reason for a missing response. Rejects only if the gateway itself
   * refuses to send.
   */
  readonly send: (request: GraphRequest) => Promise<Outcome>;
  readonly #sendUnbatched: Send;
  readonly #writeQuotas: ReadonlyMap<string | undefined, Quota>;
  readonly #circuitBreaker: CircuitBreaker;
  readonly #close: () => Promise<void>;
  /** Work that `close` must not cut short, such as creates that were sent for clients that have gone. */
  #unfinished = 0;
  #onFinished: (() => void) | undefined;

  constructor(options: GraphClientOptions) {
    const { baseUrl, apiVersion, maxConnections, circuitsOf, writeQuotas, log, metrics, clock } = options;
    this.baseUrl = baseUrl;
    this.log = log;
    this.metrics = metrics;
    this.clock = clock;
    this.graphClock = new GraphClock(clock.now);
    this.#retryBudgets = new RetryBudgets(clock.now);

    const transport = createTransport(baseUrl, maxConnections, options.proxies);
    this.#close = transport.close;
    const observed = withObserver(transport.send, baseUrl, clock.now, (attempt, date) => {
      this.graphClock.observe(date);
      log.graphAttempt(attempt);
      metrics?.graphAttempt(attempt.operation, attempt.status ?? attempt.silence ?? "none", attempt.durationMs / 1000);
    });
    const versioned = withApiVersion(apiVersion, observed, (tenantId) => log.movedToBeta({ tenantId }));
    this.#circuitBreaker = new CircuitBreaker(versioned, circuitsOf);
    this.#sendUnbatched = this.#circuitBreaker.send;
    const batched = withBatch(this.#sendUnbatched);
    this.#writeQuotas = writeQuotas;
    const paced = new Map([...writeQuotas].map(([id, quota]) => [id, withWriteQuota(quota, clock.now, batched)]));
    const pacedByTenant: Send = (request) => {
      const send = paced.get(request.caller.tenantId);
      if (send === undefined) throw new Error("a caller of a tenant without a write quota");
      return send(request);
    };
    this.send = withRetry(withFreshToken(pacedByTenant), this.#retryBudgets, clock, ({ operation }) =>
      metrics?.graphRetry(operation),
    );
  }

  /**
   * Sends reads of one caller, twenty in each `$batch`. Only a read that needs another attempt passes the steps of `send`, with its
   * first attempt done.
   *
   * @returns the reads in order, each with its outcome; an error where the gateway itself refuses to send. Never rejects.
   */
  async sendReads(requests: readonly GraphRequest[], batch: Batch): Promise<SentRead[]> {
    const reads = await Promise.all(inBatches(requests).map((each) => this.#sendTogether(each, batch)));
    return reads.flat();
  }

  async #sendTogether(requests: readonly GraphRequest[], batch: Batch): Promise<SentRead[]> {
    const caller = requests[0]?.caller;
    const token = caller?.renew && (await caller.token().catch(() => undefined)); // without a token, sending fails as well
    const answers = await batch.loadTogether(requests);
    return Promise.all(requests.map((request, index) => this.#settle(request, token, answers[index])));
  }

  #settle(
    request: GraphRequest,
    token: string | undefined,
    answer: GraphResponse | Error = new Error("a batch without an answer for the request"),
  ): SentRead | Promise<SentRead> {
    if (!(answer instanceof Error) && isFinal(answer)) {
      this.#retryBudgets.countRequest(request);
      return { request, outcome: { response: answer } };
    }
    request.first = { token, answer };
    return this.send(request).then(
      (outcome) => ({ request, outcome }),
      (outcome: unknown) => ({ request, outcome: asError(outcome) }),
    );
  }

  /** The number of writes that can be sent to Graph now, for the tenant that has used up most of its quota. */
  get writeQuotaRemaining(): number {
    return Math.min(...[...this.#writeQuotas.values()].map(({ remaining }) => remaining));
  }

  /** Whether Graph counts as down, for a tenant or for most of the callers. */
  get isCircuitOpen(): boolean {
    return this.#circuitBreaker.isOpen;
  }

  /**
   * Takes one retry for a write that its data source sends again. @returns false if no attempt, time or retry budget is left, or
   * the client has disconnected; then nothing is taken.
   */
  takeRetry(request: GraphRequest): boolean {
    const { attempts, caller } = request;
    if ((attempts?.left ?? 0) <= 0 || caller.closed.isClosed || caller.deadline.remainingMs <= 0) return false;
    if (!this.#retryBudgets.takeRetry(request)) return false;
    this.metrics?.graphRetry(request.operation);
    return true;
  }

  /**
   * A batch: set it as `batch` on each request that should share one `$batch`. @param expectedItems number of requests that are
   * certain to come; default 1.
   */
  batch(expectedItems?: number): Batch {
    return createBatch(this.#sendUnbatched, this.clock.random, expectedItems);
  }

  /**
   * Marks work as started: `close()` waits until `endUnfinished()` is called for it. The work must have a deadline.
   */
  beginUnfinished(): void {
    this.#unfinished += 1;
  }

  endUnfinished(): void {
    this.#unfinished -= 1;
    if (this.#unfinished === 0) this.#onFinished?.();
  }

  /** Waits for unfinished work, then closes every connection; open reads fail. */
  async close(): Promise<void> {
    if (this.#unfinished > 0) {
      await new Promise<void>((resolve) => {
        this.#onFinished = resolve;
      });
    }
    await this.#close();
  }
}

/** Whether an answer to a read stands: neither another attempt nor another token would change it. */
function isFinal({ status }: GraphResponse): boolean {
  return status < 400 || status === 404 || status === 410;
}
