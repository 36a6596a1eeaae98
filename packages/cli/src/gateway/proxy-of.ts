/** Which proxy requests to an address go through: the environment, read as undici's EnvHttpProxyAgent reads it. */
import { usageError } from "../cli-error.ts";

export interface Proxy {
  readonly variable: string;
  /** Without a user and a password. */
  readonly address: string;
  /** Whether NO_PROXY names the address, so that the proxy is not used. */
  readonly isExcepted: boolean;
}

/** `undefined` where no proxy is set. */
export function proxyOf(url: URL, env: Readonly<Record<string, string | undefined>>): Proxy | undefined {
  const forHttp = ["http_proxy", "HTTP_PROXY"];
  const names = url.protocol === "https:" ? ["https_proxy", "HTTPS_PROXY", ...forHttp] : forHttp;
  const variable = names.find((name) => Boolean(env[name]));
  if (variable === undefined) return undefined;
  const isExcepted = isInNoProxy(url, env.no_proxy ?? env.NO_PROXY ?? "");
  return { variable, address: withoutUser(env[variable] ?? ""), isExcepted };
}

function isInNoProxy(url: URL, noProxy: string): boolean {
  const hostname = url.hostname.toLowerCase();
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  return noProxy.split(/[,\s]/).some((entry) => {
    const [, name = "", onlyPort] = /^(.+?)(?::(\d+))?$/.exec(entry) ?? [];
    if (name === "" || (onlyPort !== undefined && onlyPort !== port)) return false;
    const domain = name.replace(/^\*?\./, "").toLowerCase();
    return domain === "*" || hostname === domain || hostname.endsWith(`.${domain}`);
  });
}

/**
 * The URL in the first of these variables that is set; an empty text where none is.
 *
 * @throws {CliError} exit code 64 where the variable holds no address
 */
export function proxyUrl(names: readonly string[], env: Readonly<Record<string, string | undefined>>): string {
  const variable = names.find((name) => env[name] !== undefined);
  const text = variable === undefined ? undefined : env[variable];
  if (variable === undefined || !text) return "";
  const address = withScheme(text);
  if (URL.canParse(address) && new URL(address).hostname !== "") return address;
  // Without its value, which may have a password in it.
  throw usageError("OPTION_INVALID", `${variable} must be an address such as http://proxy.contoso.com:8080.`, {
    option: variable,
  });
}

/** Many write `proxy:8080`, as curl takes it. */
function withScheme(address: string): string {
  return address.includes("://") ? address : `http://${address}`;
}

function withoutUser(given: string): string {
  const address = withScheme(given);
  if (!URL.canParse(address)) return "an address that can't be read";
  const { protocol, host } = new URL(address);
  return `${protocol}//${host}`;
}
