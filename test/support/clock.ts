/**
 * A clock that runs with the real one, except that waits are skipped: when something sleeps, time jumps ahead to the
 * earliest waking, for everybody. Waits are written down, so that a test asserts how long they would have been.
 */
import { performance } from "node:perf_hooks";
import type { Clock } from "../../src/request/clock.ts";

export interface TestClock extends Clock {
  /** Every wait so far, in milliseconds. */
  readonly sleeps: number[];
  /** By how much this clock is ahead of the real one. */
  readonly skippedMs: number;
}

/** How long this process must have had nothing to do before a wait is skipped: answers on their way come in first. */
const quietMs = 3;

/** @param random what `random` answers; default 0.5 always. @param holdMs real time that each skipped wait takes besides. */
export function skippingClock(random: () => number = () => 0.5, holdMs = 0): TestClock {
  const sleeps: number[] = [];
  const sleepers = new Set<{ wakeAtMs: number; wake: () => void }>();
  let skippedMs = 0;
  const now = () => performance.now() + skippedMs;
  /** Timers that start in one turn of the event loop start at one time, as Node's do. */
  let turnStartedMs: number | undefined;
  const turnNow = () => {
    if (turnStartedMs === undefined) {
      turnStartedMs = now();
      setImmediate(() => {
        turnStartedMs = undefined;
      });
    }
    return turnStartedMs;
  };

  let isSkipDue = false;

  function skipWhenQuiet(): void {
    if (isSkipDue) return;
    isSkipDue = true;
    whenQuiet(skip, holdMs);
  }

  function skip(): void {
    isSkipDue = false;
    if (sleepers.size === 0) return; // the wait was cut short
    const earliest = Math.min(...[...sleepers].map(({ wakeAtMs }) => wakeAtMs));
    skippedMs += Math.max(0, earliest - now());
    for (const sleeper of [...sleepers]) {
      if (sleeper.wakeAtMs > now()) continue;
      sleepers.delete(sleeper);
      sleeper.wake();
    }
    if (sleepers.size > 0) skipWhenQuiet();
  }

  return {
    sleeps,
    get skippedMs() {
      return skippedMs;
    },
    now,
    random,
    sleep(ms, signal) {
      sleeps.push(ms);
      return new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const sleeper = { wakeAtMs: turnNow() + ms, wake: resolve };
        sleepers.add(sleeper);
        skipWhenQuiet();
        signal?.addEventListener("abort", () => {
          sleepers.delete(sleeper);
          resolve();
        });
      });
    },
  };
}

/** Calls back when the event loop has been idle, whatever the machine's load: a busy one only makes it later. */
function whenQuiet(callback: () => void, holdMs: number): void {
  const before = performance.eventLoopUtilization();
  setTimeout(() => {
    // What the network has delivered meanwhile comes after the timers: it is let in first, and counts.
    setImmediate(() =>
      setImmediate(() => {
        const { active } = performance.eventLoopUtilization(before);
        if (active > quietMs / 3) whenQuiet(callback, 0);
        else callback();
      }),
    );
  }, quietMs + holdMs);
}
