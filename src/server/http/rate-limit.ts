/**
 * Limits the requests per minute of each verified caller. Modes that verify no caller have no limit: an opaque token does not
 * identify its bearer, and behind a proxy all callers share one address.
 */
import { createHash } from "node:crypto";
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { VerifiedCaller } from "../../auth/verify-caller.ts";
import type { SharedStore } from "../../shared-store.ts";
import { HttpError } from "./http-error.ts";

const windowSeconds = 60;

/** Counts a request. Rejects with {@link HttpError} 429 `RATE_LIMITED`. */
export type LimitRate = (caller: VerifiedCaller) => Promise<void>;

/**
 * @param perMinute 1 or more. @param store where replicas count together; while it does not answer, each replica counts alone.
 */
export function createRateLimit(perMinute: number, store?: SharedStore): LimitRate {
  const limits = { points: perMinute, duration: windowSeconds };
  const alone = new RateLimiterMemory(limits);
  const together =
    store && new RateLimiterRedis({ ...limits, storeClient: store.redis, keyPrefix: `${store.keyPrefix}:rate` });
  return async ({ tenantId, objectId }) => {
    const key = createHash("sha256").update(`${tenantId}:${objectId}`).digest("base64url");
    const counted = (together && (await store.ask(() => count(together, key)))) ?? (await count(alone, key));
    if (counted.consumedPoints <= perMinute) return;
    const headers = { "retry-after": String(Math.ceil(counted.msBeforeNext / 1000)) };
    throw new HttpError(429, "Too many requests; retry later.", headers, "RATE_LIMITED");
  };
}

/** The limiters' result. They resolve with it below the limit and reject with it above the limit. */
async function count(limiter: RateLimiterMemory | RateLimiterRedis, key: string): Promise<RateLimiterRes> {
  try {
    return await limiter.consume(key);
  } catch (refusal) {
    if (refusal instanceof RateLimiterRes) return refusal;
    throw refusal;
  }
}
