/** People sign in once; after that the refresh token gets the next token, until Entra wants to see the person again. */
import { None, processRefreshTokenResponse, refreshTokenGrantRequest } from "oauth4webapi";
import type { Authority } from "./authority.ts";
import { entraError, oauthErrorOf } from "./entra-error.ts";
import { type Grant, grantOf } from "./grant.ts";
import type { TokenSource } from "./session.ts";

/** Asks a person to sign in. */
export type PersonSignIn = (signal: AbortSignal, claims?: string) => Promise<Grant>;

const personNeeded = ["invalid_grant", "interaction_required", "login_required", "consent_required"];

export function withRefreshToken(signIn: PersonSignIn, authority: Authority): TokenSource {
  let refreshToken: string | undefined;
  return async (signal, claims) => {
    const known = claims === undefined ? refreshToken : undefined; // only the person can answer claims
    const refreshed = known === undefined ? undefined : await refresh(known, authority, signal);
    const grant = refreshed ?? (await signIn(signal, claims));
    refreshToken = grant.refreshToken ?? known;
    return grant.token;
  };
}

/** Undefined where the person is needed. */
async function refresh(refreshToken: string, authority: Authority, signal: AbortSignal): Promise<Grant | undefined> {
  const { server, client, scopeOfPeople, host } = authority;
  try {
    const response = await refreshTokenGrantRequest(server, client, None(), refreshToken, {
      ...authority.options(signal),
      additionalParameters: { scope: scopeOfPeople },
    });
    return grantOf(await processRefreshTokenResponse(server, client, response), authority.now());
  } catch (error) {
    if (personNeeded.includes(oauthErrorOf(error) ?? "")) return undefined;
    throw entraError(error, host, signal);
  }
}
