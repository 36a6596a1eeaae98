/**
 * HTTP for msal-node: limited in size and time, without redirects and without retries. MSAL requires https. For an authority
 * on loopback, which only tests use, the original scheme is restored here. No connection is kept: the other side may close an
 * idle connection at any time, and token requests are rare.
 */
import type { INetworkModule, NetworkRequestOptions } from "@azure/msal-node";
import { Agent, type Dispatcher, request } from "undici";
import { isRecord } from "../json.ts";
import { createConnector } from "../network/connector.ts";
import type { OutboundProxies } from "../network/outbound-proxy.ts";

const connectTimeoutMs = 5_000;
const maxAnswerBytes = 256 * 1024;

/** The last answer of one attempt. MSAL's errors have neither its status nor its headers. */
export interface TokenAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** `undefined` if it is no JSON object. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
}

/** The network of one attempt to get a token, which may take several requests. */
export class TokenExchange implements INetworkModule {
  /** `undefined` if there was none, or not to the end. */
  answer: TokenAnswer | undefined;
  /** Why there was no answer. */
  networkError: unknown;
  readonly #dispatcher: Dispatcher;
  readonly #authorityUrl: URL;
  readonly #timeoutMs: number;
  #signal: AbortSignal | undefined;

  constructor(dispatcher: Dispatcher, authorityUrl: URL, timeoutMs: number) {
    this.#dispatcher = dispatcher;
    this.#authorityUrl = authorityUrl;
    this.#timeoutMs = timeoutMs;
  }

  sendGetRequestAsync<T>(url: string, options?: NetworkRequestOptions) {
    return this.#send<T>("GET", url, options);
  }

  sendPostRequestAsync<T>(url: string, options?: NetworkRequestOptions) {
    return this.#send<T>("POST", url, options);
  }

  async #send<T>(method: "GET" | "POST", url: string, options?: NetworkRequestOptions) {
    const target = new URL(url);
    if (target.host === this.#authorityUrl.host) target.protocol = this.#authorityUrl.protocol;
    this.answer = undefined;
    const { statusCode: status, headers, text } = await this.#request(target, method, options);
    const body = recordOf(text);
    const plain = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    this.answer = { status, headers: plain, body };
    if (body === undefined) throw new Error("the answer is no JSON object");
    return { status, headers: plain, body: body as T }; // MSAL validates the response
  }

  async #request(target: URL, method: "GET" | "POST", options?: NetworkRequestOptions) {
    this.#signal ??= AbortSignal.timeout(this.#timeoutMs); // from the first request on
    try {
      const { statusCode, headers, body } = await request(target, {
        method,
        dispatcher: this.#dispatcher,
        headers: { ...options?.headers, "accept-encoding": "identity" },
        body: options?.body ?? null,
        signal: this.#signal,
      });
      return { statusCode, headers, text: await body.text() };
    } catch (error) {
      this.networkError = error;
      throw error;
    }
  }
}

let currentExchange: TokenExchange | undefined;
let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * The network for managed identities. MSAL keeps the first one of the process in a static variable, so this one hands each
 * request on to the attempt whose turn it is.
 */
export const managedIdentityNetwork: INetworkModule = {
  sendGetRequestAsync: (url, options) => exchangeInTurn().sendGetRequestAsync(url, options),
  sendPostRequestAsync: (url, options) => exchangeInTurn().sendPostRequestAsync(url, options),
};

/**
 * Runs an attempt whose requests go through `managedIdentityNetwork`, after the earlier ones. An AsyncLocalStorage would let them
 * run side by side, but slow down every promise of the process, and a gateway has only one managed identity.
 */
export function inTurn<Result>(exchange: TokenExchange, attempt: () => Promise<Result>): Promise<Result> {
  const turn = lastTurn.then(() => {
    currentExchange = exchange;
    return attempt();
  });
  lastTurn = turn.catch(() => undefined);
  return turn;
}

function exchangeInTurn(): TokenExchange {
  if (currentExchange === undefined) throw new Error("a request of no attempt");
  return currentExchange;
}

/** @param authorityUrl root of the identity provider, as configured. @param proxies on the way to it, if any. */
export function createEntraNetwork(
  authorityUrl: URL,
  proxies: OutboundProxies | undefined,
): {
  /** @param timeoutMs for everything that the attempt sends. */
  exchange(timeoutMs: number): TokenExchange;
  close(): Promise<void>;
} {
  const dispatcher = new Agent({
    connect: createConnector(proxies, connectTimeoutMs),
    // One signal limits each attempt, including a body that drips.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxResponseSize: maxAnswerBytes,
    pipelining: 0,
  });
  return {
    exchange: (timeoutMs) => new TokenExchange(dispatcher, authorityUrl, timeoutMs),
    close: () => dispatcher.destroy(), // no caller waits for open requests any more
  };
}

function recordOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
