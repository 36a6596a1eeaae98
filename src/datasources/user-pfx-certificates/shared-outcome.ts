/** The outcome of a create as one replica passes it to another through Redis: no property of the input, and no text of Graph. */
import { type ErrorCode, GatewayError } from "../../errors.ts";
import { isRecord } from "../../json.ts";
import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import { isAbandoned } from "../graph/protocol/request.ts";
import { userIdOf } from "./certificate-json.ts";
import { type CreateCall, enoughMs, isTransient, type KeyHistory } from "./in-flight-creates.ts";

interface SharedOutcome {
  readonly code?: ErrorCode;
  /** The certificate's id; with `CONFLICT` that of the existing one. */
  readonly id?: string;
  readonly createdDateTime?: string | null;
  readonly lastModifiedDateTime?: string | null;
  readonly retryAfterSeconds?: number | undefined;
  /** Milliseconds that the create had left. With more time, another one may still succeed. */
  readonly leftMs?: number;
}

export function successOf({ id, createdDateTime, lastModifiedDateTime }: UserPfxCertificate): string {
  return JSON.stringify({ id, createdDateTime, lastModifiedDateTime } satisfies SharedOutcome);
}

/** Empty if a create of another replica had better ask Graph itself: for Graph's words, or because the client has gone. */
export function failureOf(error: unknown, { caller }: CreateCall): string {
  if (!(error instanceof GatewayError) || isAbandoned(error) || caller.closed.isClosed) return "";
  const { code, certificateId, retryAfterSeconds } = error;
  if (code === "CONFLICT" && certificateId !== undefined) {
    return JSON.stringify({ code, id: certificateId } satisfies SharedOutcome);
  }
  if (!isTransient(code)) return "";
  const leftMs = caller.deadline.remainingMs;
  return JSON.stringify({ code, retryAfterSeconds, leftMs } satisfies SharedOutcome);
}

/**
 * The certificate that the same create stored: what this input says, with Graph's id and times. `undefined`: the outcome is of no
 * use here.
 *
 * @throws {GatewayError} the error of the same create.
 */
export function sharedOutcomeOf(
  json: string,
  { input, caller }: CreateCall,
  history: KeyHistory,
): UserPfxCertificate | undefined {
  const outcome = parsed(json);
  if (!isRecord(outcome)) return undefined;
  const { code, id, retryAfterSeconds, leftMs } = outcome;
  if (code === "CONFLICT" && typeof id === "string") {
    throw new GatewayError("CONFLICT", `That user already has that certificate, under the id ${id}.`, {
      certificateId: id,
    });
  }
  if (isTransient(code)) {
    if (typeof leftMs !== "number" || leftMs + enoughMs < caller.deadline.remainingMs) return undefined;
    if (code === "OUTCOME_UNKNOWN") history.mayStillBeApplied = true;
    throw new GatewayError(code, "The same create was in flight in another replica and failed; repeating it is safe.", {
      retryAfterSeconds: typeof retryAfterSeconds === "number" ? retryAfterSeconds : undefined,
    });
  }
  if (typeof id !== "string") return undefined;
  const textOf = (value: unknown) => (typeof value === "string" ? value : null);
  return {
    id,
    thumbprint: input.thumbprint.toLowerCase(),
    intendedPurpose: input.intendedPurpose,
    userPrincipalName: input.userPrincipalName,
    userId: userIdOf(id),
    startDateTime: input.startDateTime,
    expirationDateTime: input.expirationDateTime,
    providerName: input.providerName,
    keyName: input.keyName,
    paddingScheme: input.paddingScheme,
    encryptedPfxBlob: null,
    encryptedPfxPassword: null,
    createdDateTime: textOf(outcome.createdDateTime),
    lastModifiedDateTime: textOf(outcome.lastModifiedDateTime),
  };
}

/** `undefined` if it is no JSON: any program that reaches the Redis may write to it. */
function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
