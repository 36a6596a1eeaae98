/**
 * Fetches a small JSON document, for what identity providers publish. Redirects are not followed, nothing is decompressed,
 * time and size are limited, and no connection is kept. `fetch` could guarantee only the first of these.
 */
import { Agent, request } from "undici";

/** Limit for the whole request: connecting, headers, body. */
const timeoutMs = 5_000;
/** Entra ID's key set has about 20 KB. */
const maxBytes = 256 * 1024;

const dispatcher = new Agent({
  connect: { timeout: timeoutMs },
  // One signal limits the whole request, including a body that drips. undici's own timers restart with every chunk.
  headersTimeout: 0,
  bodyTimeout: 0,
  maxResponseSize: maxBytes,
  pipelining: 0,
});

export type FetchJson = (url: URL) => Promise<unknown>;

/** @throws {Error} for anything but a 200 with JSON of at most 256 KB within five seconds. */
export async function fetchJson(url: URL): Promise<unknown> {
  const headers = { accept: "application/json", "accept-encoding": "identity", "user-agent": "intune-pfx-gateway" };
  const signal = AbortSignal.timeout(timeoutMs);
  const { statusCode, body } = await request(url, { dispatcher, headers, signal });
  if (statusCode === 200) return body.json();
  body.on("error", () => undefined).destroy(); // the body is not needed
  throw new Error(`status ${statusCode} instead of 200`);
}
