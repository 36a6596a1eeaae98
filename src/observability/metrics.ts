/**
 * The gateway's metrics: one method per event, and gauges that are read at a scrape. Labels come from fixed sets and status
 * codes, never from a caller, so a caller can create no time series and no secret can leak. Loaded only if `METRICS_PORT` is
 * set. docs/observability.md lists all metrics.
 */
import { readFileSync } from "node:fs";
import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { packageFolder } from "../package-folder.ts";
import { BufferedCounter, BufferedHistogram } from "./buffered-metrics.ts";
import type { Backlog } from "./standard-output.ts";

/** Result of a look-up after a lost response; `unknown`: it could not be determined. */
export type ReconcileOutcome = "stored" | "absent" | "conflict" | "unknown";

/** Source of a token for Graph. */
export type TokenOutcome = "cached" | "acquired" | "failed";

/** Events of a request. No method throws. */
export interface GatewayMetrics {
  requestStarted(): void;
  /** @param operationType absent if the request did not reach an operation. */
  requestEnded(operationType: string | undefined, outcome: "success" | "error", seconds: number): void;
  /** The code of an error in a response, or of one item of a plural create. */
  error(code: string): void;
  /**
   * One request to Graph.
   *
   * @param operation `read`, `create`, `update` or `delete`; a `$batch` has the operation of its items.
   * @param status HTTP status, or the reason for a missing response.
   */
  graphAttempt(operation: string, status: number | string, seconds: number): void;
  graphRetry(operation: string): void;
  reconciled(outcome: ReconcileOutcome): void;
  /** Items of Graph's lists that are no certificates. */
  oddItems(count: number): void;
  tokenRequest(outcome: TokenOutcome): void;
}

/** Values that gauges read at a scrape. */
export interface GaugeSources {
  writeQuotaRemaining(): number;
  isCircuitOpen(): boolean;
  tokenCacheEntries(): number;
  readonly logBacklog: Pick<Backlog, "waitingCharacters" | "droppedLines">;
}

/** Output for Prometheus. */
export interface MetricsText {
  /** All metrics in Prometheus's text format, including those of the process. */
  text(): Promise<string>;
  readonly contentType: string;
}

export interface MetricsRegistry extends GatewayMetrics, MetricsText {
  readGauges(sources: GaugeSources): void;
}

const operationTypes: readonly string[] = ["query", "mutation", "subscription"];
/** A request lasts as long as its calls to Graph, including waits. */
const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60];
const codePattern = /^[A-Z_]{1,40}$/;
/** More than the number of existing codes. Any code above this limit would be a bug, and such codes are counted together. */
const maxCodes = 50;

/** Metrics of the process, registered once: a process has one event loop and one heap for all its gateways. */
let processMetrics: Registry | undefined;

function processRegistry(): Registry {
  if (processMetrics === undefined) {
    processMetrics = new Registry();
    collectDefaultMetrics({ register: processMetrics });
  }
  return processMetrics;
}

