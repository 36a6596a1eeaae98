/** The caller of one request, as data sources see it: the token for Graph, its renewal, permission, and the audit log. */
import { hash } from "node:crypto";
import type { Authentication } from "./auth/authenticate.ts";
import type { Renewal } from "./auth/token-cache.ts";
import type { AuthMode } from "./config/config.ts";
import type { GraphCaller } from "./datasources/graph/protocol/request.ts";
import { GatewayError } from "./errors.ts";
import type { AuditEntry, GatewayLog } from "./observability/log.ts";
import type { TraceSpan } from "./observability/span.ts";
import type { Deadline } from "./request/deadline.ts";
import type { RequestClosed } from "./request/request-closed.ts";

export interface CallerFacts {
  /** Its id finds the request's lines in the log; its span is the parent of what is done next. */
  readonly record: { readonly id: string; readonly span: TraceSpan };
  readonly authentication: Authentication;
  /** For the whole of the request. */
  readonly deadline: Deadline;
  /** Closes when the client disconnects. */
  readonly closed: RequestClosed;
}

export interface CallerSettings {
  readonly authMode: AuthMode;
  readonly logUserNames: boolean;
}

export class RequestCaller implements GraphCaller {
  readonly deadline: Deadline;
  readonly closed: RequestClosed;
  readonly tokenOwner: "caller" | "gateway";
  readonly tenantId: string | undefined;
  readonly callerToken: string | undefined;
  readonly renew: GraphCaller["renew"];
  readonly #log: GatewayLog;
  readonly #settings: CallerSettings;
  readonly #record: CallerFacts["record"];
  readonly #authentication: Authentication;
  #token: Promise<string> | undefined;

  constructor(log: GatewayLog, settings: CallerSettings, facts: CallerFacts) {
    const { authMode } = settings;
    this.deadline = facts.deadline;
    this.closed = facts.closed;
    this.tokenOwner = authMode === "app" || authMode === "none" ? "gateway" : "caller";
    // With the gateway's own token, Graph sees the gateway's tenant, wherever the caller comes from.
    this.tenantId = authMode === "obo" ? facts.authentication.caller?.tenantId : undefined;
    this.callerToken = facts.authentication.caller?.token;
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
    await renewed; // if that fails, the request keeps its current token
    this.#token = renewed;
  }

  /** Obtains a token. A token that may come from Microsoft Entra has a span of its own. */
  #obtain(renewal?: Renewal): Promise<string> {
    const { isRenewable, token } = this.#authentication;
    return isRenewable ? this.#obtainInTime(token(renewal)) : token(renewal); // no network, no timer
  }

  async #obtainInTime(token: Promise<string>): Promise<string> {
    const attributes = { "gateway.auth.mode": this.#settings.authMode };
    const span = this.#record.span.child({ name: "token", attributes });
    try {
      const obtained = await this.deadline.limit(token);
      if (obtained === "late") {
        throw new GatewayError("UPSTREAM_TIMEOUT", "Microsoft Entra did not issue a token in time; retry later.");
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

/** The audit log has a hash of a user principal name unless the operator asks for names. */
function sha256Of(text: string): string {
  return hash("sha256", text, "hex");
}
