/** The caller of a look-up after a write. */
import type { TraceSpan } from "../../observability/span.ts";
import { RequestClosed } from "../../request/request-closed.ts";
import type { GraphCaller } from "../graph/protocol/request.ts";

/** Share of the request's whole time that one look-up may take. */
const lookUpShare = 0.4;

/** The same caller, whose look-up goes on when the client disconnects, and leaves time for what follows. */
export function lookUpCaller(onBehalfOf: GraphCaller, span: TraceSpan): GraphCaller {
  const { deadline } = onBehalfOf;
  return {
    authorize: (access) => onBehalfOf.authorize(access),
    tokenOwner: onBehalfOf.tokenOwner,
    tenantId: onBehalfOf.tenantId,
    renew: onBehalfOf.renew,
    token: () => onBehalfOf.token(),
    audit: (entry) => onBehalfOf.audit(entry),
    span,
    deadline: deadline.atMost(lookUpShare * deadline.budgetMs),
    closed: new RequestClosed(),
  };
}
