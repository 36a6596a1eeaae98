/** A TCP proxy that breaks connections on order: accidents that no HTTP server can stage from within. */
import { connect, createServer, type Server, type Socket } from "node:net";

export type Toxic =
  /** Everything passes, after a while. */
  | { kind: "latency"; delayMs: number }
  /** The connection is reset as soon as it is made. */
  | { kind: "resetOnConnect" }
  /** The request is swallowed and the connection reset: Graph never saw it. */
  | { kind: "resetBeforeRequest" }
  /** The request passes; when the answer begins, the connection is reset. */
  | { kind: "resetBeforeAnswer" }
  /** The answer arrives a few bytes at a time. */
  | { kind: "slice"; bytes: number }
  /** So many bytes of the answer pass, then the connection closes. */
  | { kind: "truncate"; bytes: number };

export interface ToxicProxy extends AsyncDisposable {
  readonly url: string;
  /** What befalls the next connections, one each, in order; later ones are left alone. */
  readonly toxics: Toxic[];
  readonly connections: number;
}

export async function startToxicProxy(target: string): Promise<ToxicProxy> {
  const { hostname, port } = new URL(target);
  const toxics: Toxic[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer((client) => {
    connections++;
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => sockets.delete(socket));
    }
    client.on("close", () => upstream.destroy());
    poison(toxics.shift(), client, upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    toxics,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function poison(toxic: Toxic | undefined, client: Socket, upstream: Socket): void {
  switch (toxic?.kind) {
    case undefined:
      client.pipe(upstream).pipe(client);
      return;
    case "latency":
      client.on("data", (chunk) => setTimeout(() => upstream.write(chunk), toxic.delayMs));
      upstream.on("data", (chunk) => setTimeout(() => client.write(chunk), toxic.delayMs));
      return;
    case "resetOnConnect":
      client.resetAndDestroy();
      return;
    case "resetBeforeRequest":
      client.once("data", () => client.resetAndDestroy());
      return;
    case "resetBeforeAnswer":
      client.pipe(upstream);
      upstream.once("data", () => client.resetAndDestroy());
      return;
    case "slice":
      client.pipe(upstream);
      upstream.on("data", (chunk: Buffer) => {
        for (let at = 0; at < chunk.length; at += toxic.bytes) {
          const slice = chunk.subarray(at, at + toxic.bytes);
          setTimeout(() => client.write(slice), at / toxic.bytes / 10);
        }
      });
      return;
    case "truncate":
      client.pipe(upstream);
      upstream.once("data", (chunk: Buffer) => {
        client.end(chunk.subarray(0, toxic.bytes));
      });
  }
}
