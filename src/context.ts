/** How one request gets its caller and its data sources. */
import { bearerOf } from "./auth/bearer.ts";
import { Deadline } from "./datasources/deadline.ts";
import type { GraphClient } from "./datasources/graph-client.ts";
import type { GraphCaller } from "./datasources/graph-request.ts";
import { UserPfxCertificates } from "./datasources/user-pfx-certificates.ts";
import { GatewayError } from "./errors.ts";

/** `passthrough`: the caller's own Graph token goes through, opaque. `none`: the emulator, which takes any token. */
export type AuthMode = "passthrough" | "none";

export interface GatewayContext {
  readonly dataSources: { readonly userPfxCertificates: UserPfxCertificates };
}

/** What the HTTP server knows of a request. */
export interface RequestFacts {
  /** The `Authorization` header. */
  authorization: string | undefined;
  /** For the whole of the request. */
  deadlineMs: number;
  /** Aborts when the client is gone. */
  disconnected: AbortSignal;
}

export function createContext(
  client: GraphClient,
  { authMode, maxBatchItems }: { authMode: AuthMode; maxBatchItems: number },
  { authorization, deadlineMs, disconnected }: RequestFacts,
): GatewayContext {
  const caller: GraphCaller = {
    deadline: new Deadline(deadlineMs, client.clock),
    disconnected,
    tokenOwner: authMode === "passthrough" ? "caller" : "gateway",
    async token() {
      if (authMode === "none") return "emulator";
      const token = bearerOf(authorization);
      if (token !== undefined) return token;
      throw new GatewayError("UNAUTHENTICATED", "Send a Microsoft Graph access token: Authorization: Bearer …");
    },
  };
  return { dataSources: { userPfxCertificates: new UserPfxCertificates(client, caller, maxBatchItems) } };
}
