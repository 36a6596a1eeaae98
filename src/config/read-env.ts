/** Reads and checks single variables of an environment. Problems are collected by name and rule, never by value. */
import { readFileSync } from "node:fs";
import { isIP } from "node:net";

/** All problems of an environment, each by variable name and rule, never by value. */
export class ConfigError extends Error {
  override name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

export function isUnset(value: string | undefined): boolean {
  return value === undefined || value === "";
}

/** Whether a URL's host is this machine. */
export function isLoopback(hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, "");
  return address === "localhost" || address === "::1" || (isIP(address) === 4 && address.startsWith("127."));
}

function isPercentEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

export class ConfigReader {
  readonly problems: string[] = [];
  readonly #env: NodeJS.ProcessEnv;

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  problem(name: string, rule: string): void {
    this.problems.push(`${name}: ${rule}`);
  }

  text(name: string, fallback: string): string {
    return this.#env[name] || fallback;
  }

  /** A name that is used in lists separated by spaces or commas. */
  word(name: string, fallback: string): string {
    const value = this.text(name, fallback);
    if (/[\s,]/.test(value)) this.problem(name, "must be one name, without spaces and commas");
    return value;
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    const value = this.#env[name];
    if (isUnset(value)) return fallback;
    const number = /^\d{1,10}$/.test(value ?? "") ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    this.problem(name, `must be a whole number from ${min} to ${max}`);
    return fallback;
  }

  boolean(name: string, fallback: boolean): boolean {
    return this.choice(name, ["true", "false"], fallback ? "true" : "false") === "true";
  }

  /** One of the given values. Without a fallback the variable is required. */
  choice<Value extends string>(name: string, values: readonly [Value, ...Value[]], fallback: Value | undefined): Value {
    const value = this.#env[name];
    const known = isUnset(value) ? fallback : values.find((candidate) => candidate === value);
    if (known !== undefined) return known;
    this.problem(name, `must be ${isUnset(value) ? "set to " : ""}one of ${values.join(", ")}`);
    return fallback ?? values[0];
  }

  /** A secret, from the variable or from the file in `NAME_FILE`. */
  secret(name: string): string | undefined {
    const file = this.#env[`${name}_FILE`];
    if (isUnset(file)) return this.#env[name] || undefined;
    if (!isUnset(this.#env[name])) this.problem(name, `must not be set together with ${name}_FILE`);
    return this.file(`${name}_FILE`);
  }

  /** A secret that is sent in a header. Other characters would arrive changed. */
  headerSecret(name: string): string | undefined {
    const secret = this.secret(name);
    if (secret !== undefined && !/^[!-~](?:[ -~]*[!-~])?$/.test(secret)) {
      this.problem(
        name,
        "must have only printable ASCII characters and no space at either end: it is sent in a header",
      );
    }
    return secret;
  }

  /** The text of the file that the variable names. */
  file(name: string): string | undefined {
    try {
      return readFileSync(this.#env[name] ?? "", "utf8").trim() || this.#empty(name);
    } catch {
      this.problem(name, "must name a file that can be read");
      return undefined;
    }
  }

  /** The address to listen on: an IP address or a name. Only listening shows whether it belongs to this machine. */
  host(name: string, fallback: string): string {
    const host = this.text(name, fallback);
    const label = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
    // No host name ends in a number: it would be read as an IPv4 address, here an invalid one.
    const isName = new RegExp(`^(?=.{1,253}$)(?:${label}\\.)*(?!\\d+$)${label}$`, "i").test(host);
    if (isIP(host) === 0 && !isName) this.problem(name, "must be an IP address or a host name, without a port");
    return host;
  }

  /** The URL of a Redis. It is a secret, because it may contain a password. */
  redisUrl(name: string): string | undefined {
    const url = this.secret(name);
    if (url === undefined) return undefined;
    const { protocol, hostname, username, password, pathname } = URL.canParse(url) ? new URL(url) : new URL("none:");
    if (!/^rediss?:$/.test(protocol) || hostname === "") {
      this.problem(name, "must be a URL of the form redis://… or rediss://…");
    } else if (![username, password, pathname].every(isPercentEncoded)) {
      this.problem(name, "must write a percent sign in the user name, password or path as %25");
    }
    return url;
  }

  #empty(name: string): undefined {
    this.problem(name, "must name a file that is not empty");
    return undefined;
  }

  /** GUIDs separated by commas, returned in lower case. */
  guids(name: string): string[] {
    const values = (this.#env[name] ?? "")
      .split(",")
      .map((value) => value.trim().toLowerCase())
      .filter((value) => value !== "");
    if (!values.every((value) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value))) {
      this.problem(name, "must be GUIDs, separated by commas");
    }
    return values;
  }

  /**
   * The root of a Microsoft service: one of the given roots, or a loopback address if allowed.
   *
   * @param roots origins without a path.
   */
  serviceUrl(name: string, allowLoopback: boolean, roots: readonly string[]): URL | undefined {
    const value = this.#env[name];
    if (isUnset(value)) return undefined;
    const url = URL.canParse(value ?? "") ? new URL(value ?? "") : undefined;
    const hasVersion = /\/(?:v1\.0|beta)\/?$/i.test(url?.pathname ?? "");
    if (url === undefined || hasVersion || url.username || url.password || url.search || url.hash) {
      this.problem(name, "must be an absolute URL without version, credentials, query or fragment");
      return undefined;
    }
    const isKnown = roots.some((root) => `${root}/` === url.href);
    if (allowLoopback) {
      if (!isLoopback(url.hostname) || !/^https?:$/.test(url.protocol)) {
        this.problem(name, "must be a loopback address together with ALLOW_LOOPBACK_UPSTREAM=true");
      }
    } else if (!isKnown) {
      this.problem(name, `must be one of ${roots.join(", ")}, or loopback with ALLOW_LOOPBACK_UPSTREAM=true`);
    }
    return url;
  }

  origins(name: string): string[] | undefined {
    const value = this.#env[name];
    if (isUnset(value)) return undefined;
    const origins = (value ?? "").split(",").map((origin) => origin.trim());
    const exact = origins.every(
      (origin) => !origin.includes("*") && URL.canParse(origin) && new URL(origin).origin === origin,
    );
    if (!exact) this.problem(name, "must be exact origins such as https://portal.example, separated by commas; no *");
    return origins;
  }
}
