/**
 * Graph's write throttling as a sliding window. A rejected write counts like an accepted one, as documented, so a client that
 * retries without waiting stays blocked.
 */
import type { WriteQuota } from "./settings.ts";

export class WriteMeter {
  readonly #quota: WriteQuota | false;
  readonly #now: () => number;
  #writesAtMs: number[] = [];

  constructor(quota: WriteQuota | false, now: () => number) {
    this.#quota = quota;
    this.#now = now;
  }

  /** Count one write. Returns undefined if the write may pass, otherwise the milliseconds to wait. */
  count(): number | undefined {
    if (this.#quota === false) return undefined;
    const { limit, windowMs } = this.#quota;
    const now = this.#now();
    this.#writesAtMs = this.#writesAtMs.filter((atMs) => atMs > now - windowMs);
    this.#writesAtMs.push(now);
    if (this.#writesAtMs.length <= limit) return undefined;
    // The window has room again once all but (limit - 1) of the writes counted so far have left it.
    const blocking = this.#writesAtMs[this.#writesAtMs.length - limit] ?? now;
    return blocking + windowMs - now;
  }
}
