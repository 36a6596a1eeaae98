/**
 * Which version of Graph has the collection. The reference page says v1.0; public metadata has it under beta only. With
 * `auto` the first request asks v1.0, and where Graph does not know the segment, and so has processed nothing, the same
 * request goes to beta, as do all later ones.
 */
import type { GraphRequest, GraphResponse, Send } from "./graph-request.ts";
import { isRecord } from "./json.ts";

export type ApiVersion = "v1.0" | "beta" | "auto";

export function withApiVersion(
  configured: ApiVersion,
  send: (request: GraphRequest, path: string) => Promise<GraphResponse>,
  onMovedToBeta: () => void,
): Send {
  let version: "v1.0" | "beta" = configured === "beta" ? "beta" : "v1.0";
  return async (request) => {
    const asked = version;
    const response = await send(request, `/${asked}${request.path}`);
    if (configured !== "auto" || asked === "beta" || !isSegmentMissing(response)) return response;
    if (version === "v1.0") {
      version = "beta";
      onMovedToBeta();
    }
    return send(request, `/beta${request.path}`);
  };
}

/**
 * Whether Graph does not know the path. The one place where a message text decides: the code is a bare `BadRequest`.
 */
export function isSegmentMissing({ status, body }: GraphResponse): boolean {
  if (status !== 400 && status !== 404) return false;
  const error = isRecord(body) && isRecord(body.error) ? body.error : {};
  return typeof error.message === "string" && error.message.startsWith("Resource not found for the segment");
}
