/**
 * The gateway's interface for spans. A span is passed from caller to callee, so no parent has to be guessed from the flow of
 * control. Without traces a span costs nothing. `opentelemetry.ts` makes real spans.
 */

/** Fixed words, numbers and Graph's ids; never literals of a document, variables, paths, queries or names of users. */
export type SpanAttributes = Readonly<Record<string, string | number | undefined>>;

export interface SpanStart {
  /** From a fixed set. */
  readonly name: string;
  /** Default: internal. */
  readonly kind?: "server" | "client";
  readonly attributes?: SpanAttributes;
}

export interface TraceSpan {
  /** The W3C header that makes the called service part of the trace; `undefined` without a trace. */
  readonly traceparent: string | undefined;
  /** Whether the span is recorded. */
  readonly isRecording: boolean;
  /** A child span, which begins now. */
  child(start: SpanStart): TraceSpan;
  /** @param name replaces the first name. */
  set(attributes: SpanAttributes, name?: string): void;
  /** Ends the span; later calls do nothing. @param errorType an error code, if it failed. */
  end(errorType?: string): void;
}

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
const pattern = /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/**
 * Parses a caller's header and returns it in version 00. Returns `undefined` if it is not well-formed, so that no other text
 * is passed on.
 */
export function parseTraceparent(header: string | string[] | undefined): string | undefined {
  if (typeof header !== "string") return undefined;
  const [, version, ids, flags, more] = pattern.exec(header) ?? [];
  if (ids === undefined || flags === undefined || (version === "00" && more !== undefined)) return undefined;
  return `00-${ids}-0${Number.parseInt(flags, 16) & 1}`;
}

/** The 32 hexadecimal digits of the trace id, for the log. */
export function traceIdOf({ traceparent }: TraceSpan): string | undefined {
  return traceparent?.slice(3, 35);
}

/** A span that records nothing and passes on the caller's trace unchanged. */
export function untraced(traceparent: string | undefined): TraceSpan {
  return traceparent === undefined ? nothing : unrecorded(traceparent);
}

const nothing = unrecorded(undefined);

function unrecorded(traceparent: string | undefined): TraceSpan {
  const span: TraceSpan = { traceparent, isRecording: false, child: () => span, set() {}, end() {} };
  return span;
}
