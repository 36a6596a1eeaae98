/** Whose certificate it is: as given, else the one name in the certificate. */

import { printable } from "./bytes.ts";
import { type CertificateNames, distinct } from "./certificate/certificate.ts";
import { PfxError } from "./pfx-error.ts";
import { problemOfUserPrincipalName } from "./user-principal-name.ts";
import { type PfxWarning, userDiffers } from "./warnings.ts";

/** Where a user principal name was taken from. */
export type UserSource = "option" | "userPrincipalName" | "emailAddress";

export interface ChosenUser {
  readonly userPrincipalName: string;
  readonly source: UserSource;
  readonly warnings: readonly PfxWarning[];
}

/** @throws {PfxError} `USER_UNKNOWN`, `USER_INVALID` */
export function chooseUser(given: string | undefined, names: CertificateNames): ChosenUser {
  const all = distinct([...names.userPrincipalNames, ...names.rfc822Names, ...names.subjectEmailAddresses]);
  const [userPrincipalName, source] =
    given === undefined ? namedIn(names, all) : ([given, "option"] satisfies [string, UserSource]);
  const problem = problemOfUserPrincipalName(userPrincipalName);
  if (problem !== undefined) {
    throw new PfxError("USER_INVALID", `this is no user principal name: ${problem}`);
  }
  const isNamed = all.some((name) => name.trim().toLowerCase() === userPrincipalName.toLowerCase());
  const warnings = all.length === 0 || isNamed ? [] : [userDiffers(userPrincipalName, all.map(printable))];
  return { userPrincipalName, source, warnings };
}

function namedIn(names: CertificateNames, all: readonly string[]): [string, UserSource] {
  for (const [candidates, source] of [
    [names.userPrincipalNames, "userPrincipalName"],
    [names.rfc822Names, "emailAddress"],
    [names.subjectEmailAddresses, "emailAddress"],
  ] as const) {
    const [only, ...others] = candidates;
    if (only !== undefined && others.length === 0) return [only.trim(), source];
  }
  const list = all.length === 0 ? "" : ` (${all.map(printable).join(", ")})`;
  throw new PfxError("USER_UNKNOWN", `this certificate names no user, or several${list}; say the user principal name`, {
    users: all,
  });
}
