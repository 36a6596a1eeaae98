/** The deadline of a request. It includes everything: token, attempts, waits and look-ups. */
import type { Clock } from "./clock.ts";

export class Deadline {
  /** The whole time at the beginning, in milliseconds. */
  readonly budgetMs: number;
  readonly #clock: Clock;
  #endsAt: number;

  constructor(budgetMs: number, clock: Clock) {
    this.budgetMs = budgetMs;
    this.#clock = clock;
    this.#endsAt = clock.now() + budgetMs;
  }

  /** Moves the deadline by time that does not count. */
  postpone(ms: number): void {
    this.#endsAt += ms;
  }

  /** Milliseconds left; never negative. */
  get remainingMs(): number {
    return Math.max(0, this.#endsAt - this.#clock.now());
  }

  /** Resolves with the promise's value, or with `late` at the deadline. The promise's work is not cancelled. */
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

  /** A deadline for a part of the work: this many milliseconds, or the remaining time if that is less. */
  atMost(ms: number): Deadline {
    return new Deadline(Math.min(ms, this.remainingMs), this.#clock);
  }
}
