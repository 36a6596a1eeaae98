/** How one request gets its caller and its data sources. */
import type { VerifiedCaller } from "./auth/verify-caller.ts";
import type { GraphClient } from "./datasources/graph/graph-client.ts";
import type { InFlightCreates } from "./datasources/user-pfx-certificates/in-flight-creates.ts";
import { UserPfxCertificates } from "./datasources/user-pfx-certificates/user-pfx-certificates.ts";
import type { TraceSpan } from "./observability/span.ts";
import { type CallerFacts, type CallerSettings, RequestCaller } from "./request-caller.ts";

/** Facts about a request for its access log line; filled in while it is handled. */
export interface RequestRecord {
  /** The gateway's own id; the request's log lines have it. */
  readonly id: string;
  /** One of the gateway's routes; never the requested path. */
  route: string;
  /** True for a GraphQL operation; false for an explorer page or a CORS preflight. */
  isGraphql: boolean;
  operationType?: string | undefined;
  /** Set only for operations of the manifest; a caller may choose any other name. */
  operationName?: string | undefined;
  /** The verified caller. */
  caller: VerifiedCaller | null;
  /** Parent of the next spans: the operation's span once it is known, until then the request's. */
  span: TraceSpan;
  /** Whether `span` is the operation's. */
  hasOperationSpan?: boolean | undefined;
  /** Codes of the errors in the response. */
  readonly errorCodes: string[];
}

export interface GatewayContext {
  readonly record: RequestRecord;
  readonly dataSources: { readonly userPfxCertificates: UserPfxCertificates };
  /** The resolver's result, if a compiled operation gave up and Apollo Server completes the response. */
  resolved?: { outcome: unknown } | undefined;
}

/** What the HTTP server knows of a request. */
export interface RequestFacts extends CallerFacts {
  readonly record: RequestRecord;
}

/** What the requests of one process share. */
export interface ProcessState {
  readonly client: GraphClient;
  readonly creates: InFlightCreates;
}

/** The settings that a request needs. */
export interface RequestSettings extends CallerSettings {
  readonly maxBatchItems: number;
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
