/**
 * Which version of Graph has the collection. The reference page says v1.0; public metadata has it under beta only. With
 * `auto` the first request asks v1.0, and where Graph does not know the segment, and so has processed nothing, the same
 * request goes to beta, as do all later ones.
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
