/**
 * Starts and stops an emulated Microsoft Graph: the slice that holds users' PFX certificates, on a real port, with a
 * ledger of what was really stored. For tests, and for trying the product without a tenant; not a place for secrets.
 */
import { setMaxListeners } from "node:events";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { createBackend } from "./backend.ts";
import { serve } from "./connection.ts";
import type { LoggedRequest } from "./exchange.ts";
import type { FaultPlan } from "./faults.ts";
import type { NewRecord, StoredRecord } from "./record.ts";
import type { EmulatorOptions } from "./settings.ts";
import type { LedgerEntry } from "./store.ts";

export type { LoggedRequest } from "./exchange.ts";
export type { Fault, FaultAction } from "./faults.ts";
export type { NewRecord, StoredRecord } from "./record.ts";
export type { EmulatorOptions } from "./settings.ts";
export type { LedgerEntry } from "./store.ts";

export interface Emulator extends AsyncDisposable {
  /** Origin without a version, such as `http://127.0.0.1:4010`. */
  readonly url: string;
  /** What is stored now, in insertion order, blob and password included. */
  readonly records: readonly StoredRecord[];
  /** Every write that took effect, in order. */
  readonly ledger: readonly LedgerEntry[];
  /** Every HTTP request received, and after a `$batch` each of its items. */
  readonly requests: readonly LoggedRequest[];
  readonly faults: FaultPlan;
  /** Forget requests and ledger; records and faults stay. */
  reset(): void;
  /** Store records directly, past the ledger; one already there under the same user and thumbprint is replaced. */
  put(...records: readonly NewRecord[]): void;
  /** Stop, cutting every open connection, hung ones too. */
  close(): Promise<void>;
}

/** @see https://learn.microsoft.com/graph/api/resources/intune-raimportcerts-userpfxcertificate */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { host = "127.0.0.1", port = 0, tls } = options;
  const scheme = tls === undefined ? "http" : "https";
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // every request that is made to wait listens to it
  const backend = createBackend(options, closing.signal);
  const sockets = new Map<string, Socket>();
  let url = "";

  const cut = (request: IncomingMessage) => {
    const raw = sockets.get(addressOf(request.socket));
    // A TLS socket can't be reset, the TCP socket below it can.
    if (raw === undefined) request.socket.destroy();
    else raw.resetAndDestroy();
  };
  const listener: RequestListener = (request, response) => {
    const authority = request.headers.host ?? "";
    const origin = /^[\w.:[\]-]+$/.test(authority) ? `${scheme}://${authority}` : url;
    serve(backend, request, response, origin, cut).catch((error: unknown) => {
      // A client gone while sending, or waiting ended by close(): nobody is left to answer. Else a bug of the emulator's.
      if (request.destroyed || closing.signal.aborted || response.headersSent) request.socket.destroy();
      else response.writeHead(500, { "content-type": "text/plain" }).end(`The emulator failed: ${String(error)}`);
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  // Idle connections outlive any client's pool, so that no reset happens but those on order.
  server.keepAliveTimeout = 120_000;
  server.on("connection", (socket: Socket) => {
    const address = addressOf(socket);
    sockets.set(address, socket);
    socket.once("close", () => sockets.delete(address));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => resolve());
  });
  const address = server.address();
  const boundPort = typeof address === "object" && address !== null ? address.port : port;
  url = `${scheme}://${reachable(host)}:${boundPort}`;

  const stop = () =>
    new Promise<void>((resolve) => {
      closing.abort();
      server.close(() => resolve());
      for (const socket of sockets.values()) socket.destroy();
    });
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= stop();
    return closed;
  };

  return {
    url,
    get records() {
      return backend.store.rows.map((row) => row.record);
    },
    get ledger() {
      return [...backend.store.ledger];
    },
    get requests() {
      return [...backend.log];
    },
    faults: backend.faults,
    reset() {
      backend.log.length = 0;
      backend.store.clearLedger();
    },
    put(...records) {
      for (const record of records) backend.store.put(record);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

const addressOf = (socket: Socket): string => `${socket.remoteAddress}:${socket.remotePort}`;

function reachable(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1";
  return host.includes(":") ? `[${host}]` : host;
}
