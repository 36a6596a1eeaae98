/**
 * One tenant's signing keys, fetched when needed. jose's `createRemoteJWKSet` does not fit: it fetches without a pause while
 * fetching fails, and after any fetch it refuses a new key for the whole cooldown. Here an outage does not affect callers whose
 * keys are known, a rotated key is found at once, and a flood of made-up key ids hardly reaches the identity provider.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/signing-key-rollover
 */
import { type CryptoKey, importJWK } from "jose";
import { GatewayError } from "../errors.ts";
import { isRecord } from "../json.ts";
import { networkCauseOf } from "../network/network-cause.ts";
import type { GatewayLog } from "../observability/log.ts";
import { type FetchJson, StatusError } from "./fetch-json.ts";

/** A withdrawn key stops working after this time, unless the key set can't be fetched. */
const maxAgeMs = 10 * 60_000;
/** At most two successful fetches in this time: one before a key rotation, one after. */
const cooldownMs = 30_000;
/** Pause after a failed fetch. */
const failureCooldownMs = 5_000;

const minModulusBits = 2048;

export type KeyLog = Pick<GatewayLog, "keysNotFetched">;

export class TenantKeys {
  #keys: ReadonlyMap<string, CryptoKey> = new Map();
  #pending: Promise<void> | undefined;
  /** The last two successful fetches, older first; -Infinity: never. */
  #answeredAtMs: readonly [number, number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  #failure: { atMs: number; cause: unknown } | undefined;
  readonly #tenantId: string;
  readonly #url: URL;
  readonly #fetchJson: FetchJson;
  readonly #nowMs: () => number;
  readonly #log: KeyLog;

  constructor(tenantId: string, url: URL, fetchJson: FetchJson, nowMs: () => number, log: KeyLog) {
    this.#tenantId = tenantId;
    this.#url = url;
    this.#fetchJson = fetchJson;
    this.#nowMs = nowMs;
    this.#log = log;
  }

  /**
   * The key with that id; `undefined` if the tenant has none.
   *
   * @throws {GatewayError} `UPSTREAM_UNAVAILABLE` if the key set can't be fetched.
   */
  async find(kid: string): Promise<CryptoKey | undefined> {
    const known = this.#keys.get(kid);
    if (known !== undefined && !this.#hasPassed(this.#answeredAtMs[1], maxAgeMs)) return known;
    if (known !== undefined && this.#failure !== undefined) {
      void this.#refresh(); // may hang for seconds; a caller with a known key does not wait
      return known;
    }
    const isJoining = this.#pending !== undefined;
    await this.#refresh();
    // The fetch that was joined may have been answered before the key was published.
    if (isJoining && !this.#keys.has(kid)) await this.#refresh();
    const key = this.#keys.get(kid);
    if (key !== undefined || this.#failure === undefined) return key;
    throw new GatewayError("UPSTREAM_UNAVAILABLE", "The identity provider's keys can't be fetched now; try again.", {
      retryAfterSeconds: failureCooldownMs / 1000,
      cause: this.#failure.cause,
    });
  }

  /** At most one fetch at a time, none during a cooldown. Never rejects. */
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
      const status = cause instanceof StatusError ? cause.status : undefined;
      const code =
        status === undefined ? (cause instanceof SyntaxError ? "NO_JSON" : networkCauseOf(cause)) : undefined;
      this.#log.keysNotFetched({ tenantId: this.#tenantId, status, cause: code });
    }
  }

  /** A clock that was set back must not stop fetching. */
  #hasPassed(sinceMs: number, ms: number): boolean {
    const ageMs = this.#nowMs() - sinceMs;
    return ageMs < 0 || ageMs >= ms;
  }
}

/** @throws {Error} if no key is usable: such a set must not replace the known keys. */
async function usableKeys(jwks: unknown, tenantId: string): Promise<ReadonlyMap<string, CryptoKey>> {
  const entries = isRecord(jwks) && Array.isArray(jwks.keys) ? jwks.keys : [];
  const keys = new Map<string, CryptoKey>();
  for (const entry of entries) {
    if (!isRecord(entry) || typeof entry.kid !== "string" || keys.has(entry.kid)) continue;
    const key = await usableKey(entry, tenantId).catch(() => undefined);
    if (key !== undefined) keys.set(entry.kid, key);
  }
  if (keys.size === 0) throw Object.assign(new Error("the key set holds no usable key"), { code: "NO_USABLE_KEY" });
  return keys;
}

/** RSA, for signatures, of at least 2048 bits, and of this tenant if the entry names an issuer. Other properties are ignored. */
async function usableKey(entry: Record<string, unknown>, tenantId: string): Promise<CryptoKey | undefined> {
  const { kty, use = "sig", alg = "RS256", key_ops: operations = ["verify"], issuer = "{tenantid}", n, e } = entry;
  if (kty !== "RSA" || use !== "sig" || alg !== "RS256") return undefined;
  if (!Array.isArray(operations) || !operations.includes("verify")) return undefined;
  if (typeof issuer !== "string" || !issuer.replace(/\{tenantid\}/i, tenantId).includes(tenantId)) return undefined;
  if (typeof n !== "string" || typeof e !== "string" || bitsOf(n) < minModulusBits) return undefined;
  const key = await importJWK({ kty, n, e }, "RS256");
  return key instanceof Uint8Array ? undefined : key;
}

/** Number of bits of a number in base64url. */
function bitsOf(base64url: string): number {
  const hex = Buffer.from(base64url, "base64url").toString("hex");
  return hex === "" ? 0 : BigInt(`0x${hex}`).toString(2).length;
}
