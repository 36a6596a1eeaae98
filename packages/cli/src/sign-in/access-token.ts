/** An access token, and what can be read from it. Nothing here is verified: that is the gateway's business. */
import { CliError, ExitCode } from "../cli-error.ts";
import { isRecord } from "./json.ts";
import type { Account } from "./types.ts";

export interface AccessToken {
  readonly value: string;
  readonly expiresAt: Date | undefined;
}

const renewBeforeMs = 5 * 60_000;

/** @param expiresInSeconds as the authority says it; without it, the token's own `exp` counts. */
export function accessTokenOf(value: string, now: Date, expiresInSeconds?: number): AccessToken {
  if (!isHeaderSafe(value)) {
    throw new CliError(ExitCode.SIGN_IN, "SIGN_IN_FAILED", "What came as a token has characters that no token has.");
  }
  const expiresAt =
    expiresInSeconds === undefined ? expiryOf(value) : new Date(now.getTime() + expiresInSeconds * 1000);
  return { value, expiresAt };
}

/** Whether this can be a token (RFC 6750), and an HTTP header's value. */
export function isHeaderSafe(token: string): boolean {
  return /^[A-Za-z0-9\-._~+/]+=*$/.test(token);
}

/**
 * When to get the next one, in milliseconds since the epoch: five minutes before this one expires, or when half of what
 * it had left is over.
 */
export function renewalTimeOf({ expiresAt }: AccessToken, now: Date): number {
  if (expiresAt === undefined) return Number.POSITIVE_INFINITY;
  const leftMs = expiresAt.getTime() - now.getTime();
  return expiresAt.getTime() - Math.min(renewBeforeMs, leftMs / 2);
}

/** Who the token is for, and until when. Undefined where it says neither. */
export function accountOf({ value, expiresAt }: AccessToken): Account | undefined {
  const claims = claimsOf(value);
  const user = userOf(claims);
  const tenant = textOf(claims.tid);
  if (user === undefined && tenant === undefined && expiresAt === undefined) return undefined;
  return {
    ...(user !== undefined && { user }),
    ...(tenant !== undefined && { tenant }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

/** @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference */
function userOf(claims: Record<string, unknown>): string | undefined {
  for (const name of ["preferred_username", "upn", "unique_name", "email", "app_displayname"]) {
    const text = textOf(claims[name]);
    if (text !== undefined) return text;
  }
  const application = textOf(claims.azp) ?? textOf(claims.appid);
  if (claims.scp === undefined && application !== undefined) return `application ${application}`;
  return textOf(claims.name);
}

function expiryOf(token: string): Date | undefined {
  const { exp } = claimsOf(token);
  if (typeof exp !== "number" || !Number.isFinite(exp)) return undefined;
  const date = new Date(exp * 1000);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** None where the token is opaque. */
function claimsOf(token: string): Record<string, unknown> {
  const [, payload = "", ...rest] = token.split(".");
  if (rest.length !== 1) return {};
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    return isRecord(claims) ? claims : {};
  } catch {
    return {};
  }
}

/** Fit for a terminal: no control characters, of bounded length. */
function textOf(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = value.replace(/[\p{C}\p{Z}]+/gu, " ").trim();
  return text === "" ? undefined : text.slice(0, 120);
}
