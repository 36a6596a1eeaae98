/**
 * The gateway's log: one method per event, each with a fixed record. No method logs an object as a whole, so a secret can only
 * leak through a line of this file.
 */
import { type DestinationStream, pino } from "pino";
import { type Backlog, StandardOutput } from "./standard-output.ts";

export interface GatewayLog {
  /** What standard output has not taken yet. */
  readonly backlog: Backlog;
  starting(record: {
    version: string;
    nodeVersion: string;
    authMode: string;
    graphBaseUrl: string;
    isEmulator: boolean;
  }): void;
  listening(record: {
    url: string;
    authMode: string;
    graphBaseUrl: string;
    metricsUrl: string | undefined;
    /** Address of the outbound proxy for Graph, without its user and password. */
    proxy: string | undefined;
  }): void;
  /** A variable that has no effect: its name, and why. */
  configuration(record: { warning: string }): void;
  stopping(record: { signal: string }): void;
  stopped(): void;
  /** The dates of the certificate with which the gateway proves its identity need attention. */
  clientCertificate(record: { state: string; date: Date }): void;
  /** Graph returned an enum member that this build does not know; the property became null. */
  unknownEnumMember(record: { property: string }): void;
  /** A list of Graph's had items that are no certificates; the gateway left them out. */
  oddItems(record: { count: number }): void;
  /** `GRAPH_API_VERSION=auto` found that v1.0 lacks the collection. */
  movedToBeta(record: { tenantId: string | undefined }): void;
  /** One request to Graph and its result, at level debug; at level warn without a response. */
  graphAttempt(record: GraphAttemptRecord): void;
  /** One attempt to get a token for Graph failed. */
  tokenNotIssued(record: TokenFailureRecord): void;
  /** One HTTP request and its result, at level info; probes are at level debug. */
  access(record: AccessRecord): void;
  /** A line of the audit log, written at every level but `silent`. */
  audit(record: AuditRecord): void;
  /** The Redis of `REDIS_URL` cannot be used; until it can, this process uses a state of its own. */
  sharedStoreLost(record: { kind: "absent" | "refuses" | "misconfigured"; reason: string; advice: string }): void;
  sharedStoreBack(): void;
  /** The signing keys of callers' tokens cannot be fetched. `status` is absent without an answer; then `cause` says why. */
  keysNotFetched(record: { tenantId: string; status: number | undefined; cause: string | undefined }): void;
  /** The collector does not accept traces; logged at most once a minute. `cause`: a status, or a code such as `ENOTFOUND`. */
  tracesNotExported(record: { cause: string }): void;
  /** A bug. The caller gets a masked message with the same id. */
  internalError(record: { id: string; error: unknown }): void;
}

export interface GraphAttemptRecord {
  operation: string;
  /** Absent without a response; then `silence` has the reason. */
  status?: number;
  silence?: string;
  /** Why there was no response: `ENOTFOUND`, `PROXY_STATUS_407`, `ANSWER_TIMEOUT`. */
  cause?: string | undefined;
  durationMs: number;
  /** The two ids that Microsoft's support needs. */
  clientRequestId?: string;
  requestId?: string;
}

/** Callers don't see these values; Microsoft's support needs them. */
export interface TokenFailureRecord {
  source: "entra" | "managedIdentity";
  mode: "app" | "obo";
  /** 1 for the first. */
  attempt: number;
  /** Absent if this was the last attempt. */
  retryInMs: number | undefined;
  /** Absent without an answer; then `reason` says why, such as `ENOTFOUND` or `TIMEOUT`. */
  status: number | undefined;
  reason: string | undefined;
  /** OAuth's error code and Entra's second one. */
  error: string;
  subError: string;
  /** Numbers of Microsoft's error reference. */
  aadsts: readonly number[];
  traceId: string | undefined;
  correlationId: string | undefined;
}

