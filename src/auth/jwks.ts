/**
 * The keys one tenant signs tokens with, fetched when needed. Not jose's `createRemoteJWKSet`: that one refetches without
 * a pause while fetching fails, and forgets good keys when it can't refresh them. Here an outage costs nothing to those
 * whose keys are known, and a flood of made-up key ids next to nothing to the identity provider.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/signing-key-rollover
 */
import { type CryptoKey, importJWK } from "jose";
import { GatewayError } from "../errors.ts";
import { isRecord } from "../json.ts";
import type { FetchJson } from "./fetch-json.ts";

/** A key that was withdrawn stops working after this long, unless the set can't be fetched. */
const maxAgeMs = 10 * 60_000;
/** At most two fetches are answered in this time: one for the keys of before a rotation, one for those after. */
const cooldownMs = 30_000;
/** After a fetch that failed. */
const failureCooldownMs = 5_000;

const minModulusBits = 2048;

export class TenantKeys {
  #keys: ReadonlyMap<string, CryptoKey> = new Map();
  #pending: Promise<void> | undefined;
  /** The last two, older first; far in the past: never. */
  #answeredAtMs: readonly [number, number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  #failure: { atMs: number; cause: unknown } | undefined;
  readonly #tenantId: string;
  readonly #url: URL;
  readonly #fetchJson: FetchJson;
  readonly #nowMs: () => number;

  constructor(tenantId: string, url: URL, fetchJson: FetchJson, nowMs: () => number) {
    this.#tenantId = tenantId;
    this.#url = url;
    this.#fetchJson = fetchJson;
    this.#nowMs = nowMs;
  }

  /**
   * The key of that id; `undefined`: the tenant has none such.
   *
   * @throws {GatewayError} `UPSTREAM_UNAVAILABLE` where that can't be told, because the set can't be fetched.
   */
  async find(kid: string): Promise<CryptoKey | undefined> {
    const known = this.#keys.get(kid);
    if (known !== undefined && !this.#hasPassed(this.#answeredAtMs[1], maxAgeMs)) return known;
    if (known !== undefined && this.#failure !== undefined) {
      void this.#refresh(); // may hang for seconds; nobody with a known key waits for the end of an outage
      return known;
    }
    const isJoining = this.#pending !== undefined;
    await this.#refresh();
    // A fetch that was under way before may have been answered before the key was published.
    if (isJoining && !this.#keys.has(kid)) await this.#refresh();
    const key = this.#keys.get(kid);
    if (key !== undefined || this.#failure === undefined) return key;
    throw new GatewayError("UPSTREAM_UNAVAILABLE", "The identity provider's keys can't be fetched now; try again.", {
      retryAfterSeconds: failureCooldownMs / 1000,
      cause: this.#failure.cause,
    });
  }

  /** One fetch at a time, and none while cooling down. Never rejects. */
  #refresh(): Promise<void> {
    if (this.#pending !== undefined) return this.#pending;
    const isCoolingDown =
      !this.#hasPassed(this.#answeredAtMs[0], cooldownMs) ||
      (this.#failure !== undefined && !this.#hasPassed(this.#failure.atMs, failureCooldownMs));
    if (isCoolingDown) return Promise.resolve();
    this.#pending = this.#fetch().finally(() => {
      this.#pending = undefined;
    });
    return this.#pending;
  }

  async #fetch(): Promise<void> {
    try {
      this.#keys = await usableKeys(await this.#fetchJson(this.#url), this.#tenantId);
      this.#failure = undefined;
      this.#answeredAtMs = [this.#answeredAtMs[1], this.#nowMs()];
    } catch (cause) {
      this.#failure = { atMs: this.#nowMs(), cause };
    }
  }

  /** A clock that was set back must not stop the fetching. */
  #hasPassed(sinceMs: number, ms: number): boolean {
    const ageMs = this.#nowMs() - sinceMs;
    return ageMs < 0 || ageMs >= ms;
  }
}

/** @throws Error where there is not one: a set without a usable key is no reason to forget those of before. */
async function usableKeys(jwks: unknown, tenantId: string): Promise<ReadonlyMap<string, CryptoKey>> {
  const entries = isRecord(jwks) && Array.isArray(jwks.keys) ? jwks.keys : [];
  const keys = new Map<string, CryptoKey>();
  for (const entry of entries) {
    if (!isRecord(entry) || typeof entry.kid !== "string" || keys.has(entry.kid)) continue;
    const key = await usableKey(entry, tenantId).catch(() => undefined);
    if (key !== undefined) keys.set(entry.kid, key);
  }
  if (keys.size === 0) throw new Error("the key set holds no usable key");
  return keys;
}

/** RSA for signatures, strong enough, and this tenant's where it says whose; nothing else of the entry is used. */
async function usableKey(entry: Record<string, unknown>, tenantId: string): Promise<CryptoKey | undefined> {
  const { kty, use = "sig", alg = "RS256", key_ops: operations = ["verify"], issuer = "{tenantid}", n, e } = entry;
  if (kty !== "RSA" || use !== "sig" || alg !== "RS256") return undefined;
  if (!Array.isArray(operations) || !operations.includes("verify")) return undefined;
  if (typeof issuer !== "string" || !issuer.replace(/\{tenantid\}/i, tenantId).includes(tenantId)) return undefined;
  if (typeof n !== "string" || typeof e !== "string" || bitsOf(n) < minModulusBits) return undefined;
  const key = await importJWK({ kty, n, e }, "RS256");
  return key instanceof Uint8Array ? undefined : key;
}

/** Of a number in base64url. */
function bitsOf(base64url: string): number {
  const hex = Buffer.from(base64url, "base64url").toString("hex");
  return hex === "" ? 0 : BigInt(`0x${hex}`).toString(2).length;
}
