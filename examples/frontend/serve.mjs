/** Builds the page and serves it as a portal would: one origin, and `/graphql` goes to the gateway. */
import { fileURLToPath } from "node:url";
import { build, preview } from "vite";

const root = fileURLToPath(new URL(".", import.meta.url));

export async function buildPage() {
  await build({ root, logLevel: "warn" });
}

/**
 * @param {string} gatewayUrl where `/graphql` goes.
 * @param {number} port 0 takes a free one.
 */
export async function servePage(gatewayUrl, port) {
  const { origin } = new URL(gatewayUrl);
  const server = await preview({
    root,
    logLevel: "warn",
    preview: { host: "127.0.0.1", port, strictPort: port !== 0, proxy: { "/graphql": origin } },
  });
  const address = server.httpServer.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : port}/`,
    close: () => server.close(),
  };
}
