/**
 * Cuts transfers that are too slow: bodies that do not arrive, and responses that a client does not read. They would keep
 * memory and a slot among the concurrent requests. A slow client with much data is no such case, so progress counts, and not
 * time alone.
 */

export interface TransferLimits {
  /** Time that every transfer may take. */
  readonly graceMs: number;
  /** Rate over the whole transfer that buys further time. */
  readonly bytesPerSecond: number;
  /** Time without any progress. Longer than the operating system's buffers hide the progress of a client at that rate. */
  readonly stallMs: number;
  /** How often the transfers are checked. */
  readonly checkEveryMs: number;
}

/** One body or response under way. */
export class Transfer {
  readonly startedAtMs: number;
  readonly cut: () => void;
  bytes = 0;
  /** Progress when it was last checked. */
  seen: { readonly bytes: number; readonly atMs: number };

  constructor(nowMs: number, cut: () => void) {
    this.startedAtMs = nowMs;
    this.cut = cut;
    this.seen = { bytes: 0, atMs: nowMs };
  }
}

/** The transfers under way. One timer checks them all, and runs only while there are any. */
export class Transfers {
  readonly #limits: TransferLimits;
  readonly #underWay = new Set<Transfer>();
  #timer: NodeJS.Timeout | undefined;

  constructor(limits: TransferLimits) {
    this.#limits = limits;
  }

  /** @param cut called once if the transfer is too slow. @returns the transfer, whose `bytes` the caller counts up. */
  start(cut: () => void): Transfer {
    const transfer = new Transfer(performance.now(), cut);
    this.#underWay.add(transfer);
    this.#timer ??= setInterval(() => this.#check(), this.#limits.checkEveryMs).unref();
    return transfer;
  }

  end(transfer: Transfer): void {
    this.#underWay.delete(transfer);
  }

  #check(): void {
    const nowMs = performance.now();
    for (const transfer of this.#underWay) {
      if (!this.#isTooSlow(transfer, nowMs)) continue;
      this.#underWay.delete(transfer);
      transfer.cut();
    }
    if (this.#underWay.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #isTooSlow(transfer: Transfer, nowMs: number): boolean {
    const { graceMs, bytesPerSecond, stallMs } = this.#limits;
    const { startedAtMs, bytes, seen } = transfer;
    if (bytes > seen.bytes) transfer.seen = { bytes, atMs: nowMs };
    const allowedMs = graceMs + (bytes / bytesPerSecond) * 1000;
    return nowMs - startedAtMs > allowedMs || nowMs - transfer.seen.atMs > stallMs;
  }
}
