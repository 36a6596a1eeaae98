/** Where Graph has the collection, and each certificate in it. */
import { badUserInput } from "../../errors.ts";
import { filterQuery } from "../graph/protocol/odata.ts";
import type { GraphResource } from "../graph/protocol/request.ts";

export const collectionPath = "/deviceManagement/userPfxCertificates";

export const resource: GraphResource = { collectionPath, noun: "certificate" };

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

/** Whether two ids name one certificate: their digits are hexadecimal, in either case. */
export function isSameId(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Graph keeps one record of a user and a thumbprint. */
export interface NaturalKey {
  readonly userPrincipalName: string;
  readonly thumbprint: string;
}

/** The query for what Graph is known to filter by; empty without conditions. */
export function naturalKeyQuery({
  userPrincipalName,
  thumbprint,
}: { [Name in keyof NaturalKey]?: string | null }): string {
  return filterQuery({ userPrincipalName, thumbprint });
}
