/**
 * Fetches a small JSON document, for what identity providers publish. Redirects are not followed, nothing is decompressed,
 * time and size are limited, and no connection is kept. `fetch` could guarantee only the first of these.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";
import { createConnector } from "../network/connector.ts";
import type { OutboundProxies } from "../network/outbound-proxy.ts";

/** Limit for the whole request: connecting, headers, body. */
const timeoutMs = 5_000;
/** Before the second request. */
const maxPauseMs = 200;
/** Entra ID's key set has about 20 KB. */
const maxBytes = 256 * 1024;

export type FetchJson = (url: URL) => Promise<unknown>;

/**
 * Asks once more if the connection was cut, or the answer is 429 or 5xx. Never more often: a flood of made-up key ids must not
 * become a flood of requests.
 *
 * @param proxies on the way, if any.
 * @returns a function that rejects for anything but a 200 with JSON of at most 256 KB within five seconds.
 */
export function createFetchJson(proxies: OutboundProxies | undefined): FetchJson {
  const dispatcher = new Agent({
    connect: createConnector(proxies, timeoutMs),
    // One signal limits the whole request, including a body that drips. undici's own timers restart with every chunk.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: maxBytes,
    pipelining: 0,
  });
  return async (url) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const first = await ask(url, dispatcher, signal).catch((error: unknown) => error);
    if (!(first instanceof Error)) return first;
    if (signal.aborted || (first instanceof StatusError && !first.isTransient)) throw first;
    await sleep(Math.random() * maxPauseMs, undefined, { signal }).catch(() => undefined); // then the request below fails
    return ask(url, dispatcher, signal);
  };
}

async function ask(url: URL, dispatcher: Agent, signal: AbortSignal): Promise<unknown> {
  const headers = { accept: "application/json", "accept-encoding": "identity", "user-agent": "intune-pfx-gateway" };
  const { statusCode, body } = await request(url, { dispatcher, headers, signal });
  if (statusCode === 200) return body.json();
  body.on("error", () => undefined).destroy(); // the body is not needed
  throw new StatusError(statusCode);
}

/** The answer was not 200. */
export class StatusError extends Error {
  readonly status: number;
  readonly isTransient: boolean;

  constructor(status: number) {
    super(`status ${status} instead of 200`);
    this.status = status;
    this.isTransient = status === 408 || status === 429 || status >= 500;
  }
}
