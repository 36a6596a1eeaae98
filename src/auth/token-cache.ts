/**
 * Caches access tokens for Graph until shortly before they expire. The cache is bounded and acquires one token at a time for each
 * key. msal-node's own cache grows without limit and asks the identity provider once for each concurrent caller.
 */
import { LRUCache } from "lru-cache";
import type { TokenOutcome } from "../observability/metrics.ts";
import type { Deadline } from "../request/deadline.ts";
import { WaitingCallers } from "./waiting-callers.ts";

export interface AccessToken {
  token: string;
  /** Epoch milliseconds. */
  expiresAtMs: number;
}

/** A token is renewed this long before it expires, or after half of its lifetime if that is later. */
const marginMs = 5 * 60_000;
/** If renewal fails, the token is used until this long before it expires, or a quarter of its lifetime if that is less. */
const lastMs = 30_000;
/** Pause between attempts to renew. */
const restMs = 5000;

/** Why a new token is needed. */
export interface Renewal {
  /** The token that Graph rejected. */
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

/** Acquires one token, for as long as somebody waits for it. */
export type Acquire = (waiting: WaitingCallers) => Promise<AccessToken>;

interface Flight {
  readonly token: Promise<AccessToken>;
  readonly waiting: WaitingCallers;
}

export class TokenCache {
  readonly #nowMs: () => number;
  readonly #onRequest: (outcome: TokenOutcome) => void;
  readonly #tokens: LRUCache<string, KeptToken>;
  readonly #underWay = new Map<string, Flight>();

  /**
   * @param nowMs epoch milliseconds. @param capacity how many tokens are kept, default 10,000.
   * @param onRequest receives how each token was obtained; callers that wait for the same token count once.
   */
  constructor(nowMs: () => number, capacity = 10_000, onRequest: (outcome: TokenOutcome) => void = () => {}) {
    this.#nowMs = nowMs;
    this.#onRequest = onRequest;
    this.#tokens = new LRUCache({ max: capacity });
  }

  /** Number of tokens in the cache. */
  get size(): number {
    return this.#tokens.size;
  }

  /**
   * The token of a key. It is acquired if there is none, or only the rejected one. A token near its end is renewed while it is
   * still used, so that an outage of the provider for some minutes does no harm.
   *
   * @param key holds no secret. @param renewal the token that Graph rejected, and the claims that it asks for.
   * @param deadline how long this caller can wait; default as long as it takes.
   */
  async get(key: string, acquire: Acquire, renewal?: Renewal, deadline?: Deadline): Promise<string> {
    const kept = this.#tokens.get(key);
    const now = this.#nowMs();
    if (kept !== undefined && now < kept.lastUseMs && answers(kept, renewal)) {
      this.#onRequest("cached");
      if (now >= kept.refreshAtMs) {
        kept.refreshAtMs = now + restMs;
        this.#acquire(key, acquire, renewal?.claims, deadline).catch(() => {}); // the metrics count it, and there is time for another attempt
      }
      return kept.token;
    }
    return (await this.#acquire(key, acquire, renewal?.claims, deadline)).token;
  }

  /** Joins the acquisition in progress, unless it lacks the claims: Graph would reject its token again. */
  #acquire(
    key: string,
    acquire: Acquire,
    claims: string | undefined,
    deadline: Deadline | undefined,
  ): Promise<AccessToken> {
    const name = claims === undefined ? key : `${key} ${claims}`;
    const known = this.#underWay.get(name);
    if (known !== undefined) return known.waiting.join(deadline)(known.token);
    const waiting = new WaitingCallers();
    const wait = waiting.join(deadline); // before anything can fail
    const before = this.#tokens.peek(key);
    const token = acquire(waiting)
      .then(
        (acquired) => {
          this.#onRequest("acquired");
          // A token with claims must not be replaced by a token without.
          const isLess = claims === undefined && this.#tokens.peek(key)?.claims !== undefined;
          if (!isLess || this.#tokens.peek(key) === before) this.#keep(key, claims, acquired);
          return acquired;
        },
        (error: unknown) => {
          this.#onRequest("failed");
          throw error;
        },
      )
      .finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, { token, waiting });
    return wait(token);
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
