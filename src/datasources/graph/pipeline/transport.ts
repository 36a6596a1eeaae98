/**
 * HTTP to Graph over undici's Pool; each call collects one whole response. It uses `dispatch`, on which `Pool.request` is
 * built, because only its callbacks show whether a request was written to a socket before it failed: the same ECONNRESET means
 * "never sent" while connecting and "unknown" afterwards. Redirects are not followed. Sizes are limited while the response
 * streams.
 */
import { randomUUID } from "node:crypto";
import { type Dispatcher, errors, Pool } from "undici";
import { createConnector } from "../../../network/connector.ts";
import type { OutboundProxies } from "../../../network/outbound-proxy.ts";
import type { CloseListener } from "../../../request/request-closed.ts";
import { type EncodedBody, encodeBody, parseAnswer } from "../protocol/body-encoding.ts";
import { decodeContent } from "../protocol/content-encoding.ts";
import { type GraphRequest, type GraphResponse, TransportError } from "../protocol/request.ts";

/** A page of 1,000 redacted certificates has about 600 KB; twenty created certificates of the largest size have 28 MB. */
const maxAnswerBytes = 32 * 1024 * 1024;
/** Graph's errors have a few hundred bytes. Of a longer error, only the status is used. */
const maxErrorBytes = 256 * 1024;
/** One attempt's share of the whole time. The rest is for a look-up and another attempt. */
const attemptShare = 0.4;
/** Share of the time that a write reserves for a look-up. */
const reservedShare = 0.15;

const userAgent = "intune-pfx-gateway";

export interface Transport {
  /** @param path absolute, with the API version. @param traceparent header for the request. */
  send(request: GraphRequest, path: string, traceparent: string | undefined): Promise<GraphResponse>;
  close(): Promise<void>;
}

/** For connecting, and for the answer of a proxy. */
const connectTimeoutMs = 10_000;

/**
 * @param baseUrl scheme, host and optional path prefix of Graph. @param connections maximum number of open sockets. @param proxies
 * on the way to Graph, if any.
 */
