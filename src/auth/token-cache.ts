/**
 * Access tokens for Graph, kept until shortly before they expire. Bounded, and one acquisition at a time for each key:
 * msal-node's own cache grows without limit and asks the identity provider once for every concurrent caller.
 */
import type { TokenOutcome } from "../metrics.ts";

export interface AccessToken {
  token: string;
  /** Epoch milliseconds. */
  expiresAtMs: number;
}

/** A token is not used any more when so little of its life is left; at most half of it. */
const marginMs = 5 * 60_000;

export class TokenCache {
  readonly #nowMs: () => number;
  readonly #onRequest: (outcome: TokenOutcome) => void;
  readonly #capacity: number;
  /** The least recently used first. */
  readonly #tokens = new Map<string, AccessToken & { refreshAtMs: number }>();
  readonly #underWay = new Map<string, Promise<AccessToken>>();

  /**
   * @param nowMs epoch milliseconds. @param capacity how many tokens are kept, default 10,000.
   * @param onRequest told how each token was come by; several that wait for the same one count once.
   */
  constructor(nowMs: () => number, capacity = 10_000, onRequest: (outcome: TokenOutcome) => void = () => {}) {
    this.#nowMs = nowMs;
    this.#onRequest = onRequest;
    this.#capacity = capacity;
  }

  /** How many tokens are kept. */
  get size(): number {
    return this.#tokens.size;
  }

  /**
   * The token under a key; acquired where there is none, or only the one that was just refused.
   *
   * @param key holds no secret. @param refused a token that Graph did not accept.
   */
  async get(key: string, acquire: () => Promise<AccessToken>, refused?: string): Promise<string> {
    const kept = this.#tokens.get(key);
    if (kept !== undefined && kept.token !== refused && this.#nowMs() < kept.refreshAtMs) {
      this.#tokens.delete(key);
      this.#tokens.set(key, kept);
      this.#onRequest("cached");
      return kept.token;
    }
    const underWay = this.#underWay.get(key) ?? this.#acquire(key, acquire);
    return (await underWay).token;
  }

  #acquire(key: string, acquire: () => Promise<AccessToken>): Promise<AccessToken> {
    const underWay = acquire()
      .then(
        (acquired) => {
          this.#onRequest("acquired");
          this.#keep(key, acquired);
          return acquired;
        },
        (error: unknown) => {
          this.#onRequest("failed");
          throw error;
        },
      )
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, underWay);
    return underWay;
  }

  #keep(key: string, { token, expiresAtMs }: AccessToken): void {
    const lifeMs = expiresAtMs - this.#nowMs();
    this.#tokens.delete(key);
    if (lifeMs <= 0) return;
    this.#tokens.set(key, { token, expiresAtMs, refreshAtMs: expiresAtMs - Math.min(marginMs, lifeMs / 2) });
    const [oldest] = this.#tokens.keys();
    if (oldest !== undefined && this.#tokens.size > this.#capacity) this.#tokens.delete(oldest);
  }
}
