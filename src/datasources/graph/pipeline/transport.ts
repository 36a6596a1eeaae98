/**
 * HTTP to Graph: undici's Pool, one answer collected per call. It uses `dispatch`, the call that `Pool.request` is made
 * of, because only its callbacks tell whether a request was written to a socket before it failed: the same ECONNRESET
 * means "never sent" while connecting and "who knows" afterwards. Redirects are not followed, and sizes are bounded while
 * the answer streams.
 */
import { randomUUID } from "node:crypto";
import { type Dispatcher, errors, Pool } from "undici";
import type { CloseListener } from "../../../request/request-closed.ts";
import { type EncodedBody, encodeBody, parseAnswer } from "../protocol/body-encoding.ts";
import { type GraphRequest, type GraphResponse, TransportError } from "../protocol/request.ts";

/** A page of 1,000 redacted certificates has about 600 KB; twenty created ones of the largest size 28 MB. */
const maxAnswerBytes = 32 * 1024 * 1024;
/** Errors of Graph are a few hundred bytes; of a longer one only the status counts. */
const maxErrorBytes = 256 * 1024;
/** One attempt's share of the whole time: there must be time left to look up what became of it, and to try again. */
const attemptShare = 0.4;
/** What a write leaves of the time, for that look-up. */
const reservedShare = 0.15;

const userAgent = "intune-pfx-gateway";

export interface Transport {
  /** @param path absolute, with the API version. @param traceparent what the request is to carry. */
  send(request: GraphRequest, path: string, traceparent: string | undefined): Promise<GraphResponse>;
  close(): Promise<void>;
}

/** @param baseUrl scheme, host and optional path prefix of Graph. @param connections upper bound of open sockets. */
export function createTransport(baseUrl: URL, connections: number): Transport {
  const pool = new Pool(baseUrl.origin, {
    connections,
    connect: { timeout: 10_000 },
    // Every attempt has a timer of its own; undici's would only be a second opinion.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const turns = new ConnectionSemaphore(connections);
  const prefix = baseUrl.pathname.replace(/\/$/, "");

  return {
    async send(request, path, traceparent) {
      const token = await request.caller.token();
      const clientRequestId = randomUUID();
      // Name and value in turn, as undici goes through them anyway.
      const headers = ["accept", "application/json", "accept-encoding", "identity", "authorization", `Bearer ${token}`];
      headers.push("client-request-id", clientRequestId, "user-agent", userAgent);
      if (traceparent !== undefined) headers.push("traceparent", traceparent);
      if (request.body !== undefined) headers.push("content-type", "application/json");
      const target = request.query ? `${prefix}${path}?${request.query}` : `${prefix}${path}`;
      const sent = request.body && encodeBody(request.body);
      const body = sent?.bytes ?? null;
      return new Promise((resolve, reject) => {
        const exchange = new UpstreamAttempt(request, sent, clientRequestId, turns, resolve, reject);
        exchange.enter(pool, { method: request.method, path: target, headers, body });
      });
    },
    close: () => pool.destroy(),
  };
}

/**
 * Who may use a connection, and who waits for that. undici has a queue of its own, but what is given up in it takes the connection
 * along when its turn comes: after a stall each request that was given up would cost a new one.
 */
class ConnectionSemaphore {
  #free: number;
  readonly #waiting = new Set<UpstreamAttempt>();

  constructor(connections: number) {
    this.#free = connections;
  }

  enter(exchange: UpstreamAttempt): void {
    if (this.#free === 0) {
      this.#waiting.add(exchange);
      return;
    }
    this.#free -= 1;
    exchange.dispatch();
  }

  /** For one that waits no longer. */
  leave(exchange: UpstreamAttempt): void {
    this.#waiting.delete(exchange);
  }

  /** For one that undici is done with. */
  end(): void {
    for (const next of this.#waiting) {
      this.#waiting.delete(next);
      queueMicrotask(() => next.dispatch()); // undici is in the middle of its own accounts
      return;
    }
    this.#free += 1;
  }
}

/**
 * One attempt. Settles once: with the answer, or with a `TransportError` that knows whether the request was sent.
 *
 * It has methods where one might assign functions to its properties: such functions V8 allocates among the objects it
 * expects to live long, and they keep all that they know of, which is the whole request, until the next major collection.
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
  readonly #turns: ConnectionSemaphore;
  readonly #resolve: (response: GraphResponse) => void;
  readonly #reject: (error: TransportError) => void;

  constructor(
    request: GraphRequest,
    sentBody: EncodedBody | undefined,
    clientRequestId: string,
    turns: ConnectionSemaphore,
    resolve: (response: GraphResponse) => void,
    reject: (error: TransportError) => void,
  ) {
    this.#request = request;
    this.#sentBody = sentBody;
    this.#clientRequestId = clientRequestId;
    this.#turns = turns;
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

  /** Goes out when it is its turn, unless it was given up by then. */
  enter(pool: Pool, options: Dispatcher.DispatchOptions): void {
    if (this.#done) return;
    this.#pool = pool;
    this.#options = options;
    this.#turns.enter(this);
  }

  dispatch(): void {
    if (this.#done) {
      this.#turns.end(); // given up since its turn came
      return;
    }
    this.#isDispatched = true;
    if (this.#options !== undefined) this.#pool?.dispatch(this.#options, this);
  }

  onTimeout(): void {
    this.#cut(this.#request.caller.deadline.remainingMs < 1 ? "deadline" : "timeout");
  }

  /** Nobody waits any more: what only reads, or was not sent, stops; a write that was sent is seen through. */
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
    if (!this.#isDispatched) this.#turns.leave(this);
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

  /** undici calls this right before it writes the request; a request aborted here is never written. */
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
    this.#turns.end();
    this.#answer(bytes);
  }

  onResponseError(_: Dispatcher.DispatchController | null, cause: Error): void {
    this.#turns.end();
    // A final status that is no success stands, whatever became of its body.
    if (this.#status >= 300) this.#answer(undefined);
    else this.#fail("network", cause);
  }
}

function onTimeout(exchange: UpstreamAttempt): void {
  exchange.onTimeout();
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
