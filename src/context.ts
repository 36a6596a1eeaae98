/** How one request gets its caller and its data sources. */
import type { VerifiedCaller } from "./auth/verify-caller.ts";
import type { GraphClient } from "./datasources/graph/graph-client.ts";
import type { InFlightCreates } from "./datasources/user-pfx-certificates/in-flight-creates.ts";
import { UserPfxCertificates } from "./datasources/user-pfx-certificates/user-pfx-certificates.ts";
import type { TraceSpan } from "./observability/span.ts";
import { type CallerFacts, type CallerSettings, RequestCaller } from "./request-caller.ts";

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
  /** Whether `span` is the operation's. */
  hasOperationSpan?: boolean | undefined;
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
