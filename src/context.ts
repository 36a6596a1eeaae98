/** How one request gets its caller and its data sources. */
import { createHash } from "node:crypto";
import type { Authentication, AuthMode } from "./auth/authenticate.ts";
import type { Renewal } from "./auth/graph-tokens.ts";
import type { VerifiedCaller } from "./auth/verify-caller.ts";
import type { Deadline } from "./datasources/deadline.ts";
import type { Disconnection } from "./datasources/disconnection.ts";
import type { GraphClient } from "./datasources/graph-client.ts";
import type { GraphCaller } from "./datasources/graph-request.ts";
import { UserPfxCertificates } from "./datasources/user-pfx-certificates.ts";
import { GatewayError } from "./errors.ts";
import type { AuditEntry } from "./log.ts";
import type { TraceSpan } from "./trace.ts";

/** What is to be told of a request when it is over; filled in on its way. */
export interface RequestRecord {
  /** The gateway's own, for finding a request's lines in the log. */
  readonly id: string;
  /** One of the gateway's routes; never the path that was asked for. */
  route: string;
  /** Whether it asks for an operation, and not for a page or for what CORS allows. */
  isGraphql: boolean;
  operationType?: string | undefined;
  /** Only where the operator knows the operation; else its name is any caller's to choose. */
  operationName?: string | undefined;
  /** Who was verified to call. */
  caller: VerifiedCaller | null;
  /** What is done next belongs to this: the operation once it is known, until then the request. */
  span: TraceSpan;
  /** Of each error in the answer. */
  readonly errorCodes: string[];
}

export interface GatewayContext {
  readonly record: RequestRecord;
  /**
   * @param write what it would be; refused, it leaves a line in the audit log like any other.
   * @throws {GatewayError} `FORBIDDEN` where the caller may not.
   */
  authorize(access: "read" | "write", write?: AuditEntry["operation"]): void;
  readonly dataSources: { readonly userPfxCertificates: UserPfxCertificates };
  /** What the operation's one field has come to already, where graphql-js is to complete it. */
  resolved?: { outcome: unknown };
}

/** What the HTTP server knows of a request. */
export interface RequestFacts {
  record: RequestRecord;
  authentication: Authentication;
  /** For the whole of the request. */
  deadline: Deadline;
  /** Happens when the client is gone. */
  disconnected: Disconnection;
}

export function createContext(
  client: GraphClient,
  settings: { authMode: AuthMode; maxBatchItems: number; logUserNames: boolean },
  { record, authentication, deadline, disconnected }: RequestFacts,
): GatewayContext {
  let token: Promise<string> | undefined;
  const inTime = async (promise: Promise<string>): Promise<string> => {
    const result = await deadline.limit(promise);
    if (result === "late") throw new GatewayError("UPSTREAM_TIMEOUT", "Microsoft Entra did not give a token in time.");
    return result;
  };
  /** A token that comes from Microsoft Entra, or could, has a span of its own. */
  const obtain = async (renewal?: Renewal): Promise<string> => {
    if (!authentication.isRenewable) return authentication.token(renewal); // no network behind it: needs no timer
    const span = record.span.child({ name: "token", attributes: { "gateway.auth.mode": settings.authMode } });
    try {
      const obtained = await inTime(authentication.token(renewal));
      span.end();
      return obtained;
    } catch (error) {
      span.end(error instanceof GatewayError ? error.code : "INTERNAL_SERVER_ERROR");
      throw error;
    }
  };
  const caller: GraphCaller = {
    deadline,
    disconnected,
    tokenOwner: settings.authMode === "app" || settings.authMode === "none" ? "gateway" : "caller",
    get span() {
      return record.span;
    },
    token() {
      token ??= obtain();
      return token;
    },
    renew: authentication.isRenewable
      ? async (refused, claims) => {
          if ((await token) !== refused) return;
          const renewed = obtain({ refused, claims });
          await renewed; // where that fails, the rest of the request still knows the token it has used
          token = renewed;
        }
      : undefined,
    audit: (entry) =>
      client.log.audit({
        httpRequestId: record.id,
        ...subjectOf(authentication, settings.authMode),
        ...named(entry, settings),
      }),
  };
  return {
    record,
    authorize(access, write) {
      try {
        authentication.authorize(access);
      } catch (error) {
        if (write !== undefined) caller.audit({ operation: write, outcome: "FORBIDDEN" });
        throw error;
      }
    },
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
