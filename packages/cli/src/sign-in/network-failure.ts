/** Why a host could not be asked, in plain words. */
import process from "node:process";
import { CliError, ExitCode } from "../cli-error.ts";
import { explainProxyFailure, proxyFailureOf } from "../gateway/proxy-failure.ts";

const brokenConnection = ["ECONNRESET", "EPIPE", "UND_ERR_SOCKET", "EAI_AGAIN"];
const noAnswerCodes = ["ETIMEDOUT", "UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT"];
const untrusted = [
  "CERT_UNTRUSTED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
];

/** Whether asking again may help. */
export function isBrokenConnection(error: unknown): boolean {
  return brokenConnection.includes(codeOf(error));
}

/** @param error what `fetch` threw. */
export function networkFailure(error: unknown, host: string): CliError {
  const proxyFailure = proxyFailureOf(error);
  if (proxyFailure !== undefined) return unreachable(explainProxyFailure(proxyFailure, host));
  const code = codeOf(error);
  if (untrusted.includes(code)) {
    const companysOwn = "set NODE_EXTRA_CA_CERTS to your company's CA (PEM)";
    const [major = ""] = process.versions.node.split(".");
    const advice =
      Number(major) < 24
        ? `Use Node.js 24, which can ask Windows, or ${companysOwn}.`
        : `If your company inspects TLS, ${companysOwn}.`;
    return tlsFailure(`${host} shows a certificate that Node.js ${major} does not trust. ${advice}`);
  }
  switch (code) {
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return tlsFailure(`${host} shows a certificate that is not valid now. Is this machine's clock right?`);
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return tlsFailure(`${host} shows a certificate for another name. Is a proxy or a login page in between?`);
    case "ENOTFOUND":
      return unreachable(`${host} can't be found (DNS). Is the VPN on?`);
    case "EAI_AGAIN":
      return unreachable(`${host} can't be found, since no name server (DNS) answers. Is the network up?`);
    case "ECONNREFUSED":
      return unreachable(`${host} refuses the connection. Does this network need a proxy (HTTPS_PROXY)?`);
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return unreachable(`${host} can't be reached from this network. Is the VPN on?`);
  }
  if (noAnswerCodes.includes(code)) return noAnswer(host);
  if (brokenConnection.includes(code)) return unreachable(`${host} ends the connection instead of answering.`);
  return unreachable(`${host} can't be reached${/^[A-Z0-9_]{1,64}$/.test(code) ? ` (${code})` : ""}.`);
}

export function noAnswer(host: string, limitMs?: number): CliError {
  const limit = limitMs === undefined ? "" : ` within ${limitMs / 1000} s`;
  return unreachable(`${host} does not answer${limit}. Does this network need a proxy (HTTPS_PROXY)?`);
}

function unreachable(message: string): CliError {
  return new CliError(ExitCode.STOPPED, "SIGN_IN_UNREACHABLE", message);
}

/** Time alone doesn't mend it. */
function tlsFailure(message: string): CliError {
  return new CliError(ExitCode.SIGN_IN, "SIGN_IN_TLS", message);
}

/** `fetch` hides it in causes. */
function codeOf(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    if ("code" in at && typeof at.code === "string") return at.code;
  }
  return "";
}
