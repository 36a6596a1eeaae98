/** An HTTP proxy that changes the bytes of responses on their way, as proxies between a company and Graph do. */
import { createServer, request as forward } from "node:http";

export interface Recoding {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: (body: Buffer) => Buffer;
}

/** Applies the recoding to each response from the target. */
export async function startRecodingProxy(
  target: string,
  recode: Recoding,
): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, response) => {
    const { method, headers } = request;
    const upstream = forward(`${target}${request.url}`, { method, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        const bytes = recode.bytes(Buffer.concat(chunks));
        const { "content-length": _, ...rest } = answer.headers;
        response.writeHead(answer.statusCode ?? 502, { ...rest, ...recode.headers, "content-length": bytes.length });
        response.end(bytes);
      });
    });
    upstream.on("error", () => response.destroy());
    request.pipe(upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the proxy has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
