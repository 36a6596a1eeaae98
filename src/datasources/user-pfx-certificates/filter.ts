/** The filter of a listing, applied here: right whatever Graph makes of `$filter`. */

import type { UserPfxCertificate } from "../../schema/user-pfx-certificate.ts";
import type { UserPfxCertificateFilter } from "../../schema/user-pfx-certificate-filter.ts";
import { isBefore } from "../../schema/validation/instant.ts";

/** Whether every condition that is given holds. Users and thumbprints are compared in any case. */
export function matches(certificate: UserPfxCertificate, filter: UserPfxCertificateFilter): boolean {
  const { userPrincipalName, thumbprint, intendedPurpose, expiresBefore, expiresAfter } = filter;
  const { expirationDateTime } = certificate;
  return (
    (userPrincipalName == null || equalsInAnyCase(certificate.userPrincipalName, userPrincipalName)) &&
    (thumbprint == null || equalsInAnyCase(certificate.thumbprint, thumbprint)) &&
    (intendedPurpose == null || certificate.intendedPurpose === intendedPurpose) &&
    (expiresBefore == null || (expirationDateTime !== null && isBefore(expirationDateTime, expiresBefore))) &&
    (expiresAfter == null || (expirationDateTime !== null && isBefore(expiresAfter, expirationDateTime)))
  );
}

function equalsInAnyCase(stored: string | null, wanted: string): boolean {
  return stored !== null && stored.toLowerCase() === wanted.toLowerCase();
}
