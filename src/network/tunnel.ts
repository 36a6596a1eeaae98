/** Opens connections through an HTTP proxy, with CONNECT. Whatever keeps a connection from being made is a `ProxyError`. */
import { request as requestOverHttp } from "node:http";
import { request as requestOverHttps } from "node:https";
import type { Socket } from "node:net";
import type { HttpProxy } from "./outbound-proxy.ts";

/** The proxy did not connect. Nothing was sent to the target. */
export class ProxyError extends Error {
  override name = "ProxyError";
  /**
   * Why: `PROXY_STATUS_407` has the proxy's status; `PROXY_TIMEOUT` and `PROXY_CLOSED` are an answer that did not come; otherwise
   * it is the code of the connection to the proxy, such as `PROXY_ECONNREFUSED`. undici repeats a connection that fails with one
   * of its own codes, without end; it gives up after any other code.
   */
  readonly code: string;

  constructor(reason: string, cause?: unknown) {
    super(`the proxy did not connect (${reason})`, { cause });
    this.code = `PROXY_${reason}`;
  }
}

/**
 * @param hostname of the target; an IPv6 address without brackets. @param timeoutMs until the proxy has answered.
 * @throws {ProxyError}
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6
 */
export function openTunnel(
  proxy: HttpProxy,
  { hostname, port, timeoutMs }: { hostname: string; port: number; timeoutMs: number },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const authority = `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
    const request = (proxy.isTls ? requestOverHttps : requestOverHttp)({
      method: "CONNECT",
      host: proxy.hostname,
      port: proxy.port,
      path: authority,
      agent: false,
      headers: {
        host: authority,
        ...(proxy.authorization !== undefined && { "proxy-authorization": proxy.authorization }),
      },
    });
    const timer = setTimeout(() => request.destroy(new ProxyError("TIMEOUT")), timeoutMs);
    const fail = (error: ProxyError) => {
      clearTimeout(timer);
      reject(error);
    };
    request.once("connect", ({ statusCode = 0 }, socket: Socket, head: Buffer) => {
      if (statusCode < 200 || statusCode > 299) {
        socket.on("error", () => undefined).destroy();
        fail(new ProxyError(`STATUS_${statusCode}`));
        return;
      }
      clearTimeout(timer);
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.on("error", (error: NodeJS.ErrnoException) => fail(proxyErrorOf(error)));
    request.end();
  });
}

function proxyErrorOf(error: NodeJS.ErrnoException): ProxyError {
  if (error instanceof ProxyError) return error;
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error; // each address of a host fails by itself
  const code: unknown = first instanceof Error ? Reflect.get(first, "code") : undefined;
  if (code === "ECONNRESET" || code === "EPIPE") return new ProxyError("CLOSED", error);
  return new ProxyError(typeof code === "string" && /^\w{1,60}$/.test(code) ? code : "FAILED", error);
}
