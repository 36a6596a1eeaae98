/**
 * Settings of the emulated service. If the real behaviour is unknown outside Microsoft, it is a setting and not a constant in
 * a route, so that a client can be tested against each possibility.
 */
import type { Fault } from "./faults.ts";
import type { NewRecord, PaddingScheme } from "./record.ts";

/** The form of a 429's wait time: one of the forms seen on Graph, or none. */
export type RetryAfterHint = "seconds" | "fraction" | "date" | "millisecondsHeader" | "nested" | "none";

/** The wrapping of a service error: plain, as JSON text in `message`, or as JSON within JSON. */
export type ErrorShape = "plain" | "nested" | "threeLevel";

export interface WriteQuota {
  /** Writes allowed within the window. */
  readonly limit: number;
  readonly windowMs: number;
  readonly retryAfter: RetryAfterHint;
}

export interface EmulatorOptions {
  /** Address to listen on, default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** PEM texts; with them the emulator speaks HTTPS. */
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Records present from the start, default none. */
  readonly seed?: readonly NewRecord[];
  /** Rows on a page unless `$top` asks for fewer, default 100. */
  readonly pageSize?: number;
  /** Default true; false: v1.0 has no such collection and answers 400, as the public metadata suggests. */
  readonly v1HasSegment?: boolean;
  /** Default true; false: beta has no such collection. */
  readonly betaHasSegment?: boolean;
  /**
   * Response to a second POST with the same user and thumbprint; default 409. The last three answer 201: the record gets the new
   * properties, stays as it was, or gets a second record beside it.
   */
  readonly onDuplicate?: "conflict" | "badRequest" | "overwrite" | "keep" | "add";
  /** Whether responses to POST and PATCH repeat the blob and the password (default true), redact them, or omit both properties. */
  readonly echoSecrets?: boolean | "omit";
  /** Padding schemes that a POST and a PATCH must not have; default none. */
  readonly refusedPaddingSchemes?: readonly PaddingScheme[];
  /** Default true: a thumbprint must have 40 hexadecimal digits. */
  readonly checksThumbprint?: boolean;
  /** Status of a successful PATCH, default 200 with the entity. */
  readonly patchAnswer?: 200 | 204;
  /**
   * Handling of `id` and the service's timestamps in a body; default: ignored, because Microsoft's import module always sends
   * both timestamps. "store": a POST's timestamps are stored as given.
   */
  readonly readOnlyProperties?: "refuse" | "ignore" | "store";
  /** Response to a GET, PATCH or DELETE of an id that does not exist; default 404. */
  readonly onMissing?: "notFound" | "badRequest";
  /** Response to a DELETE of an id that does not exist: as `onMissing` says (default), or 204. */
  readonly onDeleteMissing?: "failure" | "success";
  /** The `$filter` properties that are evaluated; default "known": userPrincipalName and thumbprint. */
  readonly honouredFilters?: "known" | "all" | "none" | readonly string[];
  /** A comparison on any other property is ignored (default): it is true. Or the request is refused. */
  readonly otherFilters?: "ignore" | "refuse";
  /** System query options accepted without effect, such as `$select`; default none. */
  readonly ignoredQueryOptions?: readonly string[];
  /** System query options answered with 400; default none. */
  readonly refusedQueryOptions?: readonly string[];
  /** Whether `$orderby` has an effect; default false. */
  readonly honoursOrderBy?: boolean;
  /** `$top` is the size of a page, with a next link (default), or the end of the list. */
  readonly topMeans?: "pageSize" | "limit";
  /** Default true: `/$count` answers the number of records. False: there is no such path. */
  readonly countSegment?: boolean;
  /** Milliseconds until lists have a record that a POST made; default 0. A GET by id has it at once. */
  readonly listDelayMs?: number;
  /** Default true: a plain `eq` on userPrincipalName is case-sensitive. */
  readonly userPrincipalNameFilterIsCaseSensitive?: boolean;
  /** Whom `/users` finds: every user name that is well formed (default), or only owners of certificates. */
  readonly directory?: "everybody" | "owners";
  /** Default "plain". */
  readonly errorShape?: ErrorShape;
  /** The service's error codes that differ from the usual ones, by status; default none. */
  readonly errorCodes?: Readonly<Record<number, string>>;
  /** Default 100 writes in 20 s. Every item of a batch counts, and so do throttled requests. False: no quota. */
  readonly writeQuota?: WriteQuota | false;
  /** Wait before every answer, default 0; once for a whole batch. */
  readonly latencyMs?: number;
  /** Default true: 401 without `Authorization: Bearer <something>`. */
  readonly requireBearer?: boolean;
  /** Largest body accepted, default 20 MB. */
  readonly maxBodyBytes?: number;
  readonly faults?: readonly Fault[];
  /** The number of last requests that are kept for inspection, including bodies; default all. */
  readonly keptRequests?: number;
  /** Epoch milliseconds for timestamps, the Date header and the quota; default Date.now. */
  readonly now?: () => number;
}

/** The settings for routes, with defaults filled in. */
export type Settings = Required<Omit<EmulatorOptions, "host" | "port" | "tls" | "seed" | "faults">>;

export function settingsFrom(options: EmulatorOptions): Settings {
  return {
    pageSize: options.pageSize ?? 100,
    v1HasSegment: options.v1HasSegment ?? true,
    betaHasSegment: options.betaHasSegment ?? true,
    onDuplicate: options.onDuplicate ?? "conflict",
    echoSecrets: options.echoSecrets ?? true,
    refusedPaddingSchemes: options.refusedPaddingSchemes ?? [],
    checksThumbprint: options.checksThumbprint ?? true,
    patchAnswer: options.patchAnswer ?? 200,
    readOnlyProperties: options.readOnlyProperties ?? "ignore",
    onMissing: options.onMissing ?? "notFound",
    onDeleteMissing: options.onDeleteMissing ?? "failure",
    honouredFilters: options.honouredFilters ?? "known",
    otherFilters: options.otherFilters ?? "ignore",
    ignoredQueryOptions: options.ignoredQueryOptions ?? [],
    refusedQueryOptions: options.refusedQueryOptions ?? [],
    honoursOrderBy: options.honoursOrderBy ?? false,
    topMeans: options.topMeans ?? "pageSize",
    countSegment: options.countSegment ?? true,
    listDelayMs: options.listDelayMs ?? 0,
    userPrincipalNameFilterIsCaseSensitive: options.userPrincipalNameFilterIsCaseSensitive ?? true,
    directory: options.directory ?? "everybody",
    errorShape: options.errorShape ?? "plain",
    errorCodes: options.errorCodes ?? {},
    writeQuota: options.writeQuota ?? { limit: 100, windowMs: 20_000, retryAfter: "seconds" },
    latencyMs: options.latencyMs ?? 0,
    requireBearer: options.requireBearer ?? true,
    maxBodyBytes: options.maxBodyBytes ?? 20_000_000,
    keptRequests: options.keptRequests ?? Number.POSITIVE_INFINITY,
    now: options.now ?? Date.now,
  };
}
