/** How connections to other hosts are made: directly or through a proxy, for undici's pools and for Node's HTTP agents. */
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { buildConnector } from "undici";
import { type OutboundProxies, portOf } from "./outbound-proxy.ts";
import { openTunnel, ProxyError } from "./tunnel.ts";

/**
 * undici's `connect` option.
 *
 * @param timeoutMs for each of the steps: the proxy's answer, and the TLS handshake.
 */
export function createConnector(proxies: OutboundProxies | undefined, timeoutMs: number): buildConnector.connector {
  const direct = buildConnector({ timeout: timeoutMs });
  if (proxies === undefined) return direct;
  return (options, callback) => {
    const { protocol, hostname } = options;
    const port = portOf(options);
    const proxy = proxies.proxyFor({ protocol, hostname, port });
    if (proxy === undefined) {
      direct(options, callback);
      return;
    }
    openTunnel(proxy, { hostname: hostname.replace(/^\[|\]$/g, ""), port, timeoutMs }).then(
      (socket) => {
        if (protocol !== "https:") callback(null, socket);
        // undici's own connector makes the handshake, with its session cache and its time limit.
        else direct({ ...options, httpSocket: socket }, (...made) => callback(...afterHandshake(made)));
      },
      (error: Error) => callback(error, null),
    );
  };
}

/** A proxy that closes after it has said 200 looks like a connection that was reset: nothing was sent. */
function afterHandshake(made: Parameters<buildConnector.Callback>): Parameters<buildConnector.Callback> {
  const [error] = made;
  const wasClosed =
    error !== null && ["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"].includes(String(Reflect.get(error, "code")));
  return wasClosed ? [new ProxyError("CLOSED", error), null] : made;
}

/** Time for the proxy's answer to an agent. */
const agentTimeoutMs = 10_000;

/**
 * An agent for Node's own HTTP client. Its connections go through the proxy if there is one for their target.
 *
 * @param protocol of the targets: `http:` or `https:`. @param tls certificates for the handshake with the target.
 */
export function createAgent(
  protocol: string,
  proxies: OutboundProxies,
  tls: Pick<ConnectionOptions, "ca" | "cert" | "key"> = {},
): HttpAgent {
  const isTls = protocol === "https:";
  const agent = isTls ? new HttpsAgent({ keepAlive: true, ...tls }) : new HttpAgent({ keepAlive: true });
  const direct = agent.createConnection.bind(agent);
  agent.createConnection = (options, callback) => {
    const hostname = String(options.host ?? "localhost");
    const port = portOf({ protocol, port: options.port });
    const proxy = proxies.proxyFor({ protocol, hostname, port });
    if (proxy === undefined) return direct(options, callback);
    openTunnel(proxy, { hostname, port, timeoutMs: agentTimeoutMs }).then(
      (socket) => callback?.(null, isTls ? connectTls({ ...tls, ...nameOf(options), socket }) : socket),
      (error: Error) => callback?.(error, new Socket()),
    );
    return undefined;
  };
  return agent;
}

/** Node has already put the server's name into the options. */
function nameOf(options: object): ConnectionOptions {
  const { servername } = { servername: undefined, ...options };
  return typeof servername === "string" ? { servername } : {};
}
