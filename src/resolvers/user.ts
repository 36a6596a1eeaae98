/** Adds a user's certificates to the supergraph's `User`. */
import { Args, Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { GatewayContext } from "../context.ts";
import { badUserInput } from "../errors.ts";
import { User } from "../schema/user.ts";
import { UserPfxCertificateConnection } from "../schema/user-pfx-certificate-connection.ts";
import { UserPfxCertificatesArgs } from "../schema/user-pfx-certificates-args.ts";
import { brokenRules } from "../schema/validation/validate-input.ts";

@Resolver(() => User)
export class UserResolver {
  @FieldResolver(() => UserPfxCertificateConnection, { description: "The user's certificates, page by page." })
  pfxCertificates(
    @Root() { userPrincipalName }: User,
    @Args(() => UserPfxCertificatesArgs) page: UserPfxCertificatesArgs,
    @Ctx() { dataSources }: GatewayContext,
  ): Promise<UserPfxCertificateConnection> {
    return dataSources.userPfxCertificates.list(page, userPrincipalName);
  }
}

/**
 * The entity for `_entities { … on User }`. GraphQL's types do not check its key, and the key decides whose certificates are
 * listed.
 *
 * Rejects, never throws: other entities of the same request must not fail with it.
 *
 * @throws {GatewayError} `BAD_USER_INPUT`.
 */
export async function resolveUserReference({ userPrincipalName }: { userPrincipalName: unknown }): Promise<User> {
  const user = Object.assign(new User(), { userPrincipalName });
  const invalid = brokenRules(user, []);
  if (invalid.length > 0) throw badUserInput(invalid);
  return user;
}
