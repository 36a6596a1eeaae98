/** Parsers of single variables. A parser names the rule that a value breaks, never the value. */
import { isIP } from "node:net";
import { type ClientCertificate, readClientCertificate } from "./client-certificate.ts";
import { oddCharacterInSecret } from "./secret-characters.ts";
import { attempt, type Report, readText } from "./text-file.ts";

/** Returns the value of a text that is not empty. After a problem only other rules use the value. */
type Parse<Value> = (text: string, problem: Report) => Value;

/** How one variable is read. */
export interface Parser<Value> {
  /** The value of a variable that is not set or empty. */
  readonly fallback: Value;
  readonly parse: Parse<Value>;
  /** Whether the text may also come from the file in `NAME_FILE`. */
  readonly isSecret?: boolean;
}

const parser = <Value>(fallback: Value, parse: Parse<Value>): Parser<Value> => ({ fallback, parse });
const optional = <Value>(parse: Parse<Value | undefined>) => parser<Value | undefined>(undefined, parse);

/** A whole number in a range. */
export const integer = <Fallback extends number | undefined>(fallback: Fallback, min: number, max: number) =>
  parser<number | Fallback>(fallback, (text, problem) => {
    const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number;
    problem(`must be a whole number from ${min} to ${max}`);
    return fallback;
  });

/** One of the given values. */
export const choice = <const Value extends string, Fallback extends Value | undefined>(
  values: readonly Value[],
  fallback: Fallback,
) =>
  parser<Value | Fallback>(fallback, (text, problem) => {
    const known = values.find((value) => value === text);
    if (known === undefined) problem(`must be one of ${values.join(", ")}`);
    return known ?? fallback;
  });

/** `true` or `false`. */
export const boolean = <Fallback extends boolean | undefined>(fallback: Fallback) =>
  parser<boolean | Fallback>(fallback, (text, problem) => {
    if (text === "true" || text === "false") return text === "true";
    problem("must be one of true, false");
    return fallback;
  });

/** A name that is used in lists separated by spaces or commas. */
export const word = <Fallback extends string | undefined>(fallback: Fallback) =>
  parser<string | Fallback>(fallback, (text, problem) => {
    if (/[\s,]/.test(text)) problem("must be one name, without spaces and commas");
    return text;
  });

/** The address to listen on: an IP address or a name. Only listening shows whether it belongs to this machine. */
export const host = (fallback: string) =>
  parser(fallback, (text, problem) => {
    const label = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
    // No host name ends in a number: it would be read as an IPv4 address, here an invalid one.
    const isName = new RegExp(`^(?=.{1,253}$)(?:${label}\\.)*(?!\\d+$)${label}$`, "i").test(text);
    if (isIP(text) === 0 && !isName) problem("must be an IP address or a host name, without a port");
    return text;
  });

/** The names of `NODE_ENV`. Any other name counts as development, with a warning or a refusal. */
export const nodeEnvs = ["production", "development", "test"] as const;

/** `production`; any other name means development. */
export const nodeEnv = parser("development", (name, problem) => {
  if (name === "production" || name.trim().toLowerCase() !== "production") return name;
  problem("must be exactly production, in lower case and without spaces; any other value means development");
  return "development";
});

/** Any text. */
export const anyText = optional<string>((text) => text);

/** A secret, from the variable or from the file in `NAME_FILE`. */
export const secret = { ...anyText, isSecret: true };

/** A secret that is sent in a header. Other characters would arrive changed. */
export const headerSecret: Parser<string | undefined> = {
  ...secret,
  parse(text, problem) {
    if (!/^[!-~](?:[ -~]*[!-~])?$/.test(text)) {
      const hidden = oddCharacterInSecret(text);
      const found = hidden === undefined ? "" : `, and it has ${hidden}`;
      problem(`must have only printable ASCII characters and no space at either end: it is sent in a header${found}`);
    }
    return text;
  },
};

/** The URL of a Redis. It is a secret, because it may contain a password. */
export const redisUrl: Parser<string | undefined> = {
  ...secret,
  parse(text, problem) {
    const { protocol, hostname, username, password, pathname } = URL.canParse(text) ? new URL(text) : new URL("none:");
    if (!/^rediss?(?:\+cluster)?:$/.test(protocol) || hostname === "") {
      problem("must be a URL of the form redis://…, rediss://…, redis+cluster://… or rediss+cluster://…");
    } else if (protocol.includes("+cluster") && !/^\/?0?$/.test(pathname)) {
      problem("must name no database: a cluster has one only");
    } else if ([username, password, pathname].some((part) => attempt(() => decodeURIComponent(part)) === undefined)) {
      problem("must write a percent sign in the user name, password or path as %25");
    }
    return text;
  },
};

/** The URL of a server, as text. */
export const httpUrl = optional<string>((text, problem) => {
  const isHttp = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  if (!isHttp) problem("must be an absolute URL, http or https");
  return text;
});

/** The address of an HTTP proxy, with or without `http://`; may have a user and a password. */
export const proxyUrl = optional<URL>((text, problem) => {
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  const isProxy = url !== undefined && /^https?:$/.test(url.protocol) && url.hostname !== "" && isDecodable(url);
  if (!isProxy)
    problem("must be an HTTP proxy such as http://proxy.example:8080; encode special characters of a password");
  return isProxy ? url : undefined;
});

function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

/** The root of a service. Other variables decide whether the gateway may use it. */
export const rootUrl = optional<URL>((text, problem) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const hasVersion = /\/(?:v1\.0|beta)\/?$/i.test(url?.pathname ?? "");
  if (url && !hasVersion && !url.username && !url.password && !url.search && !url.hash) return url;
  problem("must be an absolute URL without version, credentials, query or fragment");
  return undefined;
});

/** Origins, separated by commas. */
export const origins = optional<readonly string[]>((text, problem) => {
  const values = text.split(",").map((origin) => origin.trim());
  const areExact = values.every(
    (origin) => !origin.includes("*") && URL.canParse(origin) && new URL(origin).origin === origin,
  );
  if (!areExact) problem("must be exact origins such as https://portal.example, separated by commas; no *");
  return values;
});

const guidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** One GUID, in lower case. @param hint where to find it, as a clause. */
export const guid = (hint: string) =>
  optional<string>((text, problem) => {
    const value = text.trim().toLowerCase();
    if (!guidPattern.test(value)) problem(`must be a GUID: ${hint}`);
    return value;
  });

/** GUIDs, separated by commas. The values are in lower case. */
export const guids = parser<readonly string[]>([], (text, problem) => {
  const words = text.split(",").map((value) => value.trim().toLowerCase());
  const values = words.filter((value) => value !== "");
  const areGuids = values.every((value) => guidPattern.test(value));
  if (!areGuids) problem("must be GUIDs, separated by commas");
  return values;
});

/** The path of a file with a token. The file is read again for each use. */
export const tokenFile = optional<string>((path, problem) => {
  const hidden = oddCharacterInSecret(readText(path, problem).trim());
  if (hidden !== undefined) problem(`must name a file with one token: it has ${hidden}`);
  return path;
});

/** The certificate and the private key of a PEM file. */
export const certificateFile = optional<ClientCertificate>(
  (path, problem) => readClientCertificate(path, problem) ?? { thumbprintSha256: "", privateKey: "" },
);
