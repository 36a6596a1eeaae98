/**
 * A clock that runs with the real one, except that waits are skipped: when something sleeps, time jumps ahead to the
 * earliest waking, for everybody. Waits are written down, so that a test asserts how long they would have been.
 */
import type { Clock } from "../../src/datasources/clock.ts";

export interface TestClock extends Clock {
  /** Every wait so far, in milliseconds. */
  readonly sleeps: number[];
  /** By how much this clock is ahead of the real one. */
  readonly skippedMs: number;
  /** Waits are only skipped while this holds; default always. */
  isQuiet: () => boolean;
}

/**
 * @param random what `random` answers; default 0.5 always.
 * @param realMs how long a skipped wait really takes: long enough for answers on their way to come in first.
 */
export function skippingClock(random: () => number = () => 0.5, realMs = 3): TestClock {
  const sleeps: number[] = [];
  const sleepers = new Set<{ wakeAtMs: number; wake: () => void }>();
  let skippedMs = 0;
  const now = () => performance.now() + skippedMs;

  function skip(): void {
    if (!clock.isQuiet()) {
      setTimeout(skip, realMs);
      return;
    }
    const earliest = Math.min(...[...sleepers].map(({ wakeAtMs }) => wakeAtMs));
    skippedMs += Math.max(0, earliest - now());
    for (const sleeper of [...sleepers]) {
      if (sleeper.wakeAtMs > now()) continue;
      sleepers.delete(sleeper);
      sleeper.wake();
    }
    if (sleepers.size > 0) setTimeout(skip, realMs);
  }

  const clock: TestClock = {
    sleeps,
    isQuiet: () => true,
    get skippedMs() {
      return skippedMs;
    },
    now,
    random,
    sleep(ms, signal) {
      sleeps.push(ms);
      return new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = { wakeAtMs: now() + ms, wake: resolve };
        if (sleepers.size === 0) setTimeout(skip, realMs);
        sleepers.add(sleeper);
        signal?.addEventListener("abort", () => {
          sleepers.delete(sleeper);
          resolve();
        });
      });
    },
  };
  return clock;
}
