/**
 * Finds the version of Graph that has the collection. The reference page says v1.0; public metadata has the collection only
 * under beta. With `auto`, requests go to v1.0 first. If Graph does not know the segment, it has processed nothing, so the
 * same request and all later ones go to beta.
 */

import type { ApiVersion } from "../../../config/config.ts";
import type { GraphRequest, GraphResponse, Send } from "../protocol/request.ts";
import { isSegmentMissing } from "../protocol/response.ts";

export function withApiVersion(
  configured: ApiVersion,
  send: (request: GraphRequest, path: string) => Promise<GraphResponse>,
  onMovedToBeta: () => void,
): Send {
  if (configured !== "auto") return (request) => send(request, `/${configured}${request.path}`);
  let version: "v1.0" | "beta" = "v1.0";
  return async (request) => {
    const asked = version;
    const response = await send(request, `/${asked}${request.path}`);
    if (asked === "beta" || !isSegmentMissing(response)) return response;
    if (version === "v1.0") {
      version = "beta";
      onMovedToBeta();
    }
    return send(request, `/beta${request.path}`);
  };
}
