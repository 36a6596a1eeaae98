/**
 * HTTP for msal-node: limited in size and time, without redirects and without retries. MSAL requires https. For an authority
 * on loopback, which only tests use, the original scheme is restored here.
 */
import type { INetworkModule, NetworkRequestOptions } from "@azure/msal-node";
import { Agent, request } from "undici";

const timeoutMs = 10_000;
const maxAnswerBytes = 256 * 1024;

/** @param authorityUrl root of the identity provider, as configured. */
export function createEntraNetwork(authorityUrl: URL): { network: INetworkModule; close(): Promise<void> } {
  const dispatcher = new Agent({
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: maxAnswerBytes,
  });

  async function send<T>(method: "GET" | "POST", url: string, options?: NetworkRequestOptions) {
    const target = new URL(url);
    if (target.host === authorityUrl.host) target.protocol = authorityUrl.protocol;
    const answer = await request(target, {
      method,
      dispatcher,
      headers: { ...options?.headers, "accept-encoding": "identity" },
      body: options?.body ?? null,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const headers = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)]));
    const body = (await answer.body.json()) as T; // MSAL validates the response
    return { headers, body, status: answer.statusCode };
  }

  return {
    network: {
      sendGetRequestAsync: (url, options) => send("GET", url, options),
      sendPostRequestAsync: (url, options) => send("POST", url, options),
    },
    close: () => dispatcher.destroy(), // no caller waits for open requests any more
  };
}
