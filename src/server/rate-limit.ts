/**
 * So many requests a minute for each verified caller. Where nobody is verified nobody is limited: an opaque token says
 * nothing about its bearer, and behind a proxy all come from one address.
 */
import { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { VerifiedCaller } from "../auth/verify-caller.ts";
import { HttpError } from "./http-error.ts";

const windowSeconds = 60;

/** Counts a request. Rejects with {@link HttpError} 429 `RATE_LIMITED`. */
export type LimitRate = (caller: VerifiedCaller) => Promise<void>;

/** @param perMinute 0: no limit. */
export function createRateLimit(perMinute: number): LimitRate | undefined {
  if (perMinute === 0) return undefined;
  const limiter = new RateLimiterMemory({ points: perMinute, duration: windowSeconds });
  return async ({ tenantId, objectId }) => {
    try {
      await limiter.consume(`${tenantId}:${objectId}`);
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      const headers = { "retry-after": String(Math.ceil(refusal.msBeforeNext / 1000)) };
      throw new HttpError(429, "Too many requests; ask again later.", headers, "RATE_LIMITED");
    }
  };
}
