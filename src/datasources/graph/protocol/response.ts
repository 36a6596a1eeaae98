/**
 * Reads facts of a response that its status does not tell. Only the functions of this file decide by the text of a message, and
 * only by texts that Graph has no code for.
 */
import { isRecord } from "../../../json.ts";
import { wordsOf } from "./error-message.ts";
import type { GraphResponse } from "./request.ts";

/** Graph failed, or did not receive the request in time: a read can be repeated, a write may have been applied. */
export function isFailureOfGraph(status: number): boolean {
  return status >= 500 || status === 408;
}

/** Graph applied nothing, and may accept the same request a moment later. */
export function isNotAppliedNow(status: number): boolean {
  return status === 421 || status === 423 || status === 425;
}

/** Graph knows the path, but has no such entity. */
export function isNotFound(response: Pick<GraphResponse, "status" | "body">): boolean {
  const { status } = response;
  return (status === 404 || status === 410) && !isPathUnknown(response) && !isTenantWithoutIntune(response);
}

/**
 * Whether neither Graph nor Intune behind it has a route for the path: the version, the cloud or the tenant's Intune lacks the
 * collection.
 */
export function isPathUnknown({ status, body }: Pick<GraphResponse, "status" | "body">): boolean {
  if (status !== 400 && status !== 404) return false;
  const routeUnknown = /^(?:Resource not found for the segment|No method match route template|No OData route exists)/;
  return routeUnknown.test(wordsOf(body).message);
}

/** Whether Intune does not serve the tenant: nobody has set Intune up there, or the license is missing. */
export function isTenantWithoutIntune({ status, body }: Pick<GraphResponse, "status" | "body">): boolean {
  return status >= 400 && status < 500 && wordsOf(body).message.startsWith("Request not applicable to target tenant");
}

/** Whether Intune denies permission inside a 401. A new token would be denied as well. */
export function saysForbidden({ body }: Pick<GraphResponse, "body">): boolean {
  return wordsOf(body).codes.some((code) => code.toLowerCase() === "forbidden");
}

/**
 * Whether Graph does not know the path of the request, or of every item of a `$batch`, in this API version. The code is a bare
 * `BadRequest`.
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
