/**
 * Authenticates a request by its mode: identifies the caller, decides what the caller may do, and provides the token for
 * Graph. Resolvers do not depend on the mode.
 */
import type { IdentityConfig } from "../config/identity.ts";
import { GatewayError } from "../errors.ts";
import type { Deadline } from "../request/deadline.ts";
import { bearerOf } from "./bearer.ts";
import type { GraphTokens } from "./graph-tokens.ts";
import type { Renewal } from "./token-cache.ts";
import type { VerifiedCaller } from "./verify-caller.ts";

export interface Authentication {
  /** The verified caller; null if the mode verifies no caller. */
  readonly caller: VerifiedCaller | null;
  /** @throws {GatewayError} `FORBIDDEN` if the caller lacks the permission. */
  authorize(access: "read" | "write"): void;
  /** The bearer token for Graph. */
  token(renewal?: Renewal): Promise<string>;
  /** Whether the gateway can replace a token that Graph rejected. */
  readonly isRenewable: boolean;
}

/** Rejects if the request must not continue: with 401 or 403 in terms of HTTP, or with 503 if the decision takes too long. */
export type Authenticate = (authorization: string | undefined, deadline: Deadline) => Promise<Authentication>;

/** For the modes that verify no caller. */
export function authenticateNobody(mode: "passthrough" | "none"): Authenticate {
  return async (authorization) => ({
    caller: null,
    isRenewable: false,
    authorize() {},
    async token() {
      if (mode === "none") return "emulator";
      const token = bearerOf(authorization);
      if (token !== undefined) return token;
      throw new GatewayError("UNAUTHENTICATED", "Send a Microsoft Graph access token: Authorization: Bearer …");
    },
  });
}

/** For the modes that verify every caller before anything else. */
export function authenticateCallers(
  mode: "obo" | "app",
  { write, read }: Pick<IdentityConfig, "write" | "read">,
  verify: (token: string) => Promise<VerifiedCaller>,
  tokens: GraphTokens,
): Authenticate {
  return async (authorization, deadline) => {
    const bearer = bearerOf(authorization);
    if (bearer === undefined) {
      throw new GatewayError("UNAUTHENTICATED", "Send an access token for this gateway: Authorization: Bearer …");
    }
    const caller = await deadline.limit(verify(bearer));
    if (caller === "late")
      throw new GatewayError(
        "UPSTREAM_TIMEOUT",
        "Microsoft Entra's signing keys could not be fetched in time; retry later.",
      );
    if (mode === "obo" && caller.kind === "application") {
      throw new GatewayError(
        "FORBIDDEN",
        "The on-behalf-of flow needs a user's token; this is an application's token.",
      );
    }
    const may = (access: "read" | "write") => {
      const enough = access === "write" ? [write] : [write, read];
      return enough.some(({ scope, role }) => caller.permissions.has(caller.kind === "delegated" ? scope : role));
    };
    if (!may("read"))
      throw new GatewayError("FORBIDDEN", "The token lacks the scope or role that this gateway requires.");
    return {
      caller,
      isRenewable: true,
      authorize(access) {
        if (!may(access)) throw new GatewayError("FORBIDDEN", "The token permits only queries.");
      },
      token: (renewal) =>
        mode === "app"
          ? tokens.app(deadline, renewal)
          : tokens.onBehalfOf(caller.tenantId, caller.token, deadline, renewal),
    };
  };
}
