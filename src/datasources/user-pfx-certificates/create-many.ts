/** A plural create: each input succeeds or fails independently, and a failure is data. */
import { badUserInput, GatewayError, GraphError } from "../../errors.ts";
import type { CreateUserPfxCertificateInput } from "../../schema/create-user-pfx-certificate-input.ts";
import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import { brokenRules } from "../../schema/validation/validate-input.ts";
import { type CreateFailure, createFailureOf } from "../../translate-error.ts";
import type { GraphClient } from "../graph/graph-client.ts";
import { type GraphCaller, isAbandoned } from "../graph/protocol/request.ts";
import { settleInTurn } from "./settle-in-turn.ts";

/** Twice the items of all batches in flight, so that batches are always full. */
const maxItemsAtOnce = 320;

/**
 * Results in the order of the inputs.
 *
 * @param create creates the certificate of one valid input.
 * @throws {GatewayError} `BAD_USER_INPUT` if there are more than `max` inputs; `FORBIDDEN`, `UNAUTHENTICATED` or
 * `CLAIMS_CHALLENGE` if every input failed with it.
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
    caller.audit({ operation: "create", outcome: "FORBIDDEN" }); // one line for all: no input is looked at
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
  await caller.token(); // without a token all of them fail alike, after each has written its audit line
  const errors = settled.map((each) => (each.status === "rejected" ? each.reason : undefined));
  const ofAsked = errors.filter((error) => !isOwnRefusal(error));
  if (ofAsked.length > 0 && ofAsked.every(isAboutCredentials)) throw ofAsked[0];
  const now = client.clock.now();
  return settled.map((each, index) => {
    if (each.status === "fulfilled") return { certificate: each.value };
    const sinceMs = now - (endedAtMs[index] ?? now);
    const failure = createFailureOf(each.reason, { log: client.log, sinceMs });
    if (!isAbandoned(each.reason)) client.metrics?.error(failure.code);
    return { failure };
  });
}

export type CreateResult = { readonly certificate: UserPfxCertificate } | { readonly failure: CreateFailure };

/** True for an input that broke a rule and was not sent. */
function isOwnRefusal(error: unknown): boolean {
  return error instanceof GatewayError && error.code === "BAD_USER_INPUT" && !(error instanceof GraphError);
}

function isAboutCredentials(error: unknown): boolean {
  return error instanceof GatewayError && (error.code === "UNAUTHENTICATED" || error.code === "CLAIMS_CHALLENGE");
}
