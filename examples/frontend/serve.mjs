/** Builds the page and serves it as a portal would: one origin, a strict policy, `/config.json`, and `/graphql` goes to the gateway. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, preview } from "vite";

const root = fileURLToPath(new URL(".", import.meta.url));

/** What every answer of the page's server says. A portal of your own needs the same, and `connect-src` for other origins. */
const headers = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; "),
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** The emulator's connector: a sample key, whose private key everybody has. */
export const sampleConfig = {
  connector: {
    publicKey: readFileSync(new URL("../import-pfx/connector.pub", import.meta.url)).toString("base64"),
    keyName: "PFXEncryptionKey",
    providerName: "Microsoft Software Key Storage Provider",
  },
};

export async function buildPage() {
  await build({ root, logLevel: "warn" });
}

/**
 * @param {string} gatewayUrl where `/graphql` goes.
 * @param {number} port 0 takes a free one.
 * @param {object} config what `/config.json` answers; nothing secret.
 */
export async function servePage(gatewayUrl, port, config = sampleConfig) {
  const { origin } = new URL(gatewayUrl);
  const server = await preview({
    root,
    logLevel: "warn",
    preview: { host: "127.0.0.1", port, strictPort: port !== 0, proxy: { "/graphql": origin }, headers },
    plugins: [configFile(config)],
  });
  const address = server.httpServer.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : port}/`,
    close: () => server.close(),
  };
}

function configFile(config) {
  return {
    name: "config-file",
    configurePreviewServer({ middlewares }) {
      middlewares.use("/config.json", (_request, response) => {
        response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store", ...headers });
        response.end(JSON.stringify(config));
      });
    },
  };
}