/** A caller can choose none of these values. */
export interface AccessRecord {
  /** The gateway's own id of the request. */
  id?: string;
  /** Absent, like the id, if the bytes were no valid HTTP. */
  method?: string;
  route: string;
  /** Absent if the client left before the response began. */
  status?: number | undefined;
  /** True if the client did not wait for the whole response. */
  aborted?: boolean | undefined;
  durationMs?: number;
  /** Bytes on the wire, including headers. */
  bytesIn: number;
  bytesOut: number;
  operationType?: string | undefined;
  operationName?: string | undefined;
  errorCodes?: readonly string[] | undefined;
  /** The trace id of the caller's well-formed `traceparent`, or the gateway's own. */
  traceId?: string | undefined;
  tenantId?: string | undefined;
  objectId?: string | undefined;
  clientId?: string | undefined;
}

/** One write and its outcome. */
export interface AuditEntry {
  operation: "create" | "update" | "delete";
  /** `success`, the failure's code, or `disconnected` if nothing was sent because the client had gone. */
  outcome: string;
  certificateId?: string | undefined;
  thumbprint?: string | undefined;
  userPrincipalName?: string | undefined;
  clientRequestId?: string | undefined;
  requestId?: string | undefined;
}

/** An entry with its caller, as far as the caller was verified. */
interface AuditRecord extends AuditEntry {
  /** The `id` of the request in the access log. */
  httpRequestId: string;
  mode: string;
  tenantId?: string | undefined;
  objectId?: string | undefined;
  clientId?: string | undefined;
  userPrincipalNameSha256?: string | undefined;
}

/** pino's numbers of the levels. */
const levels = { debug: 20, info: 30 } as const;

/** Formats a line's time as pino does, once for all lines of a millisecond. */
function isoTimes(): () => string {
  let lastMs = Number.NaN;
  let text = "";
  return () => {
    const nowMs = Date.now();
    if (nowMs !== lastMs) {
      lastMs = nowMs;
      text = `,"time":"${new Date(nowMs).toISOString()}"`;
    }
    return text;
  };
}

/** The gateway's work without the Redis of `REDIS_URL`. */
const noAnswer =
  "Redis does not answer; until it does, this process has its own share of the write quota, its own rate limits and its own creates in flight";
const noWrites =
  "Redis takes no writes; until it does, this process has its own share of the write quota, its own rate limits and its own creates in flight";

/** A destination without a backlog. */
const noBacklog: Backlog = { waitingCharacters: 0, isFull: false, droppedLines: 0 };

