/** What signing in takes and gives. */

export const authModes = ["browser", "device-code", "az", "app", "token", "none"] as const;
/** How the command line gets its token for the gateway. */
export type AuthMode = (typeof authModes)[number];

export const clouds = ["global", "usgov", "usgov-dod", "china"] as const;
/** Microsoft's clouds, each with its own authority. */
export type Cloud = (typeof clouds)[number];

export interface SignInSettings {
  /** Undefined: chosen by what there is; see `chooseMode`. */
  readonly auth: AuthMode | undefined;
  /** A gateway on this machine needs no token unless one is given. */
  readonly gateway: URL;
  /** The tenant's id or domain name; like the next two, from an option, a variable or the settings file. */
  readonly tenant?: string | undefined;
  /** The id of the app registration that people or programs sign in with. */
  readonly clientId?: string | undefined;
  /** What the token is for, such as `api://pfx-gateway/.default`. */
  readonly scope?: string | undefined;
  /** Default `global`. */
  readonly cloud?: Cloud | undefined;
  /** Relative to the current folder. Goes before the variable INTUNE_PFX_TOKEN. */
  readonly tokenFile?: string | undefined;
  /** In place of the cloud's authority; must be a loopback address. For tests. */
  readonly authorityUrl?: URL | undefined;
  /** `--no-input`: nobody is there to sign in. */
  readonly noInput: boolean;
  /** `--json`: what a person must open is told on standard output, for the program that reads it. Default false. */
  readonly isJson?: boolean | undefined;
}

/** For display only: read from the token, which is not verified here. */
export interface Account {
  readonly user?: string;
  /** The tenant's id. */
  readonly tenant?: string;
  readonly expiresAt?: Date;
}

export interface SignIn {
  readonly mode: AuthMode;
  /** Who is signed in. Undefined before the first token, with mode `none`, and where the token says nothing. */
  account(): Account | undefined;
  /** The token for the Authorization header, renewed five minutes before it expires; undefined with mode `none`. */
  token(signal?: AbortSignal): Promise<string | undefined>;
  /** Gets a new token; call it after `UNAUTHENTICATED`. */
  renew(signal?: AbortSignal): Promise<void>;
  /**
   * Signs in again with the claims; call it after `CLAIMS_CHALLENGE`. Throws a `CliError` where nobody is there.
   *
   * @param claims as the gateway gives them: base64 of JSON.
   */
  answerClaims(claims: string, signal?: AbortSignal): Promise<void>;
}

/** As much of `fetch` as signing in uses: that of Node.js, or undici's with a proxy. */
export type Fetch = (
  url: string,
  init: {
    readonly method: "POST";
    readonly headers: Record<string, string>;
    readonly body: string;
    readonly redirect: "manual";
    readonly signal: AbortSignal;
  },
) => Promise<{
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}>;
