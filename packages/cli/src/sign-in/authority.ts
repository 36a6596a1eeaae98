/** Microsoft Entra, as oauth4webapi sees it: endpoints by rule, so that nothing has to be discovered. */
import {
  type AuthorizationServer,
  allowInsecureRequests,
  type Client,
  customFetch,
  type HttpRequestOptions,
} from "oauth4webapi";
import type { Io } from "../io.ts";
import { createAuthorityFetch } from "./authority-fetch.ts";
import type { EntraSettings } from "./check-settings.ts";
import type { Cloud, Fetch, SignInSettings } from "./types.ts";

const authorities: Record<Cloud, string> = {
  global: "https://login.microsoftonline.com",
  usgov: "https://login.microsoftonline.us",
  "usgov-dod": "https://login.microsoftonline.us",
  china: "https://login.chinacloudapi.cn",
};

type Endpoints = "authorization_endpoint" | "token_endpoint" | "device_authorization_endpoint";

export interface Authority {
  readonly server: AuthorizationServer & Readonly<Record<Endpoints, string>>;
  readonly client: Client;
  readonly scope: string;
  /** The scope, and leave to renew the token without asking the person again. */
  readonly scopeOfPeople: string;
  /** For messages. */
  readonly host: string;
  now(): Date;
  /** What each request of oauth4webapi is given. */
  options(signal: AbortSignal): HttpRequestOptions<"POST", URLSearchParams>;
}

export function createAuthority(
  { tenant, clientId, scope }: EntraSettings,
  { cloud = "global", authorityUrl }: Pick<SignInSettings, "cloud" | "authorityUrl">,
  io: Io,
  fetch: Fetch,
): Authority {
  const root = authorityUrl ?? new URL(authorities[cloud]);
  const base = `${root.origin}/${tenant}`;
  const authorityFetch = createAuthorityFetch(fetch, io);
  return {
    server: {
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
    },
    client: { client_id: clientId },
    scope,
    scopeOfPeople: scopeOfPeople(scope),
    host: root.host,
    now: () => io.now(),
    options: (signal) => ({
      signal,
      [customFetch]: authorityFetch,
      // checkSettings lets no other authority through than one on this machine
      ...(authorityUrl?.protocol === "http:" && { [allowInsecureRequests]: true }),
    }),
  };
}

/** Without `openid`: nobody reads an ID token, and without one there is no nonce to check. */
function scopeOfPeople(scope: string): string {
  return [...new Set([...scope.split(" "), "offline_access"])].filter((name) => name !== "openid").join(" ");
}
