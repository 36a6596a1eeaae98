/**
 * Which proxy a connection to another host goes through, by the variables that curl and most other programs read.
 *
 * @see https://everything.curl.dev/usingcurl/proxies/env.html
 */
import { BlockList, isIP } from "node:net";

/** An HTTP proxy that takes CONNECT. */
export interface HttpProxy {
  /** Without user and password, for the log: `http://proxy.example:8080`. */
  readonly address: string;
  readonly isTls: boolean;
  readonly hostname: string;
  readonly port: number;
  /** Value of `Proxy-Authorization`; undefined without a user. */
  readonly authorization: string | undefined;
}

/** Where a connection leads. */
export interface Target {
  /** With the colon: `https:`. */
  readonly protocol: string;
  /** An IPv6 address has brackets, as in a URL. */
  readonly hostname: string;
  readonly port: number;
}

export class OutboundProxies {
  readonly #https: HttpProxy | undefined;
  readonly #http: HttpProxy | undefined;
  readonly #exceptions: readonly Exception[];

  /**
   * @param https for `https:` targets; default: `http`. @param http for `http:` targets.
   * @param noProxy hosts that are reached directly: names (with their subdomains), addresses, networks in CIDR notation, each with
   * or without a port, separated by commas or blanks; `*` is every host.
   */
  constructor({
    https,
    http,
    noProxy = "",
  }: { https?: URL | undefined; http?: URL | undefined; noProxy?: string | undefined }) {
    this.#http = http && proxyOf(http);
    this.#https = https === undefined ? this.#http : proxyOf(https);
    this.#exceptions = noProxy.split(/[\s,]+/).flatMap((entry) => exceptionOf(entry) ?? []);
  }

  /**
   * The proxy for a target; undefined: connect directly. Loopback addresses never have one, and neither have link-local addresses,
   * where managed identities get their tokens.
   */
  proxyFor({ protocol, hostname, port }: Target): HttpProxy | undefined {
    const proxy = protocol === "https:" ? this.#https : this.#http;
    if (proxy === undefined) return undefined;
    const host = hostname
      .replace(/^\[|\]$/g, "")
      .replace(/\.$/, "")
      .toLowerCase();
    if (isNear(host) || this.#exceptions.some((matches) => matches(host, port))) return undefined;
    return proxy;
  }

  proxyForUrl(url: URL): HttpProxy | undefined {
    return this.proxyFor({ protocol: url.protocol, hostname: url.hostname, port: portOf(url) });
  }
}

/** The port of a URL, or its scheme's own. */
export function portOf({ protocol, port }: { protocol: string; port: string | number | null | undefined }): number {
  return Number(port || (protocol === "https:" ? 443 : 80));
}

function proxyOf(url: URL): HttpProxy {
  const isTls = url.protocol === "https:";
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return {
    address: `${url.protocol}//${url.host}`,
    isTls,
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: portOf(url),
    authorization: url.username === "" ? undefined : `Basic ${Buffer.from(login).toString("base64")}`,
  };
}

const near = new BlockList();
near.addSubnet("127.0.0.0", 8, "ipv4");
near.addSubnet("169.254.0.0", 16, "ipv4");
near.addAddress("::1", "ipv6");
near.addSubnet("fe80::", 10, "ipv6");

/** Whether the host is this machine, or one that only this machine reaches. */
function isNear(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || isIn(near, host);
}

function isIn(list: BlockList, host: string): boolean {
  const version = isIP(host);
  return version !== 0 && list.check(host, version === 4 ? "ipv4" : "ipv6");
}

type Exception = (host: string, port: number) => boolean;

function exceptionOf(entry: string): Exception | undefined {
  if (entry === "") return undefined;
  if (entry === "*") return () => true;
  const [, bracketed, plain = "", port] = /^(?:\[([^\]]+)\]|([^:]*|.*:.*:.*?))(?::(\d{1,5}))?$/.exec(entry) ?? [];
  const host = (bracketed ?? plain).toLowerCase().replace(/\.$/, "");
  const isHost = hostExceptionOf(host);
  return (candidate, candidatePort) => isHost(candidate) && (port === undefined || Number(port) === candidatePort);
}

function hostExceptionOf(host: string): (candidate: string) => boolean {
  const [address = "", prefix] = host.split("/");
  const version = isIP(address);
  if (version !== 0) {
    const list = new BlockList();
    const family = version === 4 ? "ipv4" : "ipv6";
    const bits = prefix === undefined ? (version === 4 ? 32 : 128) : Number(prefix);
    if (Number.isInteger(bits) && bits >= 0 && bits <= (version === 4 ? 32 : 128))
      list.addSubnet(address, bits, family);
    return (candidate) => isIn(list, candidate);
  }
  const name = host.replace(/^\*?\./, "");
  return (candidate) => name !== "" && (candidate === name || candidate.endsWith(`.${name}`));
}
