/** Resolves the entities that a federation router asks for by their keys. */
import type { GatewayContext } from "../context.ts";
import { isRecord } from "../json.ts";
import type { User } from "../schema/user.ts";
import type { UserPfxCertificate } from "../schema/user-pfx-certificate.ts";
import { userOfReference } from "./user.ts";

/** The types with a key. */
export const entityNames = ["User", "UserPfxCertificate"];

/** An entity's type and key. GraphQL's types do not check them. */
export type Representation =
  | { readonly __typename: "User"; readonly userPrincipalName?: unknown }
  | { readonly __typename: "UserPfxCertificate"; readonly id?: unknown };

export function isRepresentation(value: unknown): value is Representation {
  return isRecord(value) && entityNames.some((name) => name === value.__typename);
}

/**
 * The entities in order: null for a certificate that does not exist, an error in the place of an entity that can't be resolved. One
 * call for all of them: a chain of promises for each entity took half of the request's time.
 */
export async function resolveEntities(
  representations: readonly Representation[],
  { dataSources }: Pick<GatewayContext, "dataSources">,
): Promise<(User | UserPfxCertificate | null | Error)[]> {
  const ids = representations.flatMap((each) => (each.__typename === "User" ? [] : [each.id]));
  const certificates = (await dataSources.userPfxCertificates.getAll(ids)).values();
  return representations.map((each) =>
    each.__typename === "User" ? userOfReference(each) : (certificates.next().value ?? null),
  );
}
