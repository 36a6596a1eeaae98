/** What became of a create: the record under its natural key, of which Graph keeps one. */
import { GatewayError, GraphError } from "../../errors.ts";
import type { TraceSpan } from "../../observability/span.ts";
import { RequestClosed } from "../../request/request-closed.ts";
import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import type { GraphPage } from "../graph/protocol/paging.ts";
import type { GraphCaller } from "../graph/protocol/request.ts";
import { matches } from "./filter.ts";
import { naturalKeyQuery } from "./path.ts";

/** Its share of the whole time. */
const lookUpShare = 0.4;

export interface NaturalKey {
  readonly userPrincipalName: string;
  readonly thumbprint: string;
}

/**
 * The record; null where there is none. Goes on when the caller is gone: a create that was sent is accounted for.
 *
 * @param span what is asked of Graph belongs to it.
 * @throws {GatewayError} where it can't be found out.
 */
export async function lookUp(
  { userPrincipalName, thumbprint }: NaturalKey,
  onBehalfOf: GraphCaller,
  span: TraceSpan,
  fetchPage: (query: string, caller: GraphCaller) => Promise<GraphPage<UserPfxCertificate>>,
): Promise<UserPfxCertificate | null> {
  const caller = lookUpCaller(onBehalfOf, span);
  const key = { userPrincipalName, thumbprint };
  const asked = new Set<string>();
  for (let query = naturalKeyQuery(key); !asked.has(query); ) {
    asked.add(query);
    const page = await fetchPage(query, caller).catch((error: unknown) => {
      // A Graph that does not take the filter is asked for everything.
      if (asked.size === 1 && error instanceof GraphError && error.graph.status === 400) return null;
      throw error;
    });
    const found = page?.items.find((certificate) => matches(certificate, key));
    if (found !== undefined) return found;
    if (page !== null && page.nextQuery === undefined) return null;
    query = page?.nextQuery ?? "";
  }
  throw new GatewayError("UPSTREAM_INVALID_RESPONSE", "Microsoft Graph's next links form a loop.");
}

/** Who asks what became of a write: goes on when the caller is gone, and leaves time for what comes after. */
export function lookUpCaller(onBehalfOf: GraphCaller, span: TraceSpan): GraphCaller {
  const { deadline } = onBehalfOf;
  return {
    authorize: (access) => onBehalfOf.authorize(access),
    tokenOwner: onBehalfOf.tokenOwner,
    renew: onBehalfOf.renew,
    token: () => onBehalfOf.token(),
    audit: (entry) => onBehalfOf.audit(entry),
    span,
    deadline: deadline.atMost(lookUpShare * deadline.budgetMs),
    closed: new RequestClosed(),
  };
}
