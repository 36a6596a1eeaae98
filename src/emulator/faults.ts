/**
 * Faults for tests. A fault waits for a matching request, acts as often as configured, and is then used up. Constructors are
 * named by what happens on the wire, so that a test is easy to read.
 */
import type { RetryAfterHint } from "./settings.ts";

/** Whether the write takes effect before the fault. */
export type Moment = "beforeApplying" | "afterApplying";

export type FaultAction =
  /**
   * With `apply: true` the request is performed before this response is sent, with `applyAfterMs` so long after it. A body that
   * is no string is sent as JSON. An error status without a body gets Graph's error format.
   */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
      readonly apply?: boolean;
      readonly applyAfterMs?: number | undefined;
    }
  | { readonly kind: "throttle"; readonly retryAfterMs: number; readonly hint: RetryAfterHint }
  | { readonly kind: "delay"; readonly delayMs: number; readonly when: Moment }
  | { readonly kind: "reset"; readonly when: Moment; readonly applyAfterMs?: number | undefined }
  | { readonly kind: "truncate"; readonly ending: "destroy" | "hang" }
  | { readonly kind: "hang"; readonly when: Moment }
  | { readonly kind: "garbage"; readonly format: "html" | "brokenJson" }
  | { readonly kind: "huge"; readonly bytes: number; readonly status: number; readonly apply: boolean }
  | { readonly kind: "redirect"; readonly status: 301 | 302 | 303 | 307 | 308; readonly location: string };

export interface FaultCount {
  /** The number of matching requests that pass first; default 0. */
  readonly skip?: number;
  /** The number of requests to affect; default 1; Infinity is allowed. */
  readonly times?: number;
}

export interface Fault extends FaultCount {
  /** Default: every method. */
  readonly method?: string;
  /** Matched against the path without version and query; a string matches the whole path or its end. Default: every path. */
  readonly path?: string | RegExp;
  readonly action: FaultAction;
}

/** The remaining faults, in the order they were added. Only the first due fault acts. */
export class FaultPlan {
  #waiting: { readonly fault: Fault; skip: number; times: number }[] = [];

  add(...faults: readonly Fault[]): void {
    for (const fault of faults) this.#waiting.push({ fault, skip: fault.skip ?? 0, times: fault.times ?? 1 });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Takes the action that is due for this request. Kinds that `suits` rejects neither act nor count. */
  take(method: string, path: string, suits: (action: FaultAction) => boolean = () => true): FaultAction | undefined {
    for (const waiting of this.#waiting) {
      if (waiting.times <= 0 || !suits(waiting.fault.action) || !matches(waiting.fault, method, path)) continue;
      if (waiting.skip > 0) {
        waiting.skip -= 1;
        continue;
      }
      waiting.times -= 1;
      return waiting.fault.action;
    }
    return undefined;
  }
}

function matches(fault: Fault, method: string, path: string): boolean {
  if (fault.method !== undefined && fault.method.toUpperCase() !== method) return false;
  if (fault.path === undefined) return true;
  return typeof fault.path === "string" ? path.endsWith(fault.path) : path.search(fault.path) >= 0;
}

type Path = string | RegExp;

const fault = (method: string, path: Path, action: FaultAction, count: FaultCount = {}): Fault => ({
  method,
  path,
  action,
  ...count,
});

export interface StatusDetails extends FaultCount {
  /** Value of the Retry-After header, unchanged. */
  readonly retryAfter?: string | number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Default false: the request has no effect. */
  readonly apply?: boolean;
  /** The request takes effect so long after the response. */
  readonly applyAfterMs?: number;
}

/** Answer this status instead of the real response. */
export function answerStatus(method: string, path: Path, status: number, details: StatusDetails = {}): Fault {
  const { retryAfter, headers, body, apply = false, applyAfterMs, ...count } = details;
  const hint = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
  return fault(
    method,
    path,
    { kind: "status", status, headers: { ...hint, ...headers }, body, apply, applyAfterMs },
    count,
  );
}

/** Answer 429 with the hint in the given form. */
export function throttle(
  method: string,
  path: Path,
  retryAfterMs: number,
  hint: RetryAfterHint = "seconds",
  count?: FaultCount,
): Fault {
  return fault(method, path, { kind: "throttle", retryAfterMs, hint }, count);
}

/** Answer 401 with a claims challenge (continuous access evaluation); `claims` is the JSON before base64. */
export function challengeClaims(method: string, path: Path, claims: string, count?: FaultCount): Fault {
  const encoded = Buffer.from(claims).toString("base64");
  const challenge = `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", error="insufficient_claims", claims="${encoded}"`;
  return answerStatus(method, path, 401, { headers: { "www-authenticate": challenge }, ...count });
}

/** Apply the request, then wait before answering. */
export const delayAnswer = (method: string, path: Path, delayMs: number, count?: FaultCount): Fault =>
  fault(method, path, { kind: "delay", delayMs, when: "afterApplying" }, count);

/** Wait, then apply the request (even if the client is gone by then) and answer. */
export const delayApplying = (method: string, path: Path, delayMs: number, count?: FaultCount): Fault =>
  fault(method, path, { kind: "delay", delayMs, when: "beforeApplying" }, count);

/** Reset the connection without having applied anything; with `applyAfterMs` the request is applied so long afterwards. */
export const dropRequest = (
  method: string,
  path: Path,
  { applyAfterMs, ...count }: FaultCount & { readonly applyAfterMs?: number } = {},
): Fault => fault(method, path, { kind: "reset", when: "beforeApplying", applyAfterMs }, count);

/** Apply the request, then reset the connection: the answer is lost on its way. */
export const dropAnswer = (method: string, path: Path, count?: FaultCount): Fault =>
  fault(method, path, { kind: "reset", when: "afterApplying" }, count);

/** Never apply, never answer. */
export const hangBeforeApplying = (method: string, path: Path, count?: FaultCount): Fault =>
  fault(method, path, { kind: "hang", when: "beforeApplying" }, count);

/** Apply, never answer. */
export const hangAfterApplying = (method: string, path: Path, count?: FaultCount): Fault =>
  fault(method, path, { kind: "hang", when: "afterApplying" }, count);

/** Apply, announce the whole answer, send half of it and cut the connection. */
export const truncateAnswer = (method: string, path: Path, count?: FaultCount): Fault =>
  fault(method, path, { kind: "truncate", ending: "destroy" }, count);

/** Apply, send half of the answer and then nothing more. */
export const stallAnswer = (method: string, path: Path, count?: FaultCount): Fault =>
  fault(method, path, { kind: "truncate", ending: "hang" }, count);

/** Apply the request, and answer success with an unreadable body. */
export const garbleAnswer = (
  method: string,
  path: Path,
  format: "html" | "brokenJson" = "html",
  count?: FaultCount,
): Fault => fault(method, path, { kind: "garbage", format }, count);

export interface FloodDetails extends FaultCount {
  /** Default 200. */
  readonly status?: number;
  /** Default true below 400, else false. */
  readonly apply?: boolean;
}

/** Answer a body of this many bytes, streamed, without announcing its length. */
export function floodAnswer(method: string, path: Path, bytes: number, details: FloodDetails = {}): Fault {
  const { status = 200, apply = status < 400, ...count } = details;
  return fault(method, path, { kind: "huge", bytes, status, apply }, count);
}

/** Answer a redirect, nothing applied. */
export const redirectTo = (
  method: string,
  path: Path,
  location: string,
  status: 301 | 302 | 303 | 307 | 308 = 307,
  count?: FaultCount,
): Fault => fault(method, path, { kind: "redirect", status, location }, count);
