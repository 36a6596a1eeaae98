/**
 * Why one attempt to get a token failed, and whether the next one may succeed. Texts of the identity provider are not kept:
 * they name tenants, applications and users.
 *
 * @see https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token#error-handling
 */
import { networkCauseOf } from "../network/network-cause.ts";
import { secondsOfHint } from "../request/retry-hint.ts";
import { isLasting, isTransient as isTransientNumber } from "./aadsts.ts";
import type { TokenExchange } from "./entra-network.ts";

/** Who issues tokens: Microsoft Entra, or the endpoint of a managed identity. */
export type TokenSource = "entra" | "managedIdentity";

/** What the endpoint of a managed identity answers while it is updated, besides 408, 429 and 5xx. */
const updating = [404, 410];

export class TokenFailure extends Error {
  override name = "TokenFailure";
  readonly source: TokenSource;
  /** Absent without an answer. */
  readonly status: number | undefined;
  /** Why there was no answer, such as `ECONNRESET` or `TIMEOUT`; or why nothing was sent. */
  readonly reason: string | undefined;
  /** OAuth's error code; empty if there is none. */
  readonly errorCode: string;
  readonly subError: string;
  /** JSON; empty if there are none. */
  readonly claims: string;
  readonly aadsts: readonly number[];
  /** Microsoft's support asks for these. */
  readonly traceId: string | undefined;
  readonly correlationId: string | undefined;
  /** The wait that the answer asks for. */
  readonly retryAfterSeconds: number | undefined;
  readonly #wasSent: boolean;

  constructor(source: TokenSource, { answer, networkError }: TokenExchange, error: unknown) {
    super("no token", { cause: networkError ?? error });
    this.source = source;
    const body = answer?.body ?? {};
    const text = (name: string): string => (typeof body[name] === "string" ? body[name] : "");
    this.status = answer?.status;
    this.reason = answer === undefined ? networkCauseOf(networkError ?? error) : undefined;
    this.errorCode = text("error");
    this.subError = text("suberror");
    this.claims = text("claims");
    this.aadsts = aadstsOf(body.error_codes, text("error_description"));
    this.traceId = guidOrUndefined(text("trace_id"));
    this.correlationId = guidOrUndefined(text("correlation_id"));
    const sentAt = Date.parse(answer?.headers.date ?? "");
    const hint = secondsOfHint(answer?.headers["retry-after"], Number.isNaN(sentAt) ? Date.now() : sentAt);
    this.retryAfterSeconds = Number.isNaN(hint) ? undefined : hint;
    this.#wasSent = answer !== undefined || networkError !== undefined;
  }

  /** Whether the connection was cut, so that a new connection may serve at once. */
  get wasReset(): boolean {
    return /^(?:ECONNRESET|EPIPE|UND_ERR_SOCKET)$/.test(this.reason ?? "");
  }

  get isTransient(): boolean {
    const { status, errorCode, aadsts } = this;
    if (status === undefined) return this.#wasSent;
    if (isLasting(aadsts)) return false;
    if (status >= 500 || status === 408 || status === 429) return true;
    if (this.source === "managedIdentity" && updating.includes(status)) return true;
    if (status < 300) return true; // no token, or an answer that can't be read
    return errorCode === "temporarily_unavailable" || errorCode === "server_error" || isTransientNumber(aadsts);
  }
}

/** From `error_codes`; the endpoint of a managed identity has them in its text only. */
function aadstsOf(codes: unknown, description: string): readonly number[] {
  const given = Array.isArray(codes) ? codes : [Number(/\bAADSTS(\d{4,8})\b/.exec(description)?.[1])];
  return given.filter((code): code is number => Number.isInteger(code) && code > 0 && code < 1e8).slice(0, 5);
}

function guidOrUndefined(text: string): string | undefined {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text : undefined;
}
