/**
 * Counters and histograms for every request, buffered. prom-client checks and looks up the labels at every count, which took a
 * quarter of the CPU time of a 4 KB create (268 against 201 µs, measured beside the build without the buffer). So many counts are
 * passed on at once, at the latest at a scrape.
 */
import { Counter, type CounterConfiguration, Histogram, type HistogramConfiguration } from "prom-client";

/** A counter with one or two labels from small sets. */
export class BufferedCounter {
  readonly #sums = new Map<string, { values: readonly string[]; sum: number }>();

  constructor(configuration: CounterConfiguration<string>) {
    const sums = this.#sums;
    const { labelNames = [] } = configuration;
    new Counter({
      ...configuration,
      collect() {
        for (const each of sums.values()) {
          this.inc(Object.fromEntries(each.values.map((value, index) => [labelNames[index], value])), each.sum);
          each.sum = 0;
        }
      },
    });
  }

  /** @param count default 1. */
  add(first: string, second = "", count = 1): void {
    const key = `${first} ${second}`;
    const known = this.#sums.get(key);
    if (known !== undefined) known.sum += count;
    else this.#sums.set(key, { values: second === "" ? [first] : [first, second], sum: count });
  }
}

/** Passing on this many takes less than a millisecond. */
const maxPending = 500;

/** A histogram of seconds with one label from a small set. */
export class BufferedHistogram {
  readonly #pending = new Map<string, number[]>();
  readonly #histogram: Histogram;
  readonly #labelName: string;

  constructor(labelName: string, configuration: Omit<HistogramConfiguration<string>, "labelNames" | "collect">) {
    this.#labelName = labelName;
    this.#histogram = new Histogram({
      ...configuration,
      labelNames: [labelName],
      collect: () => {
        for (const [label, seconds] of this.#pending) this.#tell(label, seconds);
      },
    });
  }

  observe(label: string, seconds: number): void {
    const pending = this.#pending.get(label);
    if (pending === undefined) {
      this.#pending.set(label, [seconds]);
      return;
    }
    pending.push(seconds);
    if (pending.length >= maxPending) this.#tell(label, pending);
  }

  #tell(label: string, pending: number[]): void {
    const histogram = this.#histogram.labels({ [this.#labelName]: label });
    for (const seconds of pending) histogram.observe(seconds);
    pending.length = 0;
  }
}
