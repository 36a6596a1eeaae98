/**
 * One piece of work at a time: calls that come while it runs get its result. It is aborted when every caller has given up.
 */
import { orAborted } from "./abort.ts";

interface Flight<Result> {
  readonly key: string | undefined;
  readonly result: Promise<Result>;
  readonly controller: AbortController;
  callers: number;
}

export class SingleFlight<Result> {
  #flight: Flight<Result> | undefined;

  get isRunning(): boolean {
    return this.#flight !== undefined;
  }

  /** @param key joins only work with the same key, and waits for any other to end; without one joins whatever runs. */
  async run(
    work: (signal: AbortSignal) => Promise<Result>,
    key?: string | undefined,
    signal?: AbortSignal,
  ): Promise<Result> {
    signal?.throwIfAborted();
    while (key !== undefined && this.#flight !== undefined && this.#flight.key !== key) {
      await orAborted(
        this.#flight.result.catch(() => {}),
        signal,
      );
    }
    this.#flight ??= this.#start(work, key);
    const flight = this.#flight;
    flight.callers++;
    try {
      return await orAborted(flight.result, signal);
    } finally {
      flight.callers--;
      if (flight.callers === 0 && this.#flight === flight) {
        this.#flight = undefined;
        flight.controller.abort(signal?.reason);
      }
    }
  }

  #start(work: (signal: AbortSignal) => Promise<Result>, key: string | undefined): Flight<Result> {
    const controller = new AbortController();
    const result = work(controller.signal).finally(() => {
      if (this.#flight === flight) this.#flight = undefined;
    });
    const flight = { key, result, controller, callers: 0 };
    result.catch(() => {}); // every caller may have given up
    return flight;
  }
}
