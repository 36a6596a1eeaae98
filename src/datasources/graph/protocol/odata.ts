/** How this collection is addressed: paths, keys and `$filter`, with everything from outside checked or encoded. */
import { badUserInput } from "../../../errors.ts";

export const collectionPath = "/deviceManagement/userPfxCertificates";

/**
 * The path of one certificate. Ids are 32 + 40 hexadecimal digits with a dash between; anything of letters, digits and
 * dashes is let through in case Graph changes its mind, nothing that could mean another path or query is. The key of a
 * federated entity comes past GraphQL's types, so it may be missing or anything else.
 *
 * @throws {GatewayError} `BAD_USER_INPUT` naming `id`.
 */
export function certificatePath(id: unknown): string {
  if (!isCertificateId(id)) {
    throw badUserInput([{ path: "id", message: "must be a certificate's id: letters, digits and dashes" }]);
  }
  return `${collectionPath}/${id}`;
}

/** Also what is believed of Graph: an id stands in paths, the audit log and errors, and any other text may be an echo. */
export function isCertificateId(id: unknown): id is string {
  return typeof id === "string" && /^[A-Za-z0-9-]{1,128}$/.test(id);
}

/** A path as a pattern: without the id, if there is one. */
export function pathTemplate(path: string): string {
  const at = path.indexOf(`${collectionPath}/`);
  return at === -1 ? path : `${path.slice(0, at)}${collectionPath}/{id}`;
}

/**
 * A `$filter` in the one form that is known to be honoured, encoded for a query string; empty without conditions. Quotes
 * are doubled, and encoded the way `URL` does, so that the query is in the one form that a cursor may carry.
 *
 * @see https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html#sec_SystemQueryOptionfilter
 */
export function filterQuery(conditions: { userPrincipalName?: string | null; thumbprint?: string | null }): string {
  const clauses = [];
  if (conditions.userPrincipalName) clauses.push(equalsInAnyCase("userPrincipalName", conditions.userPrincipalName));
  if (conditions.thumbprint) clauses.push(equalsInAnyCase("thumbprint", conditions.thumbprint));
  return clauses.length === 0 ? "" : `$filter=${encodeURIComponent(clauses.join(" and ")).replaceAll("'", "%27")}`;
}

function equalsInAnyCase(property: string, value: string): string {
  const wellFormed = value.replace(/\p{Cs}/gu, "\ufffd"); // half a surrogate pair cannot be encoded
  return `tolower(${property}) eq '${wellFormed.toLowerCase().replaceAll("'", "''")}'`;
}
