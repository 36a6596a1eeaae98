/** Adds a user's certificates to the supergraph's `User`. */
import { Args, Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { GatewayContext } from "../context.ts";
import { badUserInput, type GatewayError } from "../errors.ts";
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
 * The entity for `_entities { … on User }`; the error `BAD_USER_INPUT` if the key is no user's. GraphQL's types do not check a key,
 * and this one decides whose certificates are listed.
 */
export function userOfReference({ userPrincipalName }: { userPrincipalName?: unknown }): User | GatewayError {
  const user = Object.assign(new User(), { userPrincipalName, __typename: "User" });
  const invalid = brokenRules(user, []);
  return invalid.length > 0 ? badUserInput(invalid) : user;
}
