/** What the token endpoint grants. */
import type { TokenEndpointResponse } from "oauth4webapi";
import { type AccessToken, accessTokenOf } from "./access-token.ts";

export interface Grant {
  readonly token: AccessToken;
  readonly refreshToken: string | undefined;
}

export function grantOf(response: TokenEndpointResponse, now: Date): Grant {
  return {
    token: accessTokenOf(response.access_token, now, response.expires_in),
    refreshToken: response.refresh_token,
  };
}
