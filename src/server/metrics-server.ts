/** `GET /metrics` on a port of its own, which need not be reachable from where callers are; nothing else is served there. */
import { createServer } from "node:http";
import type { GatewayLog } from "../log.ts";
import type { MetricsText } from "../metrics.ts";
import { HttpError } from "./http-error.ts";
import { listen } from "./listen.ts";

/** How long a scrape under way may still take when the gateway stops. */
const graceMs = 1000;

export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function startMetricsServer(
  metrics: MetricsText,
  host: string,
  port: number,
  log: GatewayLog,
): Promise<MetricsServer> {
  const limits = { headersTimeout: 5000, requestTimeout: 5000, connectionsCheckingInterval: 1000, maxHeaderSize: 8192 };
  const server = createServer(limits, (request, response) => {
    const answer = (status: number, headers: Record<string, string>, body: string) => {
      const closing = request.complete ? {} : { connection: "close" }; // nobody waits for a body here
      response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers, ...closing }).end(body);
    };
    const refuse = (error: HttpError) =>
      answer(error.status, { "content-type": "application/json; charset=utf-8", ...error.headers }, error.json);
    if (request.url?.replace(/\?.*$/s, "") !== "/metrics") {
      return refuse(new HttpError(404, "There is nothing here but /metrics."));
    }
    if (request.method !== "GET") return refuse(new HttpError(405, "Use GET.", { allow: "GET" }));
    metrics.text().then(
      (text) => answer(200, { "content-type": metrics.contentType, "cache-control": "no-store" }, text),
      (error: unknown) => {
        log.internalError({ id: "metrics", error });
        refuse(new HttpError(500, "Something went wrong inside the gateway."));
      },
    );
  });
  const url = `${await listen(server, host, port)}/metrics`;
  return {
    url,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cut);
    },
  };
}
