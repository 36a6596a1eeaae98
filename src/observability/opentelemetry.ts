/**
 * Exports traces with OpenTelemetry to a collector, over OTLP/HTTP. Loaded only if traces are on. The SDK reads its standard
 * variables itself. Nothing is registered globally, and no library is instrumented: instrumentations record URLs and more.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
import { readFileSync } from "node:fs";
import {
  type Context,
  DiagLogLevel,
  diag,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { createAgent } from "../network/connector.ts";
import type { OutboundProxies } from "../network/outbound-proxy.ts";
import { packageFolder } from "../package-folder.ts";
import type { GatewayLog } from "./log.ts";
import type { SpanAttributes, SpanStart, TraceSpan } from "./span.ts";

/** Time for a stopping gateway to export the remaining spans. */
const flushMs = 2000;
/** An unreachable collector is logged at most once in this time. */
const quietMs = 60_000;

export interface Tracing {
  /** Starts the first span of a request. @param traceparent the caller's, parsed. */
  start(start: SpanStart, traceparent: string | undefined): TraceSpan;
  /** Exports the remaining spans, in two seconds at most. */
  close(): Promise<void>;
}

/** @param proxies on the way to the collector, if any. */
export function startTracing(log: GatewayLog, proxies: OutboundProxies | undefined): Tracing {
  reportProblems(log);
  const { name, version } = JSON.parse(readFileSync(new URL("package.json", packageFolder), "utf8"));
  const service = resourceFromAttributes({ "service.name": name, "service.version": version });
  const provider = new BasicTracerProvider({
    resource: defaultResource()
      .merge(service)
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(createExporter(proxies))],
  });
  const tracer = provider.getTracer(name, version);
  return {
    start: (start, traceparent) => new OtelSpan(tracer, start, contextOf(traceparent)),
    async close() {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, flushMs);
      });
      await Promise.race([provider.shutdown().catch(() => {}), late]); // a failed export has already been logged
      clearTimeout(timer);
      diag.disable();
    },
  };
}

function createExporter(proxies: OutboundProxies | undefined): OTLPTraceExporter {
  if (proxies === undefined) return new OTLPTraceExporter();
  // With an agent of our own the SDK no longer reads these three variables.
  const file = (name: string) => {
    const path = process.env[`OTEL_EXPORTER_OTLP_TRACES_${name}`] ?? process.env[`OTEL_EXPORTER_OTLP_${name}`];
    return path ? readFileSync(path) : undefined;
  };
  const tls = { ca: file("CERTIFICATE"), cert: file("CLIENT_CERTIFICATE"), key: file("CLIENT_KEY") };
  return new OTLPTraceExporter({ httpAgentOptions: (protocol: string) => createAgent(protocol, proxies, tls) });
}

class OtelSpan implements TraceSpan {
  readonly traceparent: string;
  readonly isRecording: boolean;
  readonly #tracer: Tracer;
  readonly #parent: Context;
  readonly #span: Span;
  #hasEnded = false;

  constructor(tracer: Tracer, { name, kind, attributes = {} }: SpanStart, parent: Context) {
    this.#tracer = tracer;
    this.#parent = parent;
    this.#span = tracer.startSpan(name, { kind: kindOf(kind), attributes: defined(attributes) }, parent);
    const { traceId, spanId, traceFlags } = this.#span.spanContext();
    this.traceparent = `00-${traceId}-${spanId}-0${traceFlags & 1}`;
    this.isRecording = this.#span.isRecording();
  }

  child(start: SpanStart): TraceSpan {
    return new OtelSpan(this.#tracer, start, trace.setSpan(this.#parent, this.#span));
  }

  set(attributes: SpanAttributes, name?: string): void {
    this.#span.setAttributes(defined(attributes));
    if (name !== undefined) this.#span.updateName(name);
  }

  end(errorType?: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    if (errorType !== undefined) {
      this.#span.setAttribute("error.type", errorType).setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end();
  }
}

function kindOf(kind: SpanStart["kind"]): SpanKind {
  return kind === "server" ? SpanKind.SERVER : kind === "client" ? SpanKind.CLIENT : SpanKind.INTERNAL;
}

function contextOf(traceparent: string | undefined): Context {
  const [, traceId, spanId, flags] = traceparent?.split("-") ?? [];
  if (traceId === undefined || spanId === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: Number(flags), isRemote: true });
}

/** Written as a loop: it runs for every span. */
function defined(attributes: SpanAttributes): Record<string, string | number> {
  const values: Record<string, string | number> = {};
  for (const name in attributes) {
    const value = attributes[name];
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** Logs the cause's code alone: the SDK's own messages may quote a collector's response. */
function reportProblems(log: GatewayLog): void {
  let reportedAtMs = Number.NEGATIVE_INFINITY;
  const report = (message: string) => {
    if (performance.now() - reportedAtMs < quietMs) return;
    reportedAtMs = performance.now();
    log.tracesNotExported({ cause: causeOf(message) });
  };
  const ignore = () => {};
  const logger = { error: report, warn: ignore, info: ignore, debug: ignore, verbose: ignore };
  diag.setLogger(logger, { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true });
}

/** The SDK describes an error as JSON. Its code is a status, such as `400`, or a network error's, such as `ECONNREFUSED`. */
function causeOf(message: string): string {
  const [, code = "UNKNOWN"] = /"code":"(\w{1,60})"/.exec(message) ?? [];
  return code;
}
