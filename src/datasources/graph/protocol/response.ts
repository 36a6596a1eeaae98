/** What a response of Graph says beside its body: that it does not know the path, and its own id of the request. */
import { isRecord } from "../../../json.ts";
import type { GraphResponse } from "./request.ts";

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

/** Graph's own id of a request; null where there is none, or it is no GUID: any other text may be an echo. */
export function requestIdOf({ headers }: Pick<GraphResponse, "headers">): string | null {
  const id = headers["request-id"];
  return typeof id === "string" && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) ? id : null;
}
