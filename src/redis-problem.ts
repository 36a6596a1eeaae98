/** Why a Redis cannot be used, from ioredis's errors: for the log, for `doctor`, and to decide whether the gateway starts. */

export interface RedisProblem {
  /** The error's code, such as `ECONNREFUSED`, `TIMEOUT` or `READONLY`. */
  readonly reason: string;
  /** What is wrong, to follow "Redis". Names `REDIS_URL` if that must be corrected. */
  readonly detail: string;
  readonly advice: string;
  /** `absent`: Redis does not answer. `refuses`: it takes no writes now. `misconfigured`: it never will with this `REDIS_URL`. */
  readonly kind: "absent" | "refuses" | "misconfigured";
}

type Row = readonly [pattern: RegExp, kind: RedisProblem["kind"], detail: string, advice: string];

/** The first row that matches. A script's error has its command's error in it, so a code may be anywhere. */
const rows: readonly Row[] = [
  [
    /\b(?:WRONGPASS|NOAUTH)\b|invalid (?:username-)?password|no password is set/i,
    "misconfigured",
    "rejects the credentials in REDIS_URL",
    "Correct the user name and password in REDIS_URL.",
  ],
  [
    /\bNOPERM\b|can't run this command|no permissions to/i,
    "misconfigured",
    "does not permit the user of REDIS_URL to write",
    "Permit the user all commands on the keys {intune-pfx-gateway}:*, such as: ACL SETUSER name ~{intune-pfx-gateway}:* +@all.",
  ],
  [
    /\bMOVED\b/,
    "misconfigured",
    "is a cluster, but REDIS_URL does not begin with redis+cluster:// or rediss+cluster://",
    "Write redis+cluster:// instead of redis:// in REDIS_URL, or rediss+cluster:// instead of rediss://.",
  ],
  [
    /cluster support disabled|unknown (?:sub)?command[^,]*cluster/i,
    "misconfigured",
    "is no cluster, but REDIS_URL begins with redis+cluster:// or rediss+cluster://",
    "Write redis:// instead of redis+cluster:// in REDIS_URL, or rediss:// instead of rediss+cluster://.",
  ],
  [
    /\bREADONLY\b/,
    "refuses",
    "is a read-only replica",
    "Let REDIS_URL name the primary, or an address that follows it after a failover.",
  ],
  [/\bOOM\b/, "refuses", "is full", "Give Redis more memory (maxmemory)."],
  [
    /\b(?:MISCONF|NOREPLICAS)\b/,
    "refuses",
    "takes no writes",
    "Read Redis's log: it cannot save to disk, or has too few replicas.",
  ],
  [
    /\b(?:LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|BUSY|CROSSSLOT)\b/,
    "refuses",
    "is not ready",
    "Wait until it has started or failed over; read Redis's log if it goes on.",
  ],
  [/^ERR\b/m, "refuses", "rejects a command", "Use Redis 6 or later, or a server that has its commands and scripts."],
];

const absent = {
  kind: "absent",
  detail: "does not answer",
  advice: "Check that Redis runs and that this machine can reach REDIS_URL, with TLS (rediss://) if Redis asks for it.",
} as const;

/** @param errors the error of a command, and the connection's last error, which may be the cause of it. */
export function redisProblemOf(...errors: readonly unknown[]): RedisProblem {
  const all = errors.flatMap(chainOf);
  const text = all.map(({ message }) => message).join("\n");
  for (const [pattern, kind, detail, advice] of rows) {
    const found = pattern.exec(text);
    if (found !== null) return { reason: /^[A-Z]+$/.test(found[0]) ? found[0] : "ERR", kind, detail, advice };
  }
  return { reason: codeOf(all), ...absent };
}

/** An error and the errors in it. A cluster's error has that of a node. */
function chainOf(error: unknown): Error[] {
  if (!(error instanceof Error)) return [];
  const { lastNodeError, cause }: { lastNodeError?: unknown; cause?: unknown } = error;
  return [error, ...chainOf(lastNodeError), ...chainOf(cause)];
}

/** A network error's code, which names no address. */
function codeOf(errors: readonly Error[]): string {
  for (const error of errors) {
    if ("code" in error && typeof error.code === "string" && /^[A-Z0-9_]{1,50}$/.test(error.code)) return error.code;
  }
  return errors.some(({ message }) => /timed? ?out/i.test(message)) ? "TIMEOUT" : "CLOSED";
}
