/** Hive Gateway on `node:http`: what its CLI does, without the 500 MB of its other features. */
import { createServer } from "node:http";
import { createGatewayRuntime } from "@graphql-hive/gateway-runtime";

/** @returns {Promise<{ url: string, close(): Promise<void> }>} once it listens on 127.0.0.1; port 0 takes a free one. */
export async function startHive(config, port) {
  const runtime = createGatewayRuntime({ logging: "error", ...config });
  const server = createServer(runtime);
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}/graphql`,
    async close() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      await runtime[Symbol.asyncDispose]();
    },
  };
}
