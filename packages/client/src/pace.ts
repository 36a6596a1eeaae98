/**
 * Keeps long computations from blocking the event loop: they ask every now and then, and pause when they have held the
 * thread for long enough. Also the place where an `AbortSignal` takes effect.
 */

/** How long one stretch of computing may hold the thread. */
const maxStretchMs = 12;

export class Pace {
  readonly #signal: AbortSignal | undefined;
  #pausedAt = performance.now();

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
    signal?.throwIfAborted();
  }

  /** @throws the signal's reason, once the signal is aborted */
  throwIfAborted(): void {
    this.#signal?.throwIfAborted();
  }

  /** Whether it is time to pause. Cheap enough to ask every few hundred steps. */
  get isPauseDue(): boolean {
    return performance.now() - this.#pausedAt >= maxStretchMs;
  }

  /**
   * Lets timers, input and other tasks run, then goes on.
   *
   * @throws the signal's reason, once the signal is aborted
   */
  async pause(): Promise<void> {
    await nextTask();
    this.throwIfAborted();
    this.#pausedAt = performance.now();
  }

  /**
   * Waits for work that can't be stopped, but no longer than until the signal is aborted.
   *
   * @throws the signal's reason, once the signal is aborted
   */
  async race<T>(work: Promise<T>): Promise<T> {
    const signal = this.#signal;
    if (signal === undefined) return work;
    signal.throwIfAborted();
    let stop = () => {};
    const aborted = new Promise<never>((_, reject) => {
      stop = () => reject(signal.reason);
      signal.addEventListener("abort", stop);
    });
    try {
      return await Promise.race([work, aborted]);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  /** Pauses if it is time to. */
  async pauseIfDue(): Promise<void> {
    this.throwIfAborted();
    if (this.isPauseDue) await this.pause();
  }
}

/** A message to oneself is a task of its own in browsers and in Node.js, without the 4 ms that browsers add to timers. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
