/** How long a request may take, everything included: token, attempts, waits and look-ups. */
import type { Clock } from "./clock.ts";

export class Deadline {
  /** What there was at the beginning, in milliseconds. */
  readonly budgetMs: number;
  readonly #clock: Clock;
  readonly #endsAt: number;

  constructor(budgetMs: number, clock: Clock) {
    this.budgetMs = budgetMs;
    this.#clock = clock;
    this.#endsAt = clock.now() + budgetMs;
  }

  /** Never negative. */
  get remainingMs(): number {
    return Math.max(0, this.#endsAt - this.#clock.now());
  }

  /** What a promise comes to in time, or `late`. Nothing is cancelled. */
  async limit<Value>(promise: Promise<Value>): Promise<Value | "late"> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(resolve, this.remainingMs, "late");
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** A deadline for a part: so many milliseconds, or what remains, whichever is less. */
  atMost(ms: number): Deadline {
    return new Deadline(Math.min(ms, this.remainingMs), this.#clock);
  }
}
