/**
 * Keeps retries from making an outage worse. In the last minute, there may be at most one retry per ten requests, plus a small
 * allowance so that a gateway with little traffic can retry.
 */
const windowSeconds = 60;
const share = 0.1;
const defaultAllowance = 20;

export class RetryBudget {
  readonly #nowMs: () => number;
  readonly #allowance: number;
  #seconds: { second: number; requests: number; retries: number }[] = [];

  /** @param nowMs monotonic milliseconds. @param allowance retries per minute that are always permitted, default 20. */
  constructor(nowMs: () => number, allowance = defaultAllowance) {
    this.#nowMs = nowMs;
    this.#allowance = allowance;
  }

  /** @param weight what the request costs, in requests; an item of a batch costs only a part of one. */
  countRequest(weight = 1): void {
    this.#current().requests += weight;
  }

  /** Whether one more retry is within the budget. If so, counts it. */
  takeRetry(weight = 1): boolean {
    const current = this.#current();
    const since = current.second - windowSeconds;
    this.#seconds = this.#seconds.filter(({ second }) => second > since);
    const requests = this.#seconds.reduce((sum, each) => sum + each.requests, 0);
    const retries = this.#seconds.reduce((sum, each) => sum + each.retries, 0);
    if (retries >= Math.max(this.#allowance, share * requests)) return false;
    current.retries += weight;
    return true;
  }

  #current(): { second: number; requests: number; retries: number } {
    const second = Math.floor(this.#nowMs() / 1000);
    const last = this.#seconds.at(-1);
    if (last?.second === second) return last;
    const current = { second, requests: 0, retries: 0 };
    this.#seconds.push(current);
    if (this.#seconds.length > 2 * windowSeconds) this.#seconds = this.#seconds.slice(-windowSeconds);
    return current;
  }
}
