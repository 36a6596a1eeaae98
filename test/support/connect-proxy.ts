/** A proxy that only knows CONNECT, on loopback; it knows names that no DNS has, and fails on order. */
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

export type ProxyFault =
  /** Answers CONNECT with this status. */
  | { readonly status: number }
  /** Cuts the connection in the place of an answer, or after it. */
  | { readonly cut: "before the answer" | "after the answer" }
  | { readonly isSilent: true };

export interface ConnectProxy extends AsyncDisposable {
  /** With a user and a password where it wants those. */
  readonly url: string;
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** What was asked for: `pfx.contoso.example:443`. */
  readonly targets: readonly string[];
  /** What was asked for without CONNECT. */
  readonly others: readonly string[];
  fault: ProxyFault | undefined;
}

/** @param ports by name: where on this machine the proxy goes for it */
export async function startConnectProxy(
  ports: Readonly<Record<string, number>>,
  credentials?: { readonly user: string; readonly password: string },
): Promise<ConnectProxy> {
  const targets: string[] = [];
  const others: string[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
  };
  let fault: ProxyFault | undefined;
  const server = createServer((request, response) => {
    others.push(request.url ?? "");
    response.writeHead(501).end();
  });
  const wanted = credentials && `Basic ${btoa(`${credentials.user}:${credentials.password}`)}`;
  server.on("connection", keep);
  server.on("connect", (request, client: Socket) => {
    const target = request.url ?? "";
    targets.push(target);
    if (fault !== undefined && "isSilent" in fault) return;
    if (fault !== undefined && "cut" in fault) {
      if (fault.cut === "before the answer") client.destroy();
      else client.end("HTTP/1.1 200 Connection established\r\n\r\n");
      return;
    }
    const isRefused = wanted !== undefined && request.headers["proxy-authorization"] !== wanted;
    const status = fault?.status ?? (isRefused ? 407 : undefined);
    if (status !== undefined) return void client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const port = ports[target];
    if (port === undefined) return void client.end("HTTP/1.1 502 Unknown\r\ncontent-length: 0\r\n\r\n");
    const upstream = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.pipe(upstream).pipe(client);
    });
    keep(upstream);
    client.on("close", () => upstream.destroy());
    upstream.on("close", () => client.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // Listening on TCP, it has an address of this kind.
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;
  const login = credentials === undefined ? "" : `${credentials.user}:${credentials.password}@`;
  return {
    url: `http://${login}${host}`,
    host,
    targets,
    others,
    get fault() {
      return fault;
    },
    set fault(next) {
      fault = next;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
