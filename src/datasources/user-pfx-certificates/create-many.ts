/** A plural create: the inputs one by one, and what each has come to as data, so that one's failure is only its own. */
import { randomUUID } from "node:crypto";
import { badUserInput, GatewayError, GraphError } from "../../errors.ts";
import type { CreateUserPfxCertificateInput } from "../../schema/create-user-pfx-certificate-input.ts";
import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import { brokenRules } from "../../schema/validation/validate-input.ts";
import type { GraphClient } from "../graph/graph-client.ts";
import { type GraphCaller, isAbandoned } from "../graph/protocol/request.ts";
import { settleInTurn } from "./settle-in-turn.ts";

/** Twice as many as all batches under way hold, so that these are always full. */
const maxItemsAtOnce = 320;

/**
 * Answers in the order of the inputs.
 *
 * @param create creates one of them, whose rules are kept.
 * @throws {GatewayError} `BAD_USER_INPUT` where there are more than `max`; `FORBIDDEN`, `UNAUTHENTICATED` or
 * `CLAIMS_CHALLENGE` where that is the answer to all of them.
 */
export async function createMany(
  client: GraphClient,
  caller: GraphCaller,
  { inputs, max }: { inputs: readonly CreateUserPfxCertificateInput[]; max: number },
  create: (input: CreateUserPfxCertificateInput) => Promise<UserPfxCertificate>,
): Promise<CreateResult[]> {
  try {
    caller.authorize("write");
  } catch (error) {
    caller.audit({ operation: "create", outcome: "FORBIDDEN" }); // one line: none of them is looked at
    throw error;
  }
  if (inputs.length > max) throw badUserInput([{ path: "inputs", message: `must have at most ${max} items` }]);
  const endedAtMs: number[] = [];
  const settled = await settleInTurn(inputs, maxItemsAtOnce, async (input, index) => {
    try {
      const invalid = brokenRules(input, ["inputs", String(index)]);
      if (invalid.length > 0) throw badUserInput(invalid);
      return await create(input);
    } finally {
      endedAtMs[index] = client.clock.now();
    }
  });
  await caller.token(); // where there is none that answers all of them, and each has left its line in the audit log
  const errors = settled.map((each) => (each.status === "rejected" ? each.reason : undefined));
  const ofAsked = errors.filter((error) => !isOwnRefusal(error));
  if (ofAsked.length > 0 && ofAsked.every(isAboutCredentials)) throw ofAsked[0];
  const now = client.clock.now();
  return settled.map((each, index) =>
    each.status === "fulfilled"
      ? { certificate: each.value }
      : { failure: failureOf(client, each.reason, now - (endedAtMs[index] ?? now)) },
  );
}

/** Why one of many was not created: the fields of `UserPfxCertificateFailure`. */
export interface CreateFailure {
  readonly code: string;
  readonly message: string;
  readonly certificateId: string | null;
  readonly retryAfterSeconds: number | null;
  readonly graphRequestId: string | null;
  readonly claims: string | null;
}

export type CreateResult = { readonly certificate: UserPfxCertificate } | { readonly failure: CreateFailure };

/** @param sinceMs how long ago it failed: others of the same request took longer, and a wait has begun by then. */
function failureOf({ metrics, log }: GraphClient, reason: unknown, sinceMs: number): CreateFailure {
  if (!(reason instanceof GatewayError)) {
    metrics?.error("INTERNAL_SERVER_ERROR");
    const id = randomUUID();
    log.internalError({ id, error: reason });
    const message = `The gateway had an internal error. The gateway's operator can find it in the log under ${id}.`;
    const nothing = { certificateId: null, retryAfterSeconds: null, graphRequestId: null, claims: null };
    return { code: "INTERNAL_SERVER_ERROR", message, ...nothing };
  }
  if (!isAbandoned(reason)) metrics?.error(reason.code);
  const { code, invalid, certificateId, retryAfterSeconds, claims } = reason;
  return {
    code,
    message: invalid?.map(({ path, message }) => `${path} ${message}`).join("; ") ?? reason.message,
    certificateId: certificateId ?? null,
    retryAfterSeconds:
      retryAfterSeconds === undefined ? null : Math.max(0, Math.ceil(retryAfterSeconds * 1000 - sinceMs)) / 1000,
    graphRequestId: reason instanceof GraphError ? reason.graph.requestId : null,
    claims: claims ?? null,
  };
}

/** Of an input that broke a rule, and so was not sent. */
function isOwnRefusal(error: unknown): boolean {
  return error instanceof GatewayError && error.code === "BAD_USER_INPUT" && !(error instanceof GraphError);
}

function isAboutCredentials(error: unknown): boolean {
  return error instanceof GatewayError && (error.code === "UNAUTHENTICATED" || error.code === "CLAIMS_CHALLENGE");
}
