/**
 * Spans as the gateway's own code sees them. A span is handed from caller to callee, so that nothing has to be guessed from
 * the flow of control, and where traces are off a span costs nothing. `server/tracing.ts` makes real ones.
 */

/** Fixed words, numbers and Graph's ids; never a document's literals, variables, paths, queries or names of users. */
export type SpanAttributes = Readonly<Record<string, string | number | undefined>>;

export interface SpanStart {
  /** From a fixed set. */
  readonly name: string;
  /** Default: internal. */
  readonly kind?: "server" | "client";
  readonly attributes?: SpanAttributes;
}

export interface TraceSpan {
  /** The W3C header that makes what is called with it a part of the trace; `undefined` where there is none. */
  readonly traceparent: string | undefined;
  /** Whether anybody will see what is written into it. */
  readonly isRecording: boolean;
  /** A span below this one, which begins now. */
  child(start: SpanStart): TraceSpan;
  /** @param name in the place of the one it began with. */
  set(attributes: SpanAttributes, name?: string): void;
  /** Once is enough; later calls do nothing. @param errorType a code, where it failed. */
  end(errorType?: string): void;
}

/** @see https://www.w3.org/TR/trace-context/#traceparent-header */
const pattern = /^(?!ff)([0-9a-f]{2})-((?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** A caller's header as version 00 has it; `undefined` where it is not well-formed, so that nothing else is carried on. */
export function parseTraceparent(header: string | string[] | undefined): string | undefined {
  if (typeof header !== "string") return undefined;
  const [, version, ids, flags, more] = pattern.exec(header) ?? [];
  if (ids === undefined || flags === undefined || (version === "00" && more !== undefined)) return undefined;
  return `00-${ids}-0${Number.parseInt(flags, 16) & 1}`;
}

/** The 32 hexadecimal digits of a trace, for the log. */
export function traceIdOf({ traceparent }: TraceSpan): string | undefined {
  return traceparent?.slice(3, 35);
}

/** What stands in for spans where none are made: a caller's trace is carried on as it came. */
export function untraced(traceparent: string | undefined): TraceSpan {
  return traceparent === undefined ? nothing : unrecorded(traceparent);
}

const nothing = unrecorded(undefined);

function unrecorded(traceparent: string | undefined): TraceSpan {
  const span: TraceSpan = { traceparent, isRecording: false, child: () => span, set() {}, end() {} };
  return span;
}
