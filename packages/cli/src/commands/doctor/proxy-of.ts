/** Which proxy requests to an address go through: the environment, read as undici's EnvHttpProxyAgent reads it. */

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

function withoutUser(address: string): string {
  if (!URL.canParse(address)) return "an address that can't be read";
  const { protocol, host } = new URL(address);
  return `${protocol}//${host}`;
}
