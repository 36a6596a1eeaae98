/** Ctrl-C and its like: once to finish what is under way, twice to stop at once. */
import type { Io } from "./io.ts";

const graceMs = 25_000;

export class Interrupts {
  readonly #stopped = new AbortController();
  readonly #now = new AbortController();
  readonly #end: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param onFirst called at the first one; returns whether something is under way that should be finished */
  constructor(io: Io, onFirst: () => boolean) {
    this.#end = io.onInterrupt(() => {
      if (this.#stopped.signal.aborted) return this.#now.abort();
      this.#stopped.abort();
      if (!onFirst()) return this.#now.abort();
      this.#timer = setTimeout(() => this.#now.abort(), graceMs).unref();
    });
  }

  /** Nothing new is begun any more. */
  get stopped(): AbortSignal {
    return this.#stopped.signal;
  }

  /** What is under way ends at once. */
  get now(): AbortSignal {
    return this.#now.signal;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#end();
  }
}
