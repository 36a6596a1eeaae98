/**
 * A request and a response as the routes see them, without sockets. An HTTP request and an item of a batch have the same
 * types.
 */
import { randomUUID } from "node:crypto";

export interface Call {
  readonly method: string;
  /** Without version and query, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly version: string;
  /** Names in lowercase. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Scheme and host the client used, for absolute links. */
  readonly origin: string;
  readonly requestId: string;
  readonly clientRequestId: string;
  readonly batched: boolean;
}

export interface Answer {
  readonly status: number;
  /** Names in lowercase. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A request as the emulator remembers it. */
export interface LoggedRequest {
  readonly method: string;
  /** Without version and query, as it came over the wire. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** "v1.0", "beta", or the text in the version's place. */
  readonly version: string;
  /** Names in lowercase. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON, or the text if it is no JSON; undefined without a body. */
  readonly body: unknown;
  /** Undefined until a response is sent, and forever if the connection was cut first. */
  readonly status: number | undefined;
  /** As sent, or the one the emulator made up. */
  readonly clientRequestId: string;
  readonly receivedAtMs: number;
  /** Whether this was an item of a `$batch`. */
  readonly batched: boolean;
}

export type LogEntry = { -readonly [Key in keyof LoggedRequest]: LoggedRequest[Key] };

const jsonType = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";

export function jsonAnswer(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return { status, headers: { "content-type": jsonType, ...headers }, body: JSON.stringify(body) };
}

export function textAnswer(status: number, body: string): Answer {
  return { status, headers: { "content-type": "text/plain" }, body };
}

export function emptyAnswer(status: number): Answer {
  return { status, headers: {}, body: "" };
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The body's JSON value, or its text if it is no JSON; undefined without a body. */
export function parsedOrText(body: string): unknown {
  if (body === "") return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}

/** Build a call from an HTTP request or a batch item. */
export function callFrom(
  parts: Omit<Call, "query" | "path" | "requestId" | "clientRequestId"> & { url: string },
): Call {
  const { url, ...rest } = parts;
  const mark = url.indexOf("?");
  return {
    ...rest,
    path: mark < 0 ? url : url.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1)),
    requestId: randomUUID(),
    clientRequestId: parts.headers["client-request-id"] ?? randomUUID(),
  };
}

export function logEntryFrom(call: Call, receivedAtMs: number): LogEntry {
  const { method, path, version, headers, clientRequestId, batched } = call;
  const query = Object.fromEntries(call.query);
  const body = parsedOrText(call.body);
  return { method, path, query, version, headers, body, status: undefined, clientRequestId, receivedAtMs, batched };
}
