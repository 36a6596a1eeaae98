/** How one request gets its caller and its data sources. */
import { createHash } from "node:crypto";
import type { Authentication, AuthMode } from "./auth/authenticate.ts";
import type { Deadline } from "./datasources/deadline.ts";
import type { GraphClient } from "./datasources/graph-client.ts";
import type { GraphCaller } from "./datasources/graph-request.ts";
import { UserPfxCertificates } from "./datasources/user-pfx-certificates.ts";
import { GatewayError } from "./errors.ts";
import type { AuditEntry } from "./log.ts";

export interface GatewayContext {
  /** @throws {GatewayError} `FORBIDDEN` where the caller may not. */
  authorize(access: "read" | "write"): void;
  readonly dataSources: { readonly userPfxCertificates: UserPfxCertificates };
}

/** What the HTTP server knows of a request. */
export interface RequestFacts {
  authentication: Authentication;
  /** For the whole of the request. */
  deadline: Deadline;
  /** Aborts when the client is gone. */
  disconnected: AbortSignal;
}

export function createContext(
  client: GraphClient,
  settings: { authMode: AuthMode; maxBatchItems: number; logUserNames: boolean },
  { authentication, deadline, disconnected }: RequestFacts,
): GatewayContext {
  let token: Promise<string> | undefined;
  const inTime = async (promise: Promise<string>): Promise<string> => {
    const result = await deadline.limit(promise);
    if (result === "late") throw new GatewayError("UPSTREAM_TIMEOUT", "Microsoft Entra did not give a token in time.");
    return result;
  };
  const caller: GraphCaller = {
    deadline,
    disconnected,
    tokenOwner: settings.authMode === "app" || settings.authMode === "none" ? "gateway" : "caller",
    token() {
      token ??= inTime(authentication.token());
      return token;
    },
    renew: authentication.isRenewable
      ? async (refused, claims) => {
          if ((await token) !== refused) return;
          const renewed = inTime(authentication.token({ refused, claims }));
          await renewed; // where that fails, the rest of the request still knows the token it has used
          token = renewed;
        }
      : undefined,
    audit: (entry) => client.log.audit({ ...subjectOf(authentication, settings.authMode), ...named(entry, settings) }),
  };
  return {
    authorize: (access) => authentication.authorize(access),
    dataSources: { userPfxCertificates: new UserPfxCertificates(client, caller, settings.maxBatchItems) },
  };
}

function subjectOf({ caller }: Authentication, mode: AuthMode) {
  if (caller === null) return { mode };
  const { tenantId, objectId, clientId } = caller;
  return { mode, tenantId, objectId, ...(clientId !== null && { clientId }) };
}

/** Users are named in the audit log only where that is asked for; else a hash tells them apart. */
function named({ userPrincipalName, ...entry }: AuditEntry, { logUserNames }: { logUserNames: boolean }) {
  if (userPrincipalName === undefined) return entry;
  if (logUserNames) return { ...entry, userPrincipalName };
  const hash = createHash("sha256").update(userPrincipalName.toLowerCase()).digest("hex");
  return { ...entry, userPrincipalNameSha256: hash };
}
