/** The names of a purpose, in `--purpose` and in lists. */
import type { UserPfxIntendedPurpose } from "../operations/documents.ts";

/** `auto`: the certificate's usages decide. */
export type PurposeChoice = UserPfxIntendedPurpose | "auto";

/** The names that messages offer. */
export const offeredPurposes = "encryption, signing, wifi, unassigned";

const purposes: ReadonlyMap<string, PurposeChoice> = new Map<string, PurposeChoice>([
  ["auto", "auto"],
  ["encryption", "SMIME_ENCRYPTION"],
  ["signing", "SMIME_SIGNING"],
  // Graph's and GraphQL's names: smimeEncryption, SMIME_ENCRYPTION.
  ["smimeencryption", "SMIME_ENCRYPTION"],
  ["smimesigning", "SMIME_SIGNING"],
  ["wifi", "WIFI"],
  ["unassigned", "UNASSIGNED"],
  ["vpn", "VPN"],
]);

/** The purpose of that name; case, spaces, `-` and `_` don't matter. `undefined` for a name that is not known. */
export function purposeByName(name: string): PurposeChoice | undefined {
  return purposes.get(name.toLowerCase().replace(/[\s_-]/g, ""));
}
