/** A retry budget of its own for each tenant: retries for one tenant must not cost another its own. */
import { RetryBudget } from "../../../request/retry-budget.ts";
import type { GraphRequest } from "../protocol/request.ts";

export class RetryBudgets {
  readonly #nowMs: () => number;
  /** As many as there are allowed tenants, at most. */
  readonly #tenants = new Map<string | undefined, RetryBudget>();

  /** @param nowMs monotonic milliseconds. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  countRequest(request: GraphRequest): void {
    this.#of(request).countRequest(weightOf(request));
  }

  /** Whether one more retry is within the budget. If so, counts it. */
  takeRetry(request: GraphRequest): boolean {
    return this.#of(request).takeRetry(weightOf(request));
  }

  #of({ caller: { tenantId } }: GraphRequest): RetryBudget {
    const known = this.#tenants.get(tenantId);
    if (known !== undefined) return known;
    const budget = new RetryBudget(this.#nowMs);
    this.#tenants.set(tenantId, budget);
    return budget;
  }
}

/** An item of a batch costs Graph only a part of a request. */
function weightOf({ batch }: GraphRequest): number {
  return batch?.itemWeight ?? 1;
}
