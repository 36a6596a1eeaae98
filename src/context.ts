/** How one request gets its caller and its data sources. */
import { bearerOf } from "./auth/bearer.ts";
import type { GraphClient } from "./datasources/graph-client.ts";
import type { GraphCaller } from "./datasources/graph-request.ts";
import { UserPfxCertificates } from "./datasources/user-pfx-certificates.ts";
import { GatewayError } from "./errors.ts";

/** `passthrough`: the caller's own Graph token goes through, opaque. `none`: the emulator, which takes any token. */
export type AuthMode = "passthrough" | "none";

export interface GatewayContext {
  readonly dataSources: { readonly userPfxCertificates: UserPfxCertificates };
}

/** @param authorization the caller's `Authorization` header. @param deadline aborts when the request's time is up. */
export function createContext(
  client: GraphClient,
  authMode: AuthMode,
  authorization: string | undefined,
  deadline: AbortSignal,
): GatewayContext {
  const caller: GraphCaller = {
    deadline,
    tokenOwner: authMode === "passthrough" ? "caller" : "gateway",
    async token() {
      if (authMode === "none") return "emulator";
      const token = bearerOf(authorization);
      if (token !== undefined) return token;
      throw new GatewayError("UNAUTHENTICATED", "Send a Microsoft Graph access token: Authorization: Bearer …");
    },
  };
  return { dataSources: { userPfxCertificates: new UserPfxCertificates(client, caller) } };
}
