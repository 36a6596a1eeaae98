/** Reads facts of a response beside its body: whether Graph knows the path, and Graph's id of the request. */
import { isRecord } from "../../../json.ts";
import type { GraphResponse } from "./request.ts";

/**
 * Whether Graph does not know the path of the request, or of every item of a `$batch`. This is the only place where a message
 * text decides: the code is a bare `BadRequest`.
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

/** Graph's id of a request; null if it is absent or not a GUID. Any other text may be an echo. */
export function requestIdOf({ headers }: Pick<GraphResponse, "headers">): string | null {
  const id = headers["request-id"];
  return typeof id === "string" && /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) ? id : null;
}
