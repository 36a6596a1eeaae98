/**
 * Finds the version of Graph that has the collection. The reference page says v1.0; public metadata has the collection only
 * under beta. With `auto`, requests go to v1.0 first. If Graph does not know the segment, it has processed nothing, so the
 * same request and all later ones of that tenant go to beta.
 */

import type { ApiVersion } from "../../../config/config.ts";
import type { GraphRequest, GraphResponse, Send } from "../protocol/request.ts";
import { isSegmentMissing } from "../protocol/response.ts";

export function withApiVersion(
  configured: ApiVersion,
  send: (request: GraphRequest, path: string) => Promise<GraphResponse>,
  onMovedToBeta: (tenantId: string | undefined) => void,
): Send {
  if (configured !== "auto") return (request) => send(request, `/${configured}${request.path}`);
  /** The tenants in which v1.0 lacks the collection; `undefined` stands for all callers of a process that has one tenant. */
  const inBeta = new Set<string | undefined>();
  return async (request) => {
    const { tenantId } = request.caller;
    if (inBeta.has(tenantId)) return send(request, `/beta${request.path}`);
    const response = await send(request, `/v1.0${request.path}`);
    if (!isSegmentMissing(response)) return response;
    if (!inBeta.has(tenantId)) {
      inBeta.add(tenantId);
      onMovedToBeta(tenantId);
    }
    return send(request, `/beta${request.path}`);
  };
}
