/** Whether a record that a look-up found is the one that a create of ours has stored. */
import type { CreateUserPfxCertificateInput } from "../../schema/create-user-pfx-certificate-input.ts";
import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import { instantOf } from "../../schema/validation/instant.ts";
import { resolutionMs } from "../graph/protocol/server-clock.ts";
import type { KeyHistory } from "./in-flight-creates.ts";

const picosecondsPerMs = 1_000_000_000n;

/** How far the clock that dates records may be behind the one that dates answers. */
const skewMs = 2000;

/**
 * It is, where it is new since the create was sent, was not known before, and says what the input said. `undecided` where it
 * may as well be that of an earlier create that was never settled, or its date does not tell; also where an older record was
 * modified since: by a Graph that lets a create overwrite, perhaps.
 *
 * @param sentMs when the create was sent: the earliest that Graph's clock can have shown then, in epoch milliseconds.
 */
export function isOurs(
  found: UserPfxCertificate,
  input: CreateUserPfxCertificateInput,
  history: KeyHistory,
  sentMs: number,
): boolean | "undecided" {
  const { createdDateTime, lastModifiedDateTime } = found;
  if (!saysTheSame(found, input)) return false;
  if (createdDateTime === null) return "undecided";
  const isKnown = createdDateTime === history.createdDateTime;
  if (isSince(createdDateTime, sentMs)) {
    if (isKnown) return createdDateTime.includes(".") ? false : "undecided"; // two of one second have the same date
    return mayBeAnothers(createdDateTime, history, sentMs) ? "undecided" : true;
  }
  if (!isKnown && isSince(createdDateTime, sentMs - skewMs)) return "undecided";
  const isModified =
    lastModifiedDateTime !== null &&
    isAfter(lastModifiedDateTime, createdDateTime) &&
    isSince(lastModifiedDateTime, sentMs);
  return isModified ? "undecided" : false;
}

/** What an earlier create has sent was applied before this one was sent, unless Graph was only given up waiting for. */
function mayBeAnothers(createdDateTime: string, { doubt }: KeyHistory, sentMs: number): boolean {
  if (doubt === "none") return false;
  return doubt === "may still be applied" || !isSince(createdDateTime, sentMs + resolutionMs);
}

/** Whether a date-time of Graph's lies at or after a moment in epoch milliseconds; one of whole seconds may have been cut off. */
export function isSince(dateTime: string, epochMs: number): boolean {
  const instant = instantOf(dateTime);
  if (instant === undefined) return false;
  const latest = dateTime.includes(".") ? instant : instant + 999n * picosecondsPerMs;
  return latest >= BigInt(Math.floor(epochMs)) * picosecondsPerMs;
}

function isAfter(one: string, other: string): boolean {
  return (instantOf(one) ?? 0n) > (instantOf(other) ?? 0n);
}

/** Whether a record says what the input said, as far as reads show it: they redact the file and its password. */
function saysTheSame(found: UserPfxCertificate, input: CreateUserPfxCertificateInput): boolean {
  return (
    found.intendedPurpose === input.intendedPurpose &&
    found.paddingScheme === input.paddingScheme &&
    found.providerName === input.providerName &&
    found.keyName === input.keyName &&
    isSameSecond(found.startDateTime, input.startDateTime) &&
    isSameSecond(found.expirationDateTime, input.expirationDateTime)
  );
}

/** Validity has whole seconds in a certificate; how many digits after them a service keeps is its own affair. */
function isSameSecond(one: string | null, other: string): boolean {
  return one !== null && secondOf(one) === secondOf(other);
}

function secondOf(dateTime: string): bigint | undefined {
  const instant = instantOf(dateTime);
  return instant === undefined ? undefined : instant / (1000n * picosecondsPerMs);
}
