/**
 * HTTP to Graph: undici's Pool, one answer collected per call. It uses `dispatch`, the call that `Pool.request` is made
 * of, because only its callbacks tell whether a request was written to a socket before it failed: the same ECONNRESET
 * means "never sent" while connecting and "who knows" afterwards. Redirects are not followed, and sizes are bounded while
 * the answer streams.
 */
import { randomUUID } from "node:crypto";
import { type Dispatcher, errors, Pool } from "undici";
import { type GraphRequest, type GraphResponse, TransportError } from "./graph-request.ts";

/** A page of 1,000 redacted certificates has about 600 KB; twenty created ones of the largest size 28 MB. */
const maxAnswerBytes = 32 * 1024 * 1024;
/** Errors of Graph are a few hundred bytes; of a longer one only the status counts. */
const maxErrorBytes = 256 * 1024;

const userAgent = "intune-pfx-gateway";

export interface Transport {
  /** @param path absolute, with the API version. */
  send(request: GraphRequest, path: string): Promise<GraphResponse>;
  close(): Promise<void>;
}

/** @param baseUrl scheme, host and optional path prefix of Graph. @param connections upper bound of open sockets. */
export function createTransport(baseUrl: URL, connections: number): Transport {
  const pool = new Pool(baseUrl.origin, {
    connections,
    connect: { timeout: 10_000 },
    // The request's deadline bounds the wait for an answer; undici's own timers would only add a second one.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const prefix = baseUrl.pathname.replace(/\/$/, "");

  return {
    async send(request, path) {
      const token = await request.caller.token();
      const clientRequestId = randomUUID();
      const headers: Record<string, string> = {
        accept: "application/json",
        "accept-encoding": "identity",
        authorization: `Bearer ${token}`,
        "client-request-id": clientRequestId,
        "user-agent": userAgent,
      };
      if (request.body !== undefined) headers["content-type"] = "application/json";
      return new Promise((resolve, reject) => {
        const collector = new Collector(request.caller.deadline, clientRequestId, resolve, reject);
        if (collector.done) return;
        const target = request.query ? `${prefix}${path}?${request.query}` : `${prefix}${path}`;
        const body = request.body === undefined ? null : JSON.stringify(request.body);
        pool.dispatch({ method: request.method, path: target, headers, body }, collector);
      });
    },
    close: () => pool.destroy(),
  };
}

/** Collects one answer. Settles once: with the answer, or with a `TransportError` that knows whether it was sent. */
class Collector implements Dispatcher.DispatchHandler {
  done = false;
  #sent = false;
  #status = 0;
  #headers: GraphResponse["headers"] = {};
  #chunks: Buffer[] = [];
  #bytes = 0;
  #controller: Dispatcher.DispatchController | undefined;
  readonly #deadline: AbortSignal;
  readonly #clientRequestId: string;
  readonly #resolve: (response: GraphResponse) => void;
  readonly #reject: (error: TransportError) => void;

  constructor(
    deadline: AbortSignal,
    clientRequestId: string,
    resolve: (response: GraphResponse) => void,
    reject: (error: TransportError) => void,
  ) {
    this.#deadline = deadline;
    this.#clientRequestId = clientRequestId;
    this.#resolve = resolve;
    this.#reject = reject;
    if (deadline.aborted) this.#fail("deadline");
    else deadline.addEventListener("abort", this.#onDeadline);
  }

  #onDeadline = (): void => {
    this.#fail("deadline");
    this.#controller?.abort(new errors.RequestAbortedError());
  };

  #settle(): boolean {
    if (this.done) return false;
    this.done = true;
    this.#deadline.removeEventListener("abort", this.#onDeadline);
    return true;
  }

  #fail(reason: TransportError["reason"], cause?: unknown): void {
    if (this.#settle()) this.#reject(new TransportError(reason, this.#sent, this.#clientRequestId, cause));
  }

  #answer(text: string | undefined): void {
    if (!this.#settle()) return;
    const body = text === undefined ? undefined : parse(text);
    this.#resolve({ status: this.#status, headers: this.#headers, body, clientRequestId: this.#clientRequestId });
  }

  /** undici calls this right before it writes the request; a request aborted here is never written. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.done) controller.abort(new errors.RequestAbortedError());
    else this.#sent = true;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: GraphResponse["headers"]): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    const ok = this.#status < 300;
    if (this.#bytes <= (ok ? maxAnswerBytes : maxErrorBytes)) {
      this.#chunks.push(chunk);
      return;
    }
    if (ok) this.#fail("tooLarge");
    else this.#answer(undefined);
    controller.abort(new errors.ResponseExceededMaxSizeError());
  }

  onResponseEnd(): void {
    this.#answer(Buffer.concat(this.#chunks, this.#bytes).toString("utf8"));
  }

  onResponseError(_: Dispatcher.DispatchController | null, cause: Error): void {
    // A final status that is no success stands, whatever became of its body.
    if (this.#status >= 300) this.#answer(undefined);
    else this.#fail("network", cause);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
