/**
 * Starts and stops an emulated Microsoft Graph on a real port: the part with users' PFX certificates, and a ledger of the
 * applied writes. It is for tests and for trying the gateway without a tenant, not for real secrets.
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
  /** The stored records in insertion order, including blob and password. */
  readonly records: readonly StoredRecord[];
  /** Every write that took effect, in order. */
  readonly ledger: readonly LedgerEntry[];
  /** Every HTTP request received, and each item of a `$batch` after the batch. */
  readonly requests: readonly LoggedRequest[];
  readonly faults: FaultPlan;
  /** Forget requests and ledger; records and faults stay. */
  reset(): void;
  /** Store records directly, without the ledger. A record with the same user and thumbprint is replaced. */
  put(...records: readonly NewRecord[]): void;
  /** Stop, and close every open connection, including hung ones. */
  close(): Promise<void>;
}

const maxHeaderSize = 64 * 1024;

/** @see https://learn.microsoft.com/graph/api/resources/intune-raimportcerts-userpfxcertificate */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { host = "127.0.0.1", port = 0, tls } = options;
  const scheme = tls === undefined ? "http" : "https";
  const closing = new AbortController();
  setMaxListeners(0, closing.signal); // every waiting request listens to it
  const backend = createBackend(options, closing.signal);
  const sockets = new Map<string, Socket>();
  let url = "";

  const cut = (request: IncomingMessage) => {
    const raw = sockets.get(addressOf(request.socket));
    // A TLS socket cannot be reset; the TCP socket below it can.
    if (raw === undefined) request.socket.destroy();
    else raw.resetAndDestroy();
  };
  const listener: RequestListener = (request, response) => {
    const authority = request.headers.host ?? "";
    const origin = /^[\w.:[\]-]+$/.test(authority) ? `${scheme}://${authority}` : url;
    serve(backend, request, response, origin, cut).catch((error: unknown) => {
      // The client left while sending, or close() ended a wait: there is no client to answer. Any other error is a bug in the
      // emulator.
      if (request.destroyed || closing.signal.aborted || response.headersSent) request.socket.destroy();
      else response.writeHead(500, { "content-type": "text/plain" }).end(`The emulator failed: ${String(error)}`);
    });
  };
  const limits = { maxHeaderSize }; // Graph's paging tokens can have many kilobytes
  const server = tls === undefined ? createServer(limits, listener) : createTlsServer({ ...tls, ...limits }, listener);
  // Idle connections outlive any client's pool, so that only faults cause resets.
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
