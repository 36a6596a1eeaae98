/** How one request gets its caller and its data sources. */
import { hash } from "node:crypto";
import type { Authentication } from "./auth/authenticate.ts";
import type { Renewal } from "./auth/token-cache.ts";
import type { VerifiedCaller } from "./auth/verify-caller.ts";
import type { AuthMode } from "./config/config.ts";
import type { GraphClient } from "./datasources/graph/graph-client.ts";
import type { GraphCaller } from "./datasources/graph/protocol/request.ts";
import type { InFlightCreates } from "./datasources/user-pfx-certificates/in-flight-creates.ts";
import { UserPfxCertificates } from "./datasources/user-pfx-certificates/user-pfx-certificates.ts";
import { GatewayError } from "./errors.ts";
import type { AuditEntry, GatewayLog } from "./observability/log.ts";
import type { TraceSpan } from "./observability/span.ts";
import type { Deadline } from "./request/deadline.ts";
import type { RequestClosed } from "./request/request-closed.ts";

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
  readonly dataSources: { readonly userPfxCertificates: UserPfxCertificates };
  /** What the operation's one field has come to already, where graphql-js is to complete it. */
  resolved?: { outcome: unknown } | undefined;
}

/** What the HTTP server knows of a request. */
export interface RequestFacts {
  record: RequestRecord;
  authentication: Authentication;
  /** For the whole of the request. */
  deadline: Deadline;
  /** Happens when the client is gone. */
  closed: RequestClosed;
}

/** What the requests of one process share. */
export interface ProcessState {
  readonly client: GraphClient;
  readonly creates: InFlightCreates;
}

/** The settings that a request needs. */
export interface RequestSettings {
  readonly authMode: AuthMode;
  readonly maxBatchItems: number;
  readonly logUserNames: boolean;
}

/** One request's context: a plain object, because Apollo Server hands on a copy of it. */
export function createContext(
  { client, creates }: ProcessState,
  settings: RequestSettings,
  facts: RequestFacts,
): GatewayContext {
  const caller = new RequestCaller(client.log, settings, facts);
  return {
    record: facts.record,
    dataSources: { userPfxCertificates: new UserPfxCertificates(client, caller, creates, settings.maxBatchItems) },
    resolved: undefined,
  };
}

class RequestCaller implements GraphCaller {
  readonly deadline: Deadline;
  readonly closed: RequestClosed;
  readonly tokenOwner: "caller" | "gateway";
  readonly renew: GraphCaller["renew"];
  readonly #log: GatewayLog;
  readonly #settings: RequestSettings;
  readonly #record: RequestRecord;
  readonly #authentication: Authentication;
  #token: Promise<string> | undefined;

  constructor(log: GatewayLog, settings: RequestSettings, facts: RequestFacts) {
    const { authMode } = settings;
    this.deadline = facts.deadline;
    this.closed = facts.closed;
    this.tokenOwner = authMode === "app" || authMode === "none" ? "gateway" : "caller";
    this.renew = facts.authentication.isRenewable ? (refused, claims) => this.#renew(refused, claims) : undefined;
    this.#log = log;
    this.#settings = settings;
    this.#record = facts.record;
    this.#authentication = facts.authentication;
  }

  get span(): TraceSpan {
    return this.#record.span;
  }

  token(): Promise<string> {
    this.#token ??= this.#obtain();
    return this.#token;
  }

  authorize(access: "read" | "write"): void {
    this.#authentication.authorize(access);
  }

  async #renew(refused: string, claims: string | undefined): Promise<void> {
    if ((await this.#token) !== refused) return;
    const renewed = this.#obtain({ refused, claims });
    await renewed; // where that fails, the rest of the request still knows the token it has used
    this.#token = renewed;
  }

  /** A token that comes from Microsoft Entra, or could, has a span of its own. */
  #obtain(renewal?: Renewal): Promise<string> {
    const { isRenewable, token } = this.#authentication;
    return isRenewable ? this.#obtainInTime(token(renewal)) : token(renewal); // no network behind it: needs no timer
  }

  async #obtainInTime(token: Promise<string>): Promise<string> {
    const attributes = { "gateway.auth.mode": this.#settings.authMode };
    const span = this.#record.span.child({ name: "token", attributes });
    try {
      const obtained = await this.deadline.limit(token);
      if (obtained === "late") {
        throw new GatewayError("UPSTREAM_TIMEOUT", "Microsoft Entra did not give a token in time.");
      }
      span.end();
      return obtained;
    } catch (error) {
      span.end(error instanceof GatewayError ? error.code : "INTERNAL_SERVER_ERROR");
      throw error;
    }
  }

  audit(entry: AuditEntry): void {
    const { authMode, logUserNames } = this.#settings;
    const { caller } = this.#authentication;
    const { userPrincipalName } = entry;
    const hides = userPrincipalName !== undefined && !logUserNames;
    this.#log.audit({
      operation: entry.operation,
      outcome: entry.outcome,
      httpRequestId: this.#record.id,
      mode: authMode,
      tenantId: caller?.tenantId,
      objectId: caller?.objectId,
      clientId: caller?.clientId ?? undefined,
      certificateId: entry.certificateId,
      thumbprint: entry.thumbprint,
      userPrincipalName: hides ? undefined : userPrincipalName,
      userPrincipalNameSha256: hides ? sha256Of(userPrincipalName.toLowerCase()) : undefined,
      clientRequestId: entry.clientRequestId,
      requestId: entry.requestId,
    });
  }
}

/** Users are named in the audit log only where that is asked for; else a hash tells them apart. */
function sha256Of(text: string): string {
  return hash("sha256", text, "hex");
}
