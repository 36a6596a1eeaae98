/**
 * What time it is at Graph, from the `Date` headers of its answers: whether a record is new is judged by the clock that
 * dated it, never by ours. A `Date` has whole seconds, cut off, so each answer says "at least"; the highest of the last
 * ones is the closest.
 */

const rememberedAnswers = 32;
/** `Date` cuts off less than a second, so no answer can be further from the truth than this. */
export const resolutionMs = 1000;

export class GraphClock {
  readonly #nowMs: () => number;
  /** Graph's epoch milliseconds minus our monotonic ones, as each of the last answers had it. */
  #offsets: number[] = [];
  /** A busy second has the same header many times. */
  #lastDate: string | string[] | undefined;
  #lastDateMs = Number.NaN;

  /** @param nowMs monotonic milliseconds. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** @param date the `Date` header of an answer that came in just now. */
  observe(date: string | string[] | undefined): void {
    if (date !== this.#lastDate) {
      this.#lastDate = date;
      this.#lastDateMs = typeof date === "string" ? Date.parse(date) : Number.NaN;
    }
    if (Number.isNaN(this.#lastDateMs)) return;
    this.#offsets.push(this.#lastDateMs - this.#nowMs());
    if (this.#offsets.length > rememberedAnswers) this.#offsets.shift();
  }

  /** Whether Graph has said what time it is. */
  get isSet(): boolean {
    return this.#offsets.length > 0;
  }

  /**
   * Graph's epoch milliseconds at a moment of ours, or up to a second less, never more. Without any `Date` seen yet, our
   * own clock answers.
   *
   * @param atMs monotonic milliseconds.
   */
  earliestAt(atMs: number): number {
    const last = this.#offsets.at(-1);
    if (last === undefined) return Date.now() - (this.#nowMs() - atMs);
    return atMs + Math.min(Math.max(...this.#offsets), last + resolutionMs);
  }
}
