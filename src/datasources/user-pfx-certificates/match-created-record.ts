/** Decides whether a record that a look-up found is the one that this create stored. */
import type { CreateUserPfxCertificateInput } from "../../schema/create-user-pfx-certificate-input.ts";
import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import { instantOf } from "../../schema/validation/instant.ts";
import { resolutionMs } from "../graph/protocol/server-clock.ts";
import type { KeyHistory } from "./in-flight-creates.ts";
import type { NaturalKey } from "./path.ts";

const picosecondsPerMs = 1_000_000_000n;

/** Maximum lag of the clock that dates records behind the clock of the `Date` header. */
const skewMs = 2000;

/**
 * True if the record is new since the create was sent, was not known before, and matches the input. `undecided` if it may belong
 * to an earlier unresolved create, if its date does not tell, or if an older record was modified since: Graph may have let the
 * create overwrite it.
 *
 * @param sentMs when the create was sent, by Graph's clock, at the earliest; epoch milliseconds.
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
    if (isKnown) return createdDateTime.includes(".") ? false : "undecided"; // two records of one second have the same date
    return mayBeAnothers(createdDateTime, history, sentMs) ? "undecided" : true;
  }
  if (!isKnown && isSince(createdDateTime, sentMs - skewMs)) return "undecided";
  const isModified =
    lastModifiedDateTime !== null &&
    isAfter(lastModifiedDateTime, createdDateTime) &&
    isSince(lastModifiedDateTime, sentMs);
  return isModified ? "undecided" : false;
}

/** An earlier create was applied before this one was sent, unless the gateway stopped waiting for Graph. */
function mayBeAnothers(createdDateTime: string, { doubt }: KeyHistory, sentMs: number): boolean {
  if (doubt === "none") return false;
  return doubt === "may still be applied" || !isSince(createdDateTime, sentMs + resolutionMs);
}

/** Whether a certificate is the one of that user and thumbprint. A property that Graph leaves out contradicts nothing. */
export function isOfKey({ userPrincipalName, thumbprint }: UserPfxCertificate, key: NaturalKey): boolean {
  return (
    (userPrincipalName === null || userPrincipalName.toLowerCase() === key.userPrincipalName.toLowerCase()) &&
    (thumbprint === null || thumbprint.toLowerCase() === key.thumbprint.toLowerCase())
  );
}

/** Whether Graph's date-time is at or after a moment in epoch milliseconds. A date-time in whole seconds may be truncated. */
export function isSince(dateTime: string, epochMs: number): boolean {
  const instant = instantOf(dateTime);
  if (instant === undefined) return false;
  const latest = dateTime.includes(".") ? instant : instant + 999n * picosecondsPerMs;
  return latest >= BigInt(Math.floor(epochMs)) * picosecondsPerMs;
}

function isAfter(one: string, other: string): boolean {
  return (instantOf(one) ?? 0n) > (instantOf(other) ?? 0n);
}

/** Whether a record matches the input. File and password are not compared: reads redact them. */
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

/** Compares whole seconds: a certificate's validity has no fractions, and Graph may drop digits. */
function isSameSecond(one: string | null, other: string): boolean {
  return one !== null && secondOf(one) === secondOf(other);
}

function secondOf(dateTime: string): bigint | undefined {
  const instant = instantOf(dateTime);
  return instant === undefined ? undefined : instant / (1000n * picosecondsPerMs);
}
