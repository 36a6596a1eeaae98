/** A server in front of the emulator that answers some callers itself: Graph may fail for one caller or tenant only. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface GraphFront extends AsyncDisposable {
  readonly url: string;
  /** The bearer tokens of all requests so far, in order. */
  readonly bearers: readonly string[];
}

/** @param answer the answer to a request; `undefined` lets the emulator answer. */
export async function startGraphFront(
  emulatorUrl: string,
  answer: (bearer: string, path: string) => { status: number; body?: unknown } | undefined,
): Promise<GraphFront> {
  const bearers: string[] = [];
  const server = createServer(async (request, response) => {
    const { method = "GET", url = "/", headers } = request;
    const bearer = headers.authorization?.replace("Bearer ", "") ?? "";
    bearers.push(bearer);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const own = answer(bearer, url);
    const json = { "content-type": "application/json" };
    if (own !== undefined) {
      response.writeHead(own.status, json).end(JSON.stringify(own.body ?? { error: { code: "UnknownError" } }));
      return;
    }
    const sent = { ...json, authorization: headers.authorization ?? "" };
    const body = method === "GET" ? null : Buffer.concat(chunks);
    const answered = await fetch(`${emulatorUrl}${url}`, { method, headers: sent, body });
    response.writeHead(answered.status, { ...json, date: answered.headers.get("date") ?? "" });
    response.end(await answered.text());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP server that listens has such an address
  return {
    url: `http://127.0.0.1:${port}`,
    bearers,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
