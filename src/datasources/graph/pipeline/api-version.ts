/**
 * Which version of Graph has the collection. The reference page says v1.0; public metadata has it under beta only. With
 * `auto` the first request asks v1.0, and where Graph does not know the segment, and so has processed nothing, the same
 * request goes to beta, as do all later ones.
 */

import { isRecord } from "../../json.ts";
import type { GraphRequest, GraphResponse, Send } from "../protocol/request.ts";

export type ApiVersion = "v1.0" | "beta" | "auto";

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

/**
 * Whether Graph does not know the path, be it the request's own or that of every item of a `$batch`. The one place where
 * a message text decides: the code is a bare `BadRequest`.
 */
export function isSegmentMissing({ status, body }: Pick<GraphResponse, "status" | "body">): boolean {
  if (!isRecord(body)) return false;
  if (status === 400 || status === 404) {
    const message = isRecord(body.error) ? body.error.message : undefined;
    return typeof message === "string" && message.startsWith("Resource not found for the segment");
  }
  return Array.isArray(body.responses) && body.responses.length > 0 && body.responses.every(isItemSegmentMissing);
}

function isItemSegmentMissing(item: unknown): boolean {
  return (
    isRecord(item) && typeof item.status === "number" && isSegmentMissing({ status: item.status, body: item.body })
  );
}