export function createTransport(baseUrl: URL, connections: number, proxies: OutboundProxies | undefined): Transport {
  const pool = new Pool(baseUrl.origin, {
    connections,
    connect: createConnector(proxies, connectTimeoutMs),
    // Disabled: we set one timeout per attempt.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const semaphore = new ConnectionSemaphore(connections);
  const prefix = baseUrl.pathname.replace(/\/$/, "");

  return {
    async send(request, path, traceparent) {
      const token = await request.caller.token();
      const clientRequestId = randomUUID();
      // Names and values alternate: the form in which undici uses headers.
      const headers = ["accept", "application/json", "accept-encoding", "identity", "authorization", `Bearer ${token}`];
      headers.push("client-request-id", clientRequestId, "user-agent", userAgent);
      if (traceparent !== undefined) headers.push("traceparent", traceparent);
      if (request.body !== undefined) headers.push("content-type", "application/json");
      const target = request.query ? `${prefix}${path}?${request.query}` : `${prefix}${path}`;
      const sent = request.body && encodeBody(request.body);
      const body = sent?.bytes ?? null;
      return new Promise((resolve, reject) => {
        const attempt = new UpstreamAttempt(request, sent, clientRequestId, semaphore, resolve, reject);
        attempt.enter(pool, { method: request.method, path: target, headers, body });
      });
    },
    close: () => pool.destroy(),
  };
}

/**
 * Limits the attempts that use a connection; the others wait. undici has a queue of its own, but an attempt that is given up
 * in that queue takes the connection down when its turn comes: after a stall, each abandoned request would cost a new
 * connection.
 */
class ConnectionSemaphore {
  #free: number;
  readonly #waiting = new Set<UpstreamAttempt>();

  constructor(connections: number) {
    this.#free = connections;
  }

  enter(attempt: UpstreamAttempt): void {
    if (this.#free === 0) {
      this.#waiting.add(attempt);
      return;
    }
    this.#free -= 1;
    attempt.dispatch();
  }

  /** Removes an attempt that no longer waits. */
  leave(attempt: UpstreamAttempt): void {
    this.#waiting.delete(attempt);
  }

  /** Frees the connection of an attempt that undici has finished. */
  end(): void {
    for (const next of this.#waiting) {
      this.#waiting.delete(next);
      queueMicrotask(() => next.dispatch()); // undici is still updating its own state
      return;
    }
    this.#free += 1;
  }
}

/**
 * One attempt. It settles once: with the response, or with a `TransportError` that knows whether the request was sent.
 *
 * It has methods instead of functions in properties. V8 would allocate such functions among long-lived objects, and they would
 * keep the whole request in memory until the next major collection.
 */
class UpstreamAttempt implements Dispatcher.DispatchHandler, CloseListener {
  #done = false;
  #sent = false;
  #isDispatched = false;
  #pool: Pool | undefined;
  #options: Dispatcher.DispatchOptions | undefined;
  #status = 0;
  #headers: GraphResponse["headers"] = {};
  #chunks: Buffer[] = [];
  #bytes = 0;
  #controller: Dispatcher.DispatchController | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #request: GraphRequest;
  readonly #sentBody: EncodedBody | undefined;
  readonly #clientRequestId: string;
  readonly #semaphore: ConnectionSemaphore;
  readonly #resolve: (response: GraphResponse) => void;
  readonly #reject: (error: TransportError) => void;

  constructor(
    request: GraphRequest,
    sentBody: EncodedBody | undefined,
    clientRequestId: string,
    semaphore: ConnectionSemaphore,
    resolve: (response: GraphResponse) => void,
    reject: (error: TransportError) => void,
  ) {
    this.#request = request;
    this.#sentBody = sentBody;
    this.#clientRequestId = clientRequestId;
    this.#semaphore = semaphore;
    this.#resolve = resolve;
    this.#reject = reject;
    const { deadline, closed } = request.caller;
    if (closed.isClosed) this.#fail("disconnected");
    else if (deadline.remainingMs === 0) this.#fail("deadline");
    else {
      closed.add(this);
      this.#timer = setTimeout(onTimeout, attemptMs(request), this);
    }
  }

  /** Sends the request when it is its turn, unless the attempt was given up before. */
  enter(pool: Pool, options: Dispatcher.DispatchOptions): void {
    if (this.#done) return;
    this.#pool = pool;
    this.#options = options;
    this.#semaphore.enter(this);
  }

  dispatch(): void {
    if (this.#done) {
      this.#semaphore.end(); // given up after its turn came
      return;
    }
    this.#isDispatched = true;
    if (this.#options !== undefined) this.#pool?.dispatch(this.#options, this);
  }

  onTimeout(): void {
    this.#cut(this.#request.caller.deadline.remainingMs < 1 ? "deadline" : "timeout");
  }

  /** The client has gone: a read, or a write that was not sent, stops. A write that was sent is finished. */
  onClose(): void {
    if (this.#request.operation === "read" || !this.#sent) this.#cut("disconnected");
  }

  #cut(reason: "deadline" | "timeout" | "disconnected"): void {
    this.#fail(reason);
    this.#controller?.abort(new errors.RequestAbortedError());
  }

  #settle(): boolean {
    if (this.#done) return false;
    this.#done = true;
    clearTimeout(this.#timer);
    if (!this.#isDispatched) this.#semaphore.leave(this);
    this.#request.caller.closed.remove(this);
    return true;
  }

  #fail(reason: TransportError["reason"], cause?: unknown): void {
    if (this.#settle()) this.#reject(new TransportError(reason, this.#sent, cause));
  }

  #answer(bytes: Buffer | undefined): void {
    if (!this.#settle()) return;
    const body = bytes === undefined ? undefined : parsed(bytes, this.#sentBody);
    this.#resolve({ status: this.#status, headers: this.#headers, body, clientRequestId: this.#clientRequestId });
  }

  /** undici calls this right before it writes the request. A request that is aborted here is never written. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#done) controller.abort(new errors.RequestAbortedError());
    else {
      this.#sent = true;
      this.#request.onSend?.();
    }
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
    this.#chunks = [];
    if (ok) this.#fail("tooLarge");
    else this.#answer(undefined);
    controller.abort(new errors.ResponseExceededMaxSizeError());
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    const bytes = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks, this.#bytes);
    this.#semaphore.end();
    const coding = this.#headers["content-encoding"];
    if (coding === undefined) this.#answer(bytes);
    else this.#decode(bytes, String(coding));
  }

  /** A proxy between here and Graph may compress although the request asks for `identity`. */
  #decode(bytes: Buffer, coding: string): void {
    const isSuccess = this.#status < 300;
    const maxOutputLength = isSuccess ? maxAnswerBytes : maxErrorBytes;
    decodeContent(bytes, { coding, maxOutputLength }, (error, decoded) => {
      if (error?.code === "ERR_BUFFER_TOO_LARGE" && isSuccess) this.#fail("tooLarge");
      else this.#answer(decoded);
    });
  }

  onResponseError(_: Dispatcher.DispatchController | null, cause: Error): void {
    this.#semaphore.end();
    // A final status that is no success is the result, even if its body is lost.
    if (this.#status >= 300) this.#answer(undefined);
    else this.#fail("network", cause);
  }
}

function onTimeout(attempt: UpstreamAttempt): void {
  attempt.onTimeout();
}

function attemptMs({ caller: { deadline }, operation }: GraphRequest): number {
  const { budgetMs, remainingMs } = deadline;
  const usable = operation === "read" ? remainingMs : Math.max(remainingMs - reservedShare * budgetMs, remainingMs / 2);
  return Math.max(1, Math.min(attemptShare * budgetMs, usable));
}

function parsed(bytes: Buffer, sent: EncodedBody | undefined): unknown {
  try {
    return parseAnswer(bytes, sent);
  } catch {
    return undefined;
  }
}
