/**
 * Sends a survey's requests, with the gateway's own connection to Graph. It counts them, waits as long as a 429 asks, and knows
 * whether the survey may go on. Deleting has limits of its own, so that it is done also after the survey was stopped.
 */
import type { Transport } from "../datasources/graph/pipeline/transport.ts";
import type { GraphEntity } from "../datasources/graph/protocol/body-encoding.ts";
import { retryHintsOf } from "../datasources/graph/protocol/error-message.ts";
import { type GraphCaller, type GraphResponse, TransportError } from "../datasources/graph/protocol/request.ts";
import { retryAfterSecondsOf } from "../datasources/graph/protocol/retry-after.ts";
import { certificatePath, collectionPath, resource } from "../datasources/user-pfx-certificates/path.ts";
import { untraced } from "../observability/span.ts";
import type { Clock } from "../request/clock.ts";
import { Deadline } from "../request/deadline.ts";
import { RequestClosed } from "../request/request-closed.ts";
import type { RetryAfterForm } from "./answers.ts";

/** Repetitions included. */
const maxRequests = 60;
const maxCleanUpRequests = 40;
const maxMs = 300_000;
const maxCleanUpMs = 120_000;
/** One answer may take so long. The transport gives one attempt two fifths of a request's time. */
const maxAnswerMs = 30_000;
const attemptShare = 0.4;
const maxAttempts = 4;
/** A longer wait is not worth it: the 429 is the answer then. */
const maxWaitSeconds = 60;

/** The survey may send no more requests. */
export class SurveyEnded extends Error {
  override name = "SurveyEnded";
  readonly reason: "signal" | "requests" | "time";

  constructor(reason: SurveyEnded["reason"]) {
    super(`the survey ends here (${reason})`);
    this.reason = reason;
  }
}

/** One request for the collection or for one certificate in it. */
export interface Ask {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Of one certificate. */
  readonly id?: string;
  /** `/$count`. */
  readonly isCount?: boolean;
  /** Encoded. */
  readonly query?: string;
  readonly body?: object;
  /** Default: the session's. */
  readonly apiVersion?: "v1.0" | "beta";
}

export interface SessionOptions {
  readonly transport: Transport;
  /** Rejects with a `GatewayError`. */
  readonly token: () => Promise<string>;
  readonly clock: Clock;
  /** Closes when the survey is to end. */
  readonly closed: RequestClosed;
  /** Time for one answer, default 30 s. */
  readonly answerMs?: number | undefined;
}

interface Limits {
  requests: number;
  readonly deadline: Deadline;
  readonly closed: RequestClosed;
}

const operations = { GET: "read", POST: "create", PATCH: "update", DELETE: "delete" } as const;

export class Session {
  apiVersion: "v1.0" | "beta" = "v1.0";
  readonly clock: Clock;
  /** The forms of the wait times of all 429s. */
  readonly retryAfterForms = new Set<RetryAfterForm>();
  readonly #options: SessionOptions;
  #limits: Limits;
  #sent = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.clock = options.clock;
    this.#limits = { requests: maxRequests, deadline: new Deadline(maxMs, options.clock), closed: options.closed };
  }

  /** The number of requests so far. */
  get sent(): number {
    return this.#sent;
  }

  /** From here on other limits apply, and the end of the survey ends no request. */
  beginCleanUp(): void {
    const deadline = new Deadline(maxCleanUpMs, this.clock);
    this.#limits = { requests: maxCleanUpRequests, deadline, closed: new RequestClosed() };
  }

  /** Waits; throws `SurveyEnded` if the survey ends meanwhile. */
  async sleep(ms: number): Promise<void> {
    const { closed, deadline } = this.#limits;
    if (ms >= deadline.remainingMs) throw new SurveyEnded("time");
    await this.clock.sleep(ms, closed.signal);
    if (closed.isClosed) throw new SurveyEnded("signal");
  }

  /**
   * Resolves with the last response. A POST whose answer is lost is not repeated.
   *
   * @throws {TransportError} without an answer. @throws {SurveyEnded} if no POST was applied.
   */
  async send(ask: Ask): Promise<GraphResponse> {
    for (let attempt = 1; ; attempt += 1) {
      const waitMs = 1000 * 2 ** (attempt - 1);
      try {
        const response = await this.#sendOnce(ask);
        const { status } = response;
        if (status === 429) this.#noteRetryAfter(response);
        const isRepeated = status === 429 || (status >= 500 && ask.method !== "POST");
        const seconds = retryAfterSecondsOf(response) ?? waitMs / 1000;
        if (!isRepeated || attempt === maxAttempts || seconds > maxWaitSeconds) return response;
        await this.sleep(seconds * 1000);
      } catch (error) {
        if (!(error instanceof TransportError)) throw error;
        if (this.#limits.closed.isClosed && !error.sent) throw new SurveyEnded("signal");
        const isRepeated = ask.method !== "POST" || !error.sent;
        if (!isRepeated || attempt === maxAttempts) throw error;
        await this.sleep(waitMs);
      }
    }
  }

  async #sendOnce({ method, id, isCount, query, body, apiVersion = this.apiVersion }: Ask): Promise<GraphResponse> {
    const limits = this.#limits;
    if (limits.closed.isClosed) throw new SurveyEnded("signal");
    if (limits.requests === 0) throw new SurveyEnded("requests");
    if (limits.deadline.remainingMs === 0) throw new SurveyEnded("time");
    limits.requests -= 1;
    this.#sent += 1;
    const { transport, token, clock, answerMs = maxAnswerMs } = this.#options;
    const path = id === undefined ? `${collectionPath}${isCount ? "/$count" : ""}` : certificatePath(id);
    const caller: GraphCaller = {
      token,
      authorize() {},
      audit() {},
      tokenOwner: "gateway",
      deadline: new Deadline(answerMs / attemptShare, clock),
      closed: limits.closed,
      span: untraced(undefined),
    };
    const request = { resource, operation: operations[method], method, path, query, caller };
    const sent = body === undefined ? request : { ...request, body: new SurveyBody(body) };
    return transport.send(sent, `/${apiVersion}${path}`, undefined);
  }

  #noteRetryAfter({ headers, body }: GraphResponse): void {
    const header = String(headers["retry-after"] ?? "").trim();
    const forms: RetryAfterForm[] = [];
    if (/^\d+$/.test(header)) forms.push("seconds");
    else if (/^\d+\.\d+$/.test(header)) forms.push("fraction");
    else if (header !== "") forms.push("date");
    if (headers["x-ms-retry-after-ms"] !== undefined) forms.push("millisecondsHeader");
    if (retryHintsOf(body).some((hint) => hint !== undefined && hint !== null)) forms.push("nested");
    for (const form of forms.length === 0 ? (["none"] as const) : forms) this.retryAfterForms.add(form);
  }
}

/** Any JSON object as a body. */
class SurveyBody implements GraphEntity {
  readonly base64 = undefined;
  readonly secrets: readonly string[] = [];
  readonly #properties: object;

  constructor(properties: object) {
    this.#properties = properties;
  }

  toJSON(): object {
    return this.#properties;
  }
}
