/** The parts that the HTTP server needs. */
import type { ServerResponse } from "node:http";
import type { ApolloServer } from "@apollo/server";
import type { Authenticate } from "../../auth/authenticate.ts";
import type { Config } from "../../config/config.ts";
import type { GatewayContext, RequestFacts } from "../../context.ts";
import type { GatewayLog } from "../../observability/log.ts";
import type { GatewayMetrics } from "../../observability/metrics.ts";
import type { Tracing } from "../../observability/opentelemetry.ts";
import type { Clock } from "../../request/clock.ts";
import type { StaticFiles } from "../explorer/graphiql.ts";
import type { OperationCache } from "../graphql/compiled/operation-cache.ts";
import type { ConcurrencyLimit } from "./concurrency-limit.ts";
import type { LimitRate } from "./rate-limit.ts";
import type { TransferLimits, Transfers } from "./transfers.ts";

export interface HttpOptions {
  config: Config;
  apollo: ApolloServer<GatewayContext>;
  operationCache: OperationCache;
  log: GatewayLog;
  /** Absent if metrics are off. */
  metrics: GatewayMetrics | undefined;
  /** Absent if traces are off; a caller's trace is still passed on to Graph. */
  tracing: Tracing | undefined;
  authenticate: Authenticate;
  createContext: (facts: RequestFacts) => GatewayContext;
  /** The explorer's page; absent if the explorer is off. */
  explorer?: ((response: ServerResponse) => void) | undefined;
  /** GraphiQL's files; absent if the explorer is off. */
  graphiql?: StaticFiles | undefined;
  isReady: () => boolean;
  admission: ConcurrencyLimit;
  /** Absent if callers have no rate limit. */
  limitRate: LimitRate | undefined;
  clock: Clock;
  limits: HttpLimits;
  transfers: Transfers;
}

/** Times that only tests change. */
export interface HttpLimits extends TransferLimits {
  /** Time for the head of a request to arrive. */
  readonly headMs: number;
}

export const httpLimits: HttpLimits = {
  headMs: 10_000,
  graceMs: 10_000,
  bytesPerSecond: 65_536,
  stallMs: 20_000,
  checkEveryMs: 1000,
};
