/**
 * Keeps retries from making an outage worse. In the last minute, there may be at most one retry per ten requests, plus a small
 * allowance so that a gateway with little traffic can retry.
 */
import type { GraphRequest } from "../protocol/request.ts";

const windowSeconds = 60;
const share = 0.1;
const allowance = 20;

export class RetryBudget {
  readonly #nowMs: () => number;
  /** A budget of its own for each tenant: retries of one must not cost another its own. */
  readonly #tenants = new Map<string | undefined, TenantBudget>();

  /** @param nowMs monotonic milliseconds. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  countRequest(request: GraphRequest): void {
    this.#of(request).current().requests += weightOf(request);
  }

  /** Whether one more retry is within the budget. If so, counts it. */
  takeRetry(request: GraphRequest): boolean {
    return this.#of(request).takeRetry(weightOf(request));
  }

  #of({ caller: { tenantId } }: GraphRequest): TenantBudget {
    const known = this.#tenants.get(tenantId);
    if (known !== undefined) return known;
    const budget = new TenantBudget(this.#nowMs);
    this.#tenants.set(tenantId, budget); // limited by the number of allowed tenants
    return budget;
  }
}

class TenantBudget {
  readonly #nowMs: () => number;
  #seconds: { second: number; requests: number; retries: number }[] = [];

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  takeRetry(weight: number): boolean {
    const current = this.current();
    const since = current.second - windowSeconds;
    this.#seconds = this.#seconds.filter(({ second }) => second > since);
    const requests = this.#seconds.reduce((sum, each) => sum + each.requests, 0);
    const retries = this.#seconds.reduce((sum, each) => sum + each.retries, 0);
    if (retries >= Math.max(allowance, share * requests)) return false;
    current.retries += weight;
    return true;
  }

  current(): { second: number; requests: number; retries: number } {
    const second = Math.floor(this.#nowMs() / 1000);
    const last = this.#seconds.at(-1);
    if (last?.second === second) return last;
    const current = { second, requests: 0, retries: 0 };
    this.#seconds.push(current);
    if (this.#seconds.length > 2 * windowSeconds) this.#seconds = this.#seconds.slice(-windowSeconds);
    return current;
  }
}

/** An item of a batch costs Graph only a part of a request. */
function weightOf({ batch }: GraphRequest): number {
  return batch?.itemWeight ?? 1;
}
