/**
 * Repeats a token request that failed for a moment: a connection that was cut, a timeout, 408, 429, 5xx. A token request changes
 * nothing, so it can be repeated. What Entra refuses for good is not asked again.
 */
import { setMaxListeners } from "node:events";
import { LRUCache } from "lru-cache";
import type { GatewayError } from "../errors.ts";
import type { GatewayLog } from "../observability/log.ts";
import type { Clock } from "../request/clock.ts";
import { RetryBudget } from "../request/retry-budget.ts";
import { entraError } from "./entra-error.ts";
import type { AccessToken } from "./token-cache.ts";
import { TokenFailure } from "./token-failure.ts";
import type { WaitingCallers } from "./waiting-callers.ts";

/** Attempts for one token, including the first. */
const maxAttempts = 3;
/** Full jitter: the wait is random between 0 and this base, which doubles with each attempt. */
const backoffBaseMs = 200;
/** For a 429 without `Retry-After`. */
const throttledBaseMs = 2000;
/** Timers may fire this much early. */
const earlyMs = 5;
/** After the wait that an answer asked for: random between 0 and this. */
const afterWaitMs = 250;
/** The endpoint of a managed identity must not be asked again before one second has passed. */
const managedIdentityMinMs = 1000;
/** During an update, which lasts up to 70 s, it answers 410. MSAL waits as long. */
const goneMs = 10_000;
/** The attempts share the time that is left; this is the least and the most that one may take. */
const attemptMs = { min: 3000, max: 10_000 };
/** Retries per minute that are always permitted: in `obo` each caller needs a token. */
const retryAllowance = 100;

export class TokenRequests {
  readonly #mode: "app" | "obo";
  readonly #clock: Clock;
  readonly #log: Pick<GatewayLog, "tokenNotIssued">;
  readonly #budget: RetryBudget;
  /** Until when an answer asked to wait, by key, with its error. */
  readonly #pauses = new LRUCache<string, { endsAtMs: number; failure: TokenFailure }>({ max: 10_000 });
  readonly #closing = new AbortController();

  constructor(mode: "app" | "obo", clock: Clock, log: Pick<GatewayLog, "tokenNotIssued">) {
    this.#mode = mode;
    this.#clock = clock;
    this.#log = log;
    this.#budget = new RetryBudget(clock.now, retryAllowance);
    setMaxListeners(0, this.#closing.signal); // in `obo` many callers may wait at once
  }

  /**
   * @param key whose token: the wait that an answer asks for counts for all requests of the same key.
   * @param attempt rejects with `TokenFailure`. @param waiting decides how long a retry is worth while.
   * @throws {GatewayError} as `entraError` says; with `retryAfterSeconds` if nobody can outlast the wait.
   */
  async run(
    key: string,
    waiting: WaitingCallers,
    attempt: (timeoutMs: number) => Promise<AccessToken>,
  ): Promise<AccessToken> {
    this.#budget.countRequest();
    const pause = this.#pauses.get(key);
    const pausedMs = (pause?.endsAtMs ?? 0) - this.#clock.now();
    if (pause !== undefined && pausedMs > 0 && !(await this.#wait(pausedMs, pause.failure, waiting))) {
      throw entraError(this.#mode, pause.failure, secondsOf(pausedMs));
    }
    for (let number = 1; ; number++) {
      try {
        const token = await attempt(timeoutMsOf(waiting.remainingMs, maxAttempts - number + 1));
        this.#pauses.delete(key);
        return token;
      } catch (failure) {
        if (!(failure instanceof TokenFailure)) throw failure;
        await this.#beforeRetry(key, waiting, failure, number);
      }
    }
  }

  /** Ends every wait. */
  close(): void {
    this.#closing.abort();
  }

  /** Waits until the next attempt. @throws {GatewayError} if there is none. */
  async #beforeRetry(key: string, waiting: WaitingCallers, failure: TokenFailure, number: number): Promise<void> {
    const { retryAfterSeconds } = failure;
    const waitMs = waitMsAfter(failure, number, this.#clock);
    if (failure.isTransient && retryAfterSeconds !== undefined) {
      this.#pauses.set(key, { endsAtMs: this.#clock.now() + retryAfterSeconds * 1000 + earlyMs, failure });
    }
    const isWorthIt =
      failure.isTransient &&
      number < maxAttempts &&
      !this.#closing.signal.aborted &&
      waitMs < waiting.remainingMs &&
      // A retry that was asked for makes no outage worse.
      (retryAfterSeconds !== undefined || this.#budget.takeRetry());
    this.#log.tokenNotIssued({
      source: failure.source,
      mode: this.#mode,
      attempt: number,
      retryInMs: isWorthIt ? Math.round(waitMs) : undefined,
      status: failure.status,
      reason: failure.reason,
      error: failure.errorCode,
      subError: failure.subError,
      aadsts: failure.aadsts,
      traceId: failure.traceId,
      correlationId: failure.correlationId,
    });
    if (!isWorthIt || !(await this.#wait(waitMs, failure, waiting))) throw this.#errorOf(failure);
  }

  /** @returns false if nobody can outlast the wait, or the gateway stops. */
  async #wait(waitMs: number, failure: TokenFailure, waiting: WaitingCallers): Promise<boolean> {
    const endsAtMs = this.#clock.now() + waitMs;
    const remainingMs = () => Math.max(0, endsAtMs - this.#clock.now());
    const isAwaited = waiting.begin(remainingMs, () => this.#errorOf(failure, secondsOf(remainingMs())));
    if (!isAwaited) return false;
    if (waitMs > 0) await this.#clock.sleep(waitMs, this.#closing.signal);
    waiting.end();
    return !this.#closing.signal.aborted;
  }

  /** @param seconds until the next attempt; named only if the answer asked for a wait. */
  #errorOf(failure: TokenFailure, seconds = failure.retryAfterSeconds): GatewayError {
    const isAsked = failure.retryAfterSeconds !== undefined;
    if (isAsked) return entraError(this.#mode, failure, seconds);
    return entraError(this.#mode, failure, isGone(failure) ? goneMs / 1000 : undefined);
  }
}

function waitMsAfter(failure: TokenFailure, number: number, clock: Clock): number {
  const { source, status, retryAfterSeconds, wasReset } = failure;
  const factor = 2 ** (number - 1);
  if (retryAfterSeconds !== undefined) {
    // Timers may fire a little early, and processes that waited should not all return at the same moment.
    return retryAfterSeconds * 1000 + earlyMs + clock.random() * afterWaitMs;
  }
  if (wasReset && number === 1) return 0;
  if (isGone(failure)) return goneMs + clock.random() * backoffBaseMs;
  if (source === "managedIdentity" && status !== undefined) {
    return managedIdentityMinMs + clock.random() * throttledBaseMs * factor;
  }
  return clock.random() * (status === 429 ? throttledBaseMs : backoffBaseMs) * factor;
}

function isGone({ source, status }: TokenFailure): boolean {
  return source === "managedIdentity" && status === 410;
}

function timeoutMsOf(remainingMs: number, attemptsLeft: number): number {
  return Math.min(attemptMs.max, Math.max(attemptMs.min, Math.round(remainingMs / attemptsLeft)));
}

/** What a caller is told of a wait: whole milliseconds, without those that the gateway adds for its own timers. */
function secondsOf(waitMs: number): number {
  return Math.ceil(Math.max(0, waitMs - earlyMs)) / 1000;
}
