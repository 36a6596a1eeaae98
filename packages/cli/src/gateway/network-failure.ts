/** Failures of the network in words that say what to do. */
import { explainProxyFailure, proxyFailureOf } from "./proxy-failure.ts";

const untrusted = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

/** One sentence or two about `url`; never a stack, never the request. */
export function explainNetworkFailure(error: unknown, url: URL): string {
  const { host } = url;
  const proxyFailure = proxyFailureOf(error);
  if (proxyFailure !== undefined) return explainProxyFailure(proxyFailure, host);
  const code = codeOf(error);
  if (code !== undefined && untrusted.has(code)) {
    return `${host} shows a certificate that Node.js ${process.versions.node} does not trust. Set NODE_EXTRA_CA_CERTS to a file with your company's certification authority (PEM), or use Node.js 24, which can ask the system.`;
  }
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `${host} can't be found (DNS). Is the VPN on?`;
    case "ECONNREFUSED":
      return `Nothing answers at ${host}. Does the gateway run?`;
    case "CERT_HAS_EXPIRED":
      return `The certificate of ${host} has expired.`;
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `The certificate of ${host} is for another name.`;
    case "ECONNRESET":
    case "EPIPE":
    case "UND_ERR_SOCKET":
      return `${host} closed the connection before it answered.`;
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
    case "UND_ERR_CONNECT_TIMEOUT":
      return `${host} can't be reached. Is the network up, and is a proxy needed (HTTPS_PROXY)?`;
    case "UND_ERR_HEADERS_TIMEOUT":
    case "UND_ERR_BODY_TIMEOUT":
    case "TimeoutError":
      return `${host} did not answer in time.`;
    default:
      return `The connection to ${host} failed${code === undefined ? "" : ` (${code})`}.`;
  }
}

/** The code of the error, or of what caused it. */
function codeOf(error: unknown): string | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 5; each = each.cause, depth += 1) {
    if ("code" in each && typeof each.code === "string") return each.code;
    if (each.name === "TimeoutError") return each.name;
    if (each instanceof AggregateError) {
      const inner = codeOf(each.errors[0]);
      if (inner !== undefined) return inner;
    }
  }
  return undefined;
}
