/**
 * Serves Apollo Sandbox at `GET /graphql`, with the sample operations of `operations/`. Sandbox itself comes from Apollo's
 * CDN. If a browser cannot reach it, the page says so, links to GraphiQL and shows the samples as text.
 */
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { packageFolder } from "../../package-folder.ts";

const cdn = "https://embeddable-sandbox.cdn.apollographql.com";
const frame = "https://sandbox.embed.apollographql.com";
const graphiqlLink =
  '\n<a href="/graphiql">GraphiQL</a> is served by this gateway and loads no files from other hosts.';
const operations = new URL("operations/", packageFolder);

/**
 * Reads the samples once and returns a function that sends the page. The page links to `/graphiql` if GraphiQL is available.
 */
export function createExplorer(hasGraphiql: boolean): (response: ServerResponse) => void {
  const files = readdirSync(operations).filter((file) => file.endsWith(".graphql"));
  const document = files
    .sort((a, b) => Number(b.startsWith("create")) - Number(a.startsWith("create")))
    .map((file) => readFileSync(new URL(file, operations), "utf8").trim())
    .join("\n\n");
  const variables: unknown = JSON.parse(readFileSync(new URL("variables.json", operations), "utf8"));

  return (response) => {
    const nonce = randomBytes(16).toString("base64");
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "content-security-policy": [
        "default-src 'none'",
        `script-src 'nonce-${nonce}' ${cdn}`,
        `style-src 'nonce-${nonce}' ${cdn}`,
        `frame-src ${frame}`,
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ].join("; "),
    });
    response.end(page(nonce, document, variables, hasGraphiql));
  };
}

function page(nonce: string, document: string, variables: unknown, hasGraphiql: boolean): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Intune PFX gateway</title>
<style nonce="${nonce}">
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; }
iframe { width: 100%; height: 100%; border: 0; }
#sandbox { position: absolute; inset: 0; }
main { max-width: 60rem; margin: 3rem auto; padding: 0 1.5rem; }
pre { padding: 1rem; overflow-x: auto; border: 1px solid #8886; border-radius: .5rem; font-size: .85rem; }
</style>
</head>
<body>
<main id="offline" hidden>
<h1>Apollo Sandbox cannot be loaded</h1>
<p>The API works. Only Apollo Sandbox's own files are missing: this browser cannot reach Apollo's CDN.${hasGraphiql ? graphiqlLink : ""}
Send operations with <code>POST</code> to this address, for example:</p>
<pre>curl -H 'content-type: application/json' -d '{"query":"{ userPfxCertificates(first: 3) { nodes { id userPrincipalName } } }"}' <span id="url"></span></pre>
<h2>Sample operations</h2>
<pre>${escapeHtml(document)}</pre>
<h2>Variables of the sample operations</h2>
<pre>${escapeHtml(JSON.stringify(variables, null, 2))}</pre>
</main>
<noscript><p>Apollo Sandbox needs JavaScript. The API does not: send operations with POST to this address.</p></noscript>
<div id="sandbox"></div>
<script nonce="${nonce}" src="${cdn}/v2/embeddable-sandbox.umd.production.min.js"></script>
<script nonce="${nonce}">
if (window.EmbeddedSandbox) {
  new window.EmbeddedSandbox({
    target: "#sandbox",
    initialEndpoint: location.href,
    endpointIsEditable: false,
    hideCookieToggle: true,
    runTelemetry: false,
    allowDynamicStyles: false,
    initialState: { document: ${inScript(document)}, variables: ${inScript(variables)}, includeCookies: false },
  });
} else {
  document.getElementById("sandbox").remove();
  document.getElementById("url").textContent = location.href;
  document.getElementById("offline").hidden = false;
}
</script>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** A JavaScript literal that cannot end its script element. */
function inScript(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}
