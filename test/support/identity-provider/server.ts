/** HTTP and HTTPS on loopback, one listener behind both, with what a browser of the wire would see written down. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Socket } from "node:net";
import { generate } from "selfsigned";
import type { Fault } from "./faults.ts";
import type { Answer } from "./token-endpoint.ts";

export interface Listening {
  readonly url: string;
  readonly secureUrl: string;
  /** PEM of the certificate, which is its own authority. */
  readonly ca: string;
  close(): Promise<void>;
}

/** One certificate for the process: making them takes time. */
let madeCertificate: ReturnType<typeof generate> | undefined;

function certificate(): ReturnType<typeof generate> {
  madeCertificate ??= generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, digitalSignature: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return madeCertificate;
}

/** @param answer gets the request, its body and the origin it was sent to. */
export async function listen(
  answer: (request: IncomingMessage, body: string, origin: string) => Promise<Answer | Fault>,
): Promise<Listening> {
  const { private: key, cert } = await certificate();
  const sockets = new Set<Socket>();
  const listenerFor =
    (scheme: string): RequestListener =>
    (request, response) => {
      const respond = async () => {
        const body = await textOf(request);
        const reply = await answer(request, body, `${scheme}://${request.headers.host ?? "localhost"}`);
        const { status = 503, headers = {} } = reply;
        const { instead, delayMs = 0 }: Fault = reply;
        if (instead === "hang") return;
        if (instead === "cut") return void request.socket.destroy();
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers });
        if (instead === "stall") return void response.write('{"');
        const padding = typeof instead === "object" ? "x".repeat(instead.floodBytes) : undefined;
        const json = padding === undefined ? (reply.body ?? {}) : { ...Object(reply.body), padding };
        response.end(typeof json === "string" ? json : JSON.stringify(json));
      };
      respond().catch((error: unknown) => response.writeHead(500).end(String(error)));
    };
  const plain = createServer(listenerFor("http"));
  const secure = createTlsServer({ key, cert }, listenerFor("https"));
  for (const server of [plain, secure]) {
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    });
  }
  const url = `http://127.0.0.1:${await portOf(plain)}`;
  const secureUrl = `https://127.0.0.1:${await portOf(secure)}`;
  return {
    url,
    secureUrl,
    ca: cert,
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([plain, secure].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function portOf(server: Pick<Server, "listen" | "address" | "once">): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve());
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the identity provider has no port");
  return address.port;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