export function createMetrics(): MetricsRegistry {
  const register = new Registry();
  const registers = [register];
  const ofProcess = processRegistry();
  let inFlight = 0;
  let sources: GaugeSources = {
    writeQuotaRemaining: () => 0,
    isCircuitOpen: () => false,
    tokenCacheEntries: () => 0,
    logBacklog: { waitingCharacters: 0, droppedLines: 0 },
  };

  const requests = new BufferedCounter({
    name: "graphql_requests_total",
    help: "GraphQL requests answered, by operation type and by outcome: success, or error if the response has errors.",
    labelNames: ["operation_type", "outcome"],
    registers,
  });
  const requestSeconds = new BufferedHistogram("operation_type", {
    name: "graphql_request_duration_seconds",
    help: "Seconds from a GraphQL request's headers to the end of its response.",
    buckets: durationBuckets,
    registers,
  });
  const errors = new Counter({
    name: "graphql_errors_total",
    help: "Errors in responses and in single items of plural creates, by code.",
    labelNames: ["code"],
    registers,
  });
  const attempts = new BufferedCounter({
    name: "graph_upstream_requests_total",
    help: "Requests to Microsoft Graph, including retries, by HTTP status or by the reason for a missing response.",
    labelNames: ["operation", "status"],
    registers,
  });
  const attemptSeconds = new BufferedHistogram("operation", {
    name: "graph_upstream_duration_seconds",
    help: "Seconds from the start of one request to Microsoft Graph to the end of its response.",
    buckets: durationBuckets,
    registers,
  });
  const retries = new Counter({
    name: "graph_upstream_retries_total",
    help: "Retries of requests to Microsoft Graph.",
    labelNames: ["operation"],
    registers,
  });
  const reconciles = new Counter({
    name: "graph_reconciles_total",
    help: "Creates whose response was lost, by the result of the look-up: stored, absent, conflict or unknown.",
    labelNames: ["outcome"],
    registers,
  });
  const oddItems = new Counter({
    name: "graph_odd_items_total",
    help: "Items of Microsoft Graph's lists that are no certificates and were left out.",
    registers,
  });
  const tokens = new BufferedCounter({
    name: "token_requests_total",
    help: "Tokens requested for Microsoft Graph: cached, acquired from Microsoft Entra, or failed.",
    labelNames: ["outcome"],
    registers,
  });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  new Gauge({
    name: "gateway_build_info",
    help: "Always 1; the labels are the versions of the gateway and of Node.js.",
    labelNames: ["version", "node_version"],
    registers,
  }).set(
    {
      version: JSON.parse(readFileSync(new URL("package.json", packageFolder), "utf8")).version,
      node_version: process.version,
    },
    1,
  );
  gauge("graphql_requests_in_flight", "GraphQL requests in progress.", () => inFlight);
  gauge("graph_write_quota_remaining", "Writes that can be sent to Microsoft Graph now, without waiting.", () =>
    sources.writeQuotaRemaining(),
  );
  gauge("graph_circuit_breaker_open", "1 while the circuit breaker blocks requests to Microsoft Graph, else 0.", () =>
    sources.isCircuitOpen() ? 1 : 0,
  );
  gauge("token_cache_entries", "Tokens for Microsoft Graph in the cache.", () => sources.tokenCacheEntries());
  gauge(
    "log_waiting_characters",
    "Characters of log lines that wait because standard output is not read.",
    () => sources.logBacklog.waitingCharacters,
  );
  new Counter({
    name: "log_lines_dropped_total",
    help: "Log lines that were dropped because standard output was not read.",
    registers,
    collect() {
      this.reset();
      this.inc(sources.logBacklog.droppedLines);
    },
  });

  // Start at zero, so that rates and alerts have a first value.
  for (const outcome of ["stored", "absent", "conflict", "unknown"]) reconciles.inc({ outcome }, 0);
  for (const operation of ["read", "create", "update", "delete"]) retries.inc({ operation }, 0);
  for (const type of ["query", "mutation"]) {
    for (const outcome of ["success", "error"]) requests.add(type, outcome, 0);
  }

  const codes = new Set<string>();
  const boundedCode = (code: string) => {
    if (codes.has(code)) return code;
    if (codes.size >= maxCodes || !codePattern.test(code)) return "OTHER";
    codes.add(code);
    return code;
  };

  return {
    requestStarted() {
      inFlight += 1;
    },
    requestEnded(operationType, outcome, seconds) {
      inFlight -= 1;
      const type = operationType !== undefined && operationTypes.includes(operationType) ? operationType : "none";
      requests.add(type, outcome);
      requestSeconds.observe(type, seconds);
    },
    error: (code) => errors.inc({ code: boundedCode(code) }),
    graphAttempt(operation, status, seconds) {
      attempts.add(operation, String(status));
      attemptSeconds.observe(operation, seconds);
    },
    graphRetry: (operation) => retries.inc({ operation }),
    reconciled: (outcome) => reconciles.inc({ outcome }),
    oddItems: (count) => oddItems.inc(count),
    tokenRequest: (outcome) => tokens.add(outcome),
    readGauges(given) {
      sources = given;
    },
    text: async () => `${await register.metrics()}\n${await ofProcess.metrics()}`,
    contentType: register.contentType,
  };
}
