/** How requests leave this machine: through the proxy of the environment, but never for loopback, and with TLS verified. */
import * as tls from "node:tls";
import { Agent, EnvHttpProxyAgent, fetch as undiciFetch } from "undici";
import { usageError } from "../cli-error.ts";
import type { Io } from "../io.ts";
import { isLoopback } from "../settings/settings.ts";
import { afterProxy, ProxyPool } from "./proxy-failure.ts";
import { proxyOf, proxyUrl } from "./proxy-of.ts";

const connectTimeoutMs = 15_000;

const maxAnswerBytes = 64 * 1024 * 1024;

/** `fetch`, as far as it is used here. */
export type Fetch = (url: URL | string, init?: FetchInit) => Promise<FetchResponse>;

export interface FetchInit {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly redirect?: "manual";
  readonly signal?: AbortSignal;
}

export interface FetchResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
  text(): Promise<string>;
}

/** @throws {CliError} exit code 64 where TLS would not be verified */
export function createFetch({ env }: Io): Fetch {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    throw usageError(
      "TLS_NOT_VERIFIED",
      "NODE_TLS_REJECT_UNAUTHORIZED=0 turns off the check of the gateway's certificate: passwords and tokens could go to anybody. Unset it, and set NODE_EXTRA_CA_CERTS to your company's certification authority.",
    );
  }
  const authorities = withSystemAuthorities();
  const limits = { headersTimeout: 0, bodyTimeout: 0, maxResponseSize: maxAnswerBytes };
  const connect = { timeout: connectTimeoutMs, ...authorities };
  const direct = new Agent({ ...limits, connect });
  // An empty text, not nothing: undici would look into the environment of the process.
  const throughProxy = new EnvHttpProxyAgent({
    ...limits,
    connect,
    requestTls: authorities,
    proxyTls: authorities,
    clientFactory: (url, options) => new ProxyPool(url, options),
    httpProxy: proxyUrl(["http_proxy", "HTTP_PROXY"], env),
    httpsProxy: proxyUrl(["https_proxy", "HTTPS_PROXY"], env),
    noProxy: env.no_proxy ?? env.NO_PROXY ?? "",
  });
  return async (url, init) => {
    const target = new URL(url);
    if (isLoopback(target)) return undiciFetch(url, { ...init, dispatcher: direct });
    try {
      return await undiciFetch(url, { ...init, dispatcher: throughProxy });
    } catch (error) {
      const proxy = proxyOf(target, env);
      throw proxy === undefined || proxy.isExcepted ? error : afterProxy(error, proxy.address);
    }
  };
}

/**
 * A company's own authority is often known to the system only. Node.js 22.15 and later can read those; they are added to the
 * ones that Node.js trusts anyway, those of NODE_EXTRA_CA_CERTS among them.
 */
function withSystemAuthorities(): { ca?: string[] } {
  const read: unknown = Reflect.get(tls, "getCACertificates");
  if (typeof read !== "function") return {};
  try {
    return { ca: [...read("default"), ...read("system")] };
  } catch {
    return {};
  }
}
