/** Time and chance, handed in so that tests can assert waits instead of sitting through them. */
import { setTimeout as wait } from "node:timers/promises";

export interface Clock {
  /** Milliseconds, monotonic: only differences mean something. */
  now(): number;
  /** Resolves after so many milliseconds, or as soon as the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** From 0 inclusive to 1 exclusive. */
  random(): number;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => wait(ms, undefined, signal && { signal }).catch(() => undefined),
  random: Math.random,
};
