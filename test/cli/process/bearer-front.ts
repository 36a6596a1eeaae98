/** Between the command line and a gateway: sees the token of each request, and spoils those that a test names. */
import { once } from "node:events";
import { createServer, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeJwt } from "jose";

export interface SeenToken {
  readonly token: string;
  /** What the token had left when it came, in milliseconds. */
  readonly leftMs: number;
  readonly status: number | undefined;
}

export interface BearerFront extends AsyncDisposable {
  readonly url: string;
  readonly seen: readonly SeenToken[];
}

/**
 * @param isSpoiled whether the request of this number, from 0, reaches the gateway with a signature that is none
 * @param onAnswer called before an answer is passed on
 */
export async function startBearerFront(
  target: string,
  {
    isSpoiled = () => false,
    onAnswer,
  }: { isSpoiled?: (index: number) => boolean; onAnswer?: (status: number) => void },
): Promise<BearerFront> {
  const seen: SeenToken[] = [];
  let requests = 0;
  const server = createServer((request, response) => {
    const index = requests;
    requests += 1;
    const token = (request.headers.authorization ?? "").replace("Bearer ", "");
    const leftMs = (decodeJwt(token).exp ?? 0) * 1000 - Date.now();
    const sent = isSpoiled(index) ? `${token.split(".").slice(0, 2).join(".")}.AAAA` : token;
    const headers = { ...request.headers, authorization: `Bearer ${sent}` };
    const forwarded = send(target, { method: request.method, headers }, (answer) => {
      const { statusCode: status = 0 } = answer;
      seen.push({ token, leftMs, status });
      onAnswer?.(status);
      response.writeHead(status, answer.headers);
      answer.pipe(response);
    });
    forwarded.on("error", () => response.destroy());
    request.pipe(forwarded);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // Listening on TCP, it has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
