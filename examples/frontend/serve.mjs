/** Builds the page and serves it as a portal would: one origin, a strict policy, `/config.json`, and `/graphql` goes to the gateway. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, preview } from "vite";

const root = fileURLToPath(new URL(".", import.meta.url));

/**
 * What the page's server says with every answer. A portal of your own needs the same.
 *
 * @param {string} path of the request.
 * @param {string | undefined} authority where people sign in, if they do. MSAL asks it for tokens, and renews them in a hidden
 *   frame, which ends at `redirect.html`; nothing else of the policy changes.
 */
function headersFor(path, authority) {
  const isRedirect = path === "/redirect.html";
  const allowed = authority === undefined ? "" : ` ${new URL(authority).origin}`;
  return {
    "content-security-policy": [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self' data:",
      `connect-src 'self'${allowed}`,
      ...(allowed && !isRedirect ? [`frame-src 'self'${allowed}`] : []),
      "worker-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      `frame-ancestors ${allowed && isRedirect ? "'self'" : "'none'"}`,
    ].join("; "),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  };
}

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
 * @param {{ connector?: object, signIn?: { authority: string } }} config what `/config.json` answers; nothing secret.
 */
export async function servePage(gatewayUrl, port, config = sampleConfig) {
  const { origin } = new URL(gatewayUrl);
  const server = await preview({
    root,
    logLevel: "warn",
    preview: {
      host: "127.0.0.1",
      port,
      strictPort: port !== 0,
      proxy: { "/graphql": { target: origin, changeOrigin: true } },
    },
    plugins: [headersAndConfig(config)],
  });
  const address = server.httpServer.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : port}/`,
    close: () => server.close(),
  };
}

function headersAndConfig(config) {
  return {
    name: "headers-and-config",
    configurePreviewServer({ middlewares }) {
      middlewares.use((request, response, next) => {
        const { pathname } = new URL(request.url ?? "/", "http://page");
        for (const [name, value] of Object.entries(headersFor(pathname, config.signIn?.authority))) {
          response.setHeader(name, value);
        }
        if (pathname !== "/config.json") return next();
        response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
        response.end(JSON.stringify(config));
      });
    },
  };
}
