/** The certificates of a user: what this subgraph adds to the supergraph's `User`. */
import { Args, Ctx, FieldResolver, Resolver, Root } from "type-graphql";
import type { GatewayContext } from "../context.ts";
import { User } from "../schema/user.ts";
import { UserPfxCertificateConnection } from "../schema/user-pfx-certificate-connection.ts";
import { UserPfxCertificatesArgs } from "../schema/user-pfx-certificates-args.ts";

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
