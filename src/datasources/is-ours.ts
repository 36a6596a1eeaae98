/** Whether a record that a look-up found is the one that a create of ours has stored. */
import type { CreateUserPfxCertificateInput } from "../schema/create-user-pfx-certificate-input.ts";
import { instantOf } from "../schema/instant.ts";
import type { UserPfxCertificate } from "../schema/user-pfx-certificate.ts";
import { resolutionMs } from "./graph-clock.ts";
import type { Past } from "./keyed-creates.ts";

/**
 * It is, where it is new since the create began, was not known before, and says what the input said. `undecided` where it
 * may as well be that of an earlier create that was never settled.
 *
 * @param beganMs when the create began: the earliest that Graph's clock can have shown then, in epoch milliseconds.
 */
export function isOurs(
  found: UserPfxCertificate,
  input: CreateUserPfxCertificateInput,
  past: Past,
  beganMs: number,
): boolean | "undecided" {
  const { createdDateTime } = found;
  if (createdDateTime === null || createdDateTime === past.createdDateTime) return false;
  if (!isSince(createdDateTime, beganMs) || !saysTheSame(found, input)) return false;
  return past.isDoubtful && !isSince(createdDateTime, beganMs + resolutionMs) ? "undecided" : true;
}

/** Whether a date-time of Graph's lies at or after a moment in epoch milliseconds. */
function isSince(dateTime: string, epochMs: number): boolean {
  const instant = instantOf(dateTime);
  return instant !== undefined && instant >= BigInt(Math.floor(epochMs)) * 1_000_000_000n;
}

/** Whether a record says what the input said, as far as reads show it: they redact the file and its password. */
function saysTheSame(found: UserPfxCertificate, input: CreateUserPfxCertificateInput): boolean {
  return (
    found.intendedPurpose === input.intendedPurpose &&
    found.paddingScheme === input.paddingScheme &&
    found.providerName === input.providerName &&
    found.keyName === input.keyName &&
    isSameInstant(found.startDateTime, input.startDateTime) &&
    isSameInstant(found.expirationDateTime, input.expirationDateTime)
  );
}

function isSameInstant(one: string | null, other: string): boolean {
  return one !== null && instantOf(one) === instantOf(other);
}
