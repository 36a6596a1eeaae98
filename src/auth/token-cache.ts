/**
 * Access tokens for Graph, kept until shortly before they expire. Bounded, and one acquisition at a time for each key:
 * msal-node's own cache grows without limit and asks the identity provider once for every concurrent caller.
 */
import { LRUCache } from "lru-cache";
import type { TokenOutcome } from "../observability/metrics.ts";

export interface AccessToken {
  token: string;
  /** Epoch milliseconds. */
  expiresAtMs: number;
}

/** A token is replaced when so little of its life is left; at most half of it. */
const marginMs = 5 * 60_000;
/** While that does not succeed it is used on, until it might expire on its way; at most a quarter of its life before. */
const lastMs = 30_000;
/** How often that is attempted. */
const restMs = 5000;

/** What a token is wanted for beyond the usual. */
export interface Renewal {
  /** A token that Graph did not accept. */
  refused: string;
  /** JSON of the claims that Graph asks for. */
  claims?: string | undefined;
}

interface KeptToken {
  readonly token: string;
  /** The claims that Graph asked for when it was acquired. */
  readonly claims: string | undefined;
  refreshAtMs: number;
  readonly lastUseMs: number;
}

export class TokenCache {
  readonly #nowMs: () => number;
  readonly #onRequest: (outcome: TokenOutcome) => void;
  readonly #tokens: LRUCache<string, KeptToken>;
  readonly #underWay = new Map<string, Promise<AccessToken>>();

  /**
   * @param nowMs epoch milliseconds. @param capacity how many tokens are kept, default 10,000.
   * @param onRequest told how each token was come by; several that wait for the same one count once.
   */
  constructor(nowMs: () => number, capacity = 10_000, onRequest: (outcome: TokenOutcome) => void = () => {}) {
    this.#nowMs = nowMs;
    this.#onRequest = onRequest;
    this.#tokens = new LRUCache({ max: capacity });
  }

  /** How many tokens are kept. */
  get size(): number {
    return this.#tokens.size;
  }

  /**
   * The token under a key; acquired where there is none, or only the one that was just refused. One that nears its end is
   * replaced while it is still used, so that the provider may be away for some minutes.
   *
   * @param key holds no secret. @param renewal what Graph did not accept, and why.
   */
  async get(key: string, acquire: () => Promise<AccessToken>, renewal?: Renewal): Promise<string> {
    const kept = this.#tokens.get(key);
    const now = this.#nowMs();
    if (kept !== undefined && now < kept.lastUseMs && answers(kept, renewal)) {
      this.#onRequest("cached");
      if (now >= kept.refreshAtMs) {
        kept.refreshAtMs = now + restMs;
        this.#acquire(key, acquire, renewal?.claims).catch(() => {}); // the metrics tell; there is time for another attempt
      }
      return kept.token;
    }
    return (await this.#acquire(key, acquire, renewal?.claims)).token;
  }

  /** Joins the acquisition under way, unless that is without the claims: its token would be refused again. */
  #acquire(key: string, acquire: () => Promise<AccessToken>, claims: string | undefined): Promise<AccessToken> {
    const flight = claims === undefined ? key : `${key} ${claims}`;
    const known = this.#underWay.get(flight);
    if (known !== undefined) return known;
    const before = this.#tokens.peek(key);
    const underWay = acquire()
      .then(
        (acquired) => {
          this.#onRequest("acquired");
          // One with claims that came meanwhile is worth more than one without.
          const isLess = claims === undefined && this.#tokens.peek(key)?.claims !== undefined;
          if (!isLess || this.#tokens.peek(key) === before) this.#keep(key, claims, acquired);
          return acquired;
        },
        (error: unknown) => {
          this.#onRequest("failed");
          throw error;
        },
      )
      .finally(() => this.#underWay.delete(flight));
    this.#underWay.set(flight, underWay);
    return underWay;
  }

  #keep(key: string, claims: string | undefined, { token, expiresAtMs }: AccessToken): void {
    const lifeMs = expiresAtMs - this.#nowMs();
    this.#tokens.delete(key);
    if (lifeMs <= 0) return;
    this.#tokens.set(key, {
      token,
      claims,
      refreshAtMs: expiresAtMs - Math.min(marginMs, lifeMs / 2),
      lastUseMs: expiresAtMs - Math.min(lastMs, lifeMs / 4),
    });
  }
}

function answers(kept: KeptToken, renewal: Renewal | undefined): boolean {
  if (renewal === undefined) return true;
  return kept.token !== renewal.refused && (renewal.claims === undefined || renewal.claims === kept.claims);
}
