/** What reading the tenant's certificates tells: how many there are, and which keys they name. */

import { printable } from "../../files/printable.ts";
import type { Session } from "../../gateway/session.ts";
import { readCertificates } from "../../import/existing.ts";

export interface Tenant {
  readonly certificates: number;
  /** Those that name a key. */
  readonly withKeyName: number;
  /** How many certificates name each key, the most frequent first. */
  readonly keyNames: readonly (readonly [name: string, count: number])[];
}

/** @throws {CliError} where certificates can't be read */
export async function readTenant(session: Session): Promise<Tenant> {
  const counts = new Map<string, number>();
  let certificates = 0;
  for await (const { keyName } of readCertificates(session)) {
    certificates += 1;
    if (keyName !== null) counts.set(keyName, (counts.get(keyName) ?? 0) + 1);
  }
  const keyNames = [...counts].sort(([, one], [, other]) => other - one);
  return { certificates, keyNames, withKeyName: keyNames.reduce((sum, [, count]) => sum + count, 0) };
}

/** How a key's name compares with those in the tenant. */
export type KeyNameComparison =
  | { readonly state: "known"; readonly text: string }
  /** No certificate names any key yet. */
  | { readonly state: "nothing to compare"; readonly text: string }
  /** Certificates name keys, but none this one. */
  | { readonly state: "new"; readonly text: string };

export function compareKeyName(keyName: string, tenant: Tenant): KeyNameComparison {
  const { withKeyName, keyNames } = tenant;
  const [mostFrequent] = keyNames;
  if (mostFrequent === undefined) {
    return { state: "nothing to compare", text: "no certificate of this tenant names a key yet" };
  }
  const same = keyNames.find(([name]) => name === keyName)?.[1];
  if (same !== undefined) {
    return {
      state: "known",
      text: `${same} of ${withKeyName} certificates in this tenant name "${printable(keyName)}"`,
    };
  }
  const [name, count] = mostFrequent;
  return {
    state: "new",
    text: `"${printable(keyName)}" is in no certificate of this tenant; ${count} of ${withKeyName} name "${printable(name)}". Devices can't open files that are sent under a wrong name: check --key-name. If the connector has a new key, 'import --replace' sends the files again.`,
  };
}