/** @param level pino's level; `silent` for no lines. @param given target of the lines; default standard output. */
export function createLog(level: string, given?: DestinationStream): GatewayLog {
  const timestamp = isoTimes();
  const destination =
    given ?? new StandardOutput((lines) => log.warn({ lines }, "lines are missing here: standard output was not read"));
  const output = destination instanceof StandardOutput ? destination : undefined;
  const log = pino({ level, base: null, timestamp }, destination);
  // pino builds a line property by property, which took 3 % of the CPU time for the two lines of a create.
  const lineOf = (levelNumber: number, record: Readonly<Record<string, unknown>>): string =>
    `{"level":${levelNumber}${timestamp()},${JSON.stringify(record).slice(1)}\n`;
  return {
    backlog: output ?? noBacklog,
    starting: ({ version, nodeVersion, authMode, graphBaseUrl, isEmulator }) =>
      log.info({ version, nodeVersion, authMode, graphBaseUrl, isEmulator }, "starting"),
    listening: ({ url, authMode, graphBaseUrl, metricsUrl, proxy }) =>
      log.info({ url, authMode, graphBaseUrl, metricsUrl, proxy }, "listening"),
    configuration: ({ warning }) => log.warn({ warning }, "check the configuration"),
    stopping: ({ signal }) => log.info({ signal }, "stopping"),
    stopped: () => log.info("stopped"),
    clientCertificate: ({ state, date }) =>
      log.warn({ date: date.toISOString() }, `the certificate in AZURE_CLIENT_CERTIFICATE_PATH ${state}`),
    unknownEnumMember: ({ property }) =>
      log.warn({ property }, "Graph returned an enum member that this build does not know"),
    oddItems: ({ count }) =>
      log.warn({ count }, "Graph listed items that are no certificates; they are left out of the list"),
    sharedStoreLost: ({ kind, reason, advice }) =>
      log[kind === "misconfigured" ? "error" : "warn"]({ reason, advice }, kind === "absent" ? noAnswer : noWrites),
    sharedStoreBack: () => log.info("Redis answers again; the write quota, rate limits and creates are shared"),
    movedToBeta: ({ tenantId }) =>
      log.warn({ tenantId }, "Graph v1.0 has no userPfxCertificates; using beta from now on"),
    graphAttempt({ operation, status, silence, cause, durationMs, clientRequestId, requestId }) {
      const level = cause === undefined ? "debug" : "warn";
      log[level]({ operation, status, silence, cause, durationMs, clientRequestId, requestId }, "request to Graph");
    },
    tokenNotIssued({
      source,
      mode,
      attempt,
      retryInMs,
      status,
      reason,
      error,
      subError,
      aadsts,
      traceId,
      correlationId,
    }) {
      const codes = { error: codeOrUndefined(error), subError: codeOrUndefined(subError) };
      const record = { source, mode, attempt, retryInMs, status, reason, ...codes, aadsts, traceId, correlationId };
      log.warn(record, "no token for Graph");
    },
    access(record) {
      const isProbe = record.route === "/livez" || record.route === "/readyz";
      if (!log.isLevelEnabled(isProbe ? "debug" : "info")) return;
      const line = lineOf(isProbe ? levels.debug : levels.info, {
        id: record.id,
        method: record.method,
        route: record.route,
        status: record.status,
        aborted: record.aborted,
        durationMs: record.durationMs,
        bytesIn: record.bytesIn,
        bytesOut: record.bytesOut,
        operationType: record.operationType,
        operationName: record.operationName,
        errorCodes: record.errorCodes,
        traceId: record.traceId,
        tenantId: record.tenantId,
        objectId: record.objectId,
        clientId: record.clientId,
        msg: "access",
      });
      destination.write(line);
    },
    audit(record) {
      if (level === "silent") return;
      const line = lineOf(levels.info, {
        operation: record.operation,
        outcome: record.outcome,
        httpRequestId: record.httpRequestId,
        mode: record.mode,
        tenantId: record.tenantId,
        objectId: record.objectId,
        clientId: record.clientId,
        certificateId: record.certificateId,
        thumbprint: record.thumbprint,
        userPrincipalName: record.userPrincipalName,
        userPrincipalNameSha256: record.userPrincipalNameSha256,
        clientRequestId: record.clientRequestId,
        requestId: record.requestId,
        msg: "audit",
      });
      if (output === undefined) destination.write(line);
      else output.writeAudit(line);
    },
    keysNotFetched: ({ tenantId, status, cause }) =>
      log.warn({ tenantId, status, cause }, "Entra's signing keys can't be fetched"),
    tracesNotExported: ({ cause }) => log.warn({ cause }, "the collector did not accept the traces"),
    internalError: ({ id, error }) => log.error({ id, ...describe(error) }, "internal error"),
  };
}

/** A code of OAuth's kind; no other text of the identity provider. */
function codeOrUndefined(text: string): string | undefined {
  return /^[a-z][a-z0-9_]{0,59}$/.test(text) ? text : undefined;
}

/** Returns an error's class, code and stack frames, but not its message, which may quote a request. */
function describe(error: unknown): { name: string; code?: string; frames: string[] } {
  if (!(error instanceof Error)) return { name: typeof error, frames: [] };
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  return { name: error.name, ...code, frames: frames.slice(0, 12).map((line) => line.trim()) };
}
