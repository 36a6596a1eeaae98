/** What goes wrong on the way through a proxy, told as the proxy's: the gateway never saw the request. */

import type { Dispatcher } from "undici";
import { Pool } from "undici";

/** A proxy answers CONNECT at once, or has asked the other side for as long as a connection may take. */
const answerTimeoutMs = 15_000;

export class ProxyFailure extends Error {
  /** The proxy's address, without user and password. */
  readonly proxy: string;
  /** What the proxy answered in the place of 200. */
  readonly status: number | undefined;
  /** Whether there was a connection through the proxy, which then broke. */
  readonly wasConnected: boolean;

  constructor(proxy: string, more: { status?: number; wasConnected?: boolean; cause?: unknown }) {
    super("the proxy failed", { cause: more.cause });
    this.proxy = proxy;
    this.status = more.status;
    this.wasConnected = more.wasConnected ?? false;
  }

  override get name(): string {
    return "ProxyFailure";
  }
}

/** The proxy's failure behind what `fetch` threw. */
export function proxyFailureOf(error: unknown): ProxyFailure | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth += 1) {
    if (each instanceof ProxyFailure) return each;
  }
  return undefined;
}

/** One sentence or two; `host` is who was to be reached. */
export function explainProxyFailure({ proxy, status, wasConnected, cause }: ProxyFailure, host: string): string {
  if (status === 407) return `The proxy ${proxy} wants a user name and a password: put them into HTTPS_PROXY.`;
  if (status !== undefined && status >= 500) return `The proxy ${proxy} can't reach ${host}: it answers ${status}.`;
  if (status !== undefined) {
    return `The proxy ${proxy} refuses connections to ${host}: it answers ${status}. Should NO_PROXY name ${host}?`;
  }
  const code = codeOf(cause);
  if (wasConnected) return `The connection to ${host} through the proxy ${proxy} ended before an answer came.`;
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `The proxy ${proxy} can't be found (DNS). Is HTTPS_PROXY right?`;
    case "ECONNREFUSED":
      return `Nothing answers at the proxy ${proxy}. Is HTTPS_PROXY right?`;
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "UND_ERR_CONNECT_TIMEOUT":
      return `The proxy ${proxy} can't be reached. Is HTTPS_PROXY right?`;
    case "UND_ERR_HEADERS_TIMEOUT":
      return `The proxy ${proxy} did not answer within ${answerTimeoutMs / 1000} s.`;
    case "ECONNRESET":
    case "EPIPE":
    case "UND_ERR_SOCKET":
      return `The proxy ${proxy} closed the connection before it answered.`;
    default:
      return `The connection to the proxy ${proxy} failed${code === undefined ? "" : ` (${code})`}.`;
  }
}

const broken: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET", "UND_ERR_CONNECT_TIMEOUT"]);

/** @param error of a request that went through `proxy` */
export function afterProxy(error: unknown, proxy: string): unknown {
  const failure = proxyFailureOf(error);
  if (failure !== undefined) return failure;
  return broken.has(codeOf(error) ?? "") ? new ProxyFailure(proxy, { wasConnected: true, cause: error }) : error;
}

/** The connections to a proxy: whatever keeps one from becoming a tunnel is the proxy's failure. */
export class ProxyPool extends Pool {
  readonly #address: string;

  constructor(url: URL, options: object) {
    super(url, { ...options, headersTimeout: answerTimeoutMs });
    this.#address = addressOf(url);
  }

  override connect(options: ConnectOptions): Promise<Dispatcher.ConnectData>;
  override connect(options: ConnectOptions, callback: ConnectCallback): void;
  override connect(options: ConnectOptions, callback?: ConnectCallback): Promise<Dispatcher.ConnectData> | undefined {
    if (callback === undefined) return this.#tunnel(super.connect(options));
    super.connect(options, callback);
    return undefined;
  }

  async #tunnel(connecting: Promise<Dispatcher.ConnectData>): Promise<Dispatcher.ConnectData> {
    const tunnel = await connecting.catch((cause: unknown) => {
      throw new ProxyFailure(this.#address, { cause });
    });
    const { statusCode: status, socket } = tunnel;
    if (status === 200) return tunnel;
    socket.on("error", () => {}).destroy();
    throw new ProxyFailure(this.#address, { status });
  }
}

type ConnectOptions = Omit<Dispatcher.ConnectOptions, "origin">;
type ConnectCallback = (error: Error | null, data: Dispatcher.ConnectData) => void;

function addressOf({ protocol, host }: URL): string {
  return `${protocol}//${host}`;
}

function codeOf(error: unknown): string | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth += 1) {
    if ("code" in each && typeof each.code === "string") return each.code;
    if (each instanceof AggregateError) return codeOf(each.errors[0]);
  }
  return undefined;
}
