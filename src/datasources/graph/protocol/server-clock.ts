/**
 * Estimates Graph's time from the `Date` headers of its responses. Whether a record is new is decided by the clock that dated
 * the record, never by ours. `Date` has whole seconds, rounded down, so each header gives a lower bound. The highest of the
 * last ones is the closest.
 */

const rememberedAnswers = 32;
/** `Date` drops less than a second, so no header is further from the true time than this. */
export const resolutionMs = 1000;

export class GraphClock {
  readonly #nowMs: () => number;
  /** Graph's epoch milliseconds minus our monotonic ones, for each of the last responses. */
  #offsets: number[] = [];
  /** Many responses of one second have the same header. */
  #lastDate: string | string[] | undefined;
  #lastDateMs = Number.NaN;

  /** @param nowMs monotonic milliseconds. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** @param date the `Date` header of a response that has just arrived. */
  observe(date: string | string[] | undefined): void {
    if (date !== this.#lastDate) {
      this.#lastDate = date;
      this.#lastDateMs = typeof date === "string" ? Date.parse(date) : Number.NaN;
    }
    if (Number.isNaN(this.#lastDateMs)) return;
    this.#offsets.push(this.#lastDateMs - this.#nowMs());
    if (this.#offsets.length > rememberedAnswers) this.#offsets.shift();
  }

  /** Whether Graph's time is known. */
  get isSet(): boolean {
    return this.#offsets.length > 0;
  }

  /**
   * Graph's epoch milliseconds at one of our moments, or up to a second less, never more. Without any `Date` so far, our own
   * clock is used.
   *
   * @param atMs monotonic milliseconds.
   */
  earliestAt(atMs: number): number {
    const last = this.#offsets.at(-1);
    if (last === undefined) return Date.now() - (this.#nowMs() - atMs);
    return atMs + Math.min(Math.max(...this.#offsets), last + resolutionMs);
  }
}
