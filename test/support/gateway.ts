/**
 * A gateway in front of an emulator, both in this process and on ports of their own: GraphQL in at the front door, the
 * emulator's ledger and request log behind.
 */
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { type GraphQLFormattedError, print } from "graphql";
import { type Config, readConfig } from "../../src/config/config.ts";
import type { EmulatorOptions } from "../../src/emulator/server.ts";
import { type Emulator, startEmulator } from "../../src/emulator/server.ts";
import { createLog } from "../../src/observability/log.ts";
import { type HttpLimits, httpLimits } from "../../src/server/http/options.ts";
import { startGateway as start } from "../../src/server/start.ts";
import { skippingClock, type TestClock } from "./clock.ts";

export interface GatewayOptions extends EmulatorOptions {
  /** Over the defaults of development with `AUTH_MODE=passthrough`. */
  config?: Partial<Config>;
  /** What the gateway is to talk to instead of the emulator: started here, on its way to the emulator's URL. */
  through?: (emulatorUrl: string) => Promise<{ url: string }>;
  /** A folder in the place of the built GraphiQL, which is not there when the sources run. */
  graphiqlFolder?: URL;
  /** Times of the HTTP server, shortened. */
  httpLimits?: Partial<HttpLimits>;
  /** Default: a clock whose waits are skipped, see `skippingClock`. */
  clock?: TestClock;
}

export interface Answer<Data> {
  status: number;
  headers: Headers;
  data: Data | null | undefined;
  errors: GraphQLFormattedError[] | undefined;
  text: string;
}

export interface TestGateway extends AsyncDisposable {
  readonly url: string;
  /** Only with `metricsPort` in the configuration. */
  readonly metricsUrl: string | undefined;
  /** What Prometheus would get there. */
  metrics(): Promise<string>;
  readonly emulator: Emulator;
  readonly clock: TestClock;
  /** Lines of the gateway's log, parsed. */
  readonly log: Record<string, unknown>[];
  /** Stops the gateway, as a signal would; the emulator goes on. */
  stop(): Promise<void>;
  /** Sends an operation, with a bearer token unless told otherwise. */
  send<Data, Variables>(
    document: TypedDocumentNode<Data, Variables> | string,
    variables?: Variables,
    headers?: Record<string, string>,
  ): Promise<Answer<Data>>;
}

export async function startGateway({
  config,
  clock = skippingClock(),
  through,
  graphiqlFolder,
  httpLimits: shortened,
  ...emulation
}: GatewayOptions = {}): Promise<TestGateway> {
  const emulator = await startEmulator({ now: () => Date.now() + clock.skippedMs, ...emulation });
  const graph = (await through?.(emulator.url)) ?? emulator;
  const log: Record<string, unknown>[] = [];
  const lines = { write: (line: string) => void log.push(JSON.parse(line)) };
  const defaults = readConfig({
    PORT: "0",
    AUTH_MODE: "passthrough",
    GRAPH_BASE_URL: graph.url,
    ALLOW_LOOPBACK_UPSTREAM: "true",
  });
  const gateway = await start(
    { ...defaults, ...config },
    new URL(graph.url),
    createLog("trace", lines),
    graphiqlFolder,
    clock,
    { ...httpLimits, ...shortened },
  );
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= gateway.close();
    return stopped;
  };
  return {
    url: gateway.url,
    metricsUrl: gateway.metricsUrl,
    async metrics() {
      return (await fetch(gateway.metricsUrl ?? "about:blank")).text();
    },
    stop,
    emulator,
    clock,
    log,
    async send(document, variables, headers) {
      const response = await fetch(gateway.url, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer caller-token", ...headers },
        body: JSON.stringify({ query: typeof document === "string" ? document : print(document), variables }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, text, ...JSON.parse(text) };
    },
    async [Symbol.asyncDispose]() {
      await emulator.close(); // first, so that nothing the emulator still holds keeps the gateway waiting
      await stop();
    },
  };
}
