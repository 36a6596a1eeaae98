/** Faults that replace a response and do not affect the connection. They work for HTTP requests and for items of a batch. */
import type { Backend } from "./backend.ts";
import { type Answer, type Call, emptyAnswer } from "./exchange.ts";
import { failureAnswer, GraphFailure, throttled } from "./failure.ts";
import type { FaultAction } from "./faults.ts";

type Forgery = Extract<FaultAction, { kind: "status" | "throttle" | "redirect" | "garbage" }>;

const kinds = ["status", "throttle", "redirect", "garbage"];

export function isForgery(action: FaultAction): action is Forgery {
  return kinds.includes(action.kind);
}

/** Whether the request takes effect before the response is replaced. */
export function appliesFirst(action: Forgery): boolean {
  return action.kind === "garbage" || (action.kind === "status" && action.apply === true);
}

/** @param truth the real response, if the request was applied. */
export function forgedAnswer(action: Forgery, backend: Backend, call: Call, truth: Answer | undefined): Answer {
  switch (action.kind) {
    case "throttle":
      return failureAnswer(throttled(action.retryAfterMs, action.hint), call, backend.settings);
    case "redirect":
      return { status: action.status, headers: { location: action.location }, body: "" };
    case "garbage":
      return garbage(action.format, truth ?? emptyAnswer(200));
    default:
      return claimed(action, backend, call);
  }
}

function claimed(action: Extract<Forgery, { kind: "status" }>, { settings }: Backend, call: Call): Answer {
  const headers = Object.fromEntries(
    Object.entries(action.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const { status, body } = action;
  if (typeof body === "string") {
    const type = body.startsWith("<") ? "text/html" : "application/json";
    return { status, headers: { "content-type": type, ...headers }, body };
  }
  if (body !== undefined) {
    return { status, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) };
  }
  if (status < 400) return { status, headers, body: "" };
  const failure = failureAnswer(new GraphFailure(status, "An error has occurred."), call, settings);
  return { ...failure, headers: { ...failure.headers, ...headers } };
}

function garbage(format: "html" | "brokenJson", truth: Answer): Answer {
  const status = truth.status >= 200 && truth.status < 300 && truth.status !== 204 ? truth.status : 200;
  const type = format === "html" ? "text/html; charset=utf-8" : "application/json";
  const body = format === "html" ? "<!DOCTYPE html><html><body>It works!</body></html>" : '{"id":"5f0fc976';
  return { status, headers: { "content-type": type }, body };
}
