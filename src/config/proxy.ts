/** Reads the outbound proxy, by the variables that curl and most other programs read. Those in lower case count first. */
import { OutboundProxies } from "../network/outbound-proxy.ts";
import { proxyUrl } from "./parsers.ts";
import type { Reader } from "./read-env.ts";

/** Undefined without a proxy. */
export function readProxies({ read, readAs }: Reader, env: NodeJS.ProcessEnv): OutboundProxies | undefined {
  const https = readAs("https_proxy", proxyUrl) ?? read("HTTPS_PROXY");
  const http = readAs("http_proxy", proxyUrl) ?? read("HTTP_PROXY");
  if (https === undefined && http === undefined) return undefined;
  // A managed identity's endpoint is this machine's, whatever its address.
  const endpoints = [env.IDENTITY_ENDPOINT, env.MSI_ENDPOINT].flatMap((url) =>
    url && URL.canParse(url) ? new URL(url).hostname : [],
  );
  const noProxy = [env.no_proxy || read("NO_PROXY") || "", ...endpoints].join(",");
  return new OutboundProxies({ https, http, noProxy });
}
