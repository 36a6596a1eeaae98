/** Graph's JSON of a certificate, checked: redacted secrets and enum members unknown to this build become null. */

import { hideSecrets } from "../schema/hide-secrets.ts";
import type { UserPfxCertificate } from "../schema/user-pfx-certificate.ts";
import { UserPfxIntendedPurpose } from "../schema/user-pfx-intended-purpose.ts";
import { UserPfxPaddingScheme } from "../schema/user-pfx-padding-scheme.ts";
import { isRecord } from "./json.ts";
import { isCertificateId } from "./odata.ts";
import { type GraphPage, queryOfNextLink } from "./paging.ts";

const purposes: readonly UserPfxIntendedPurpose[] = Object.values(UserPfxIntendedPurpose);
const paddingSchemes: readonly UserPfxPaddingScheme[] = Object.values(UserPfxPaddingScheme);

const strings = [
  "thumbprint",
  "userPrincipalName",
  "startDateTime",
  "expirationDateTime",
  "providerName",
  "keyName",
  "encryptedPfxBlob",
  "encryptedPfxPassword",
  "createdDateTime",
  "lastModifiedDateTime",
] as const;

/**
 * The certificate, or `undefined` where the value is no certificate: no object, no id, or a property of another type.
 *
 * @param onUnknownMember told the name of the property whose enum member this build does not know.
 */
export function userPfxCertificateOf(
  value: unknown,
  onUnknownMember: (property: string) => void,
): UserPfxCertificate | undefined {
  if (!isRecord(value) || !isCertificateId(value.id)) return undefined;

  function member<Member extends string>(property: string, known: readonly Member[]): Member | null {
    const wire = isRecord(value) ? value[property] : undefined;
    const found = known.find((candidate) => candidate === wire);
    if (found === undefined && wire != null) onUnknownMember(property);
    return found ?? null;
  }

  const certificate: UserPfxCertificate = {
    id: value.id,
    thumbprint: null,
    intendedPurpose: member("intendedPurpose", purposes),
    userPrincipalName: null,
    startDateTime: null,
    expirationDateTime: null,
    providerName: null,
    keyName: null,
    paddingScheme: member("paddingScheme", paddingSchemes),
    encryptedPfxBlob: null,
    encryptedPfxPassword: null,
    createdDateTime: null,
    lastModifiedDateTime: null,
  };
  for (const property of strings) {
    const text = value[property] ?? null;
    if (text !== null && typeof text !== "string") return undefined;
    certificate[property] = text;
  }
  if (certificate.encryptedPfxBlob === "AA==") certificate.encryptedPfxBlob = null;
  if (certificate.encryptedPfxPassword === "") certificate.encryptedPfxPassword = null;
  return hideSecrets(certificate);
}

/** Graph's JSON of a page; `undefined` where it is none, or leads on to somewhere else. */
export function pageOfUserPfxCertificates(
  body: unknown,
  baseUrl: URL,
  decode: (value: unknown) => UserPfxCertificate | undefined,
): GraphPage<UserPfxCertificate> | undefined {
  if (!isRecord(body) || !Array.isArray(body.value)) return undefined;
  const items: UserPfxCertificate[] = [];
  for (const value of body.value) {
    const certificate = decode(value);
    if (certificate === undefined) return undefined;
    items.push(certificate);
  }
  const nextLink = body["@odata.nextLink"];
  if (nextLink === undefined || nextLink === null) return { items, nextQuery: undefined };
  const nextQuery = typeof nextLink === "string" ? queryOfNextLink(nextLink, baseUrl) : undefined;
  return nextQuery === undefined ? undefined : { items, nextQuery };
}
