/** Queries, mutations and entity references of certificates. Each calls one data-source method. */
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from "type-graphql";
import type { GatewayContext } from "../context.ts";
import { CreateUserPfxCertificateInput } from "../schema/create-user-pfx-certificate-input.ts";
import { CreateUserPfxCertificatesPayload } from "../schema/create-user-pfx-certificates-payload.ts";
import { UpdateUserPfxCertificateInput } from "../schema/update-user-pfx-certificate-input.ts";
import { User } from "../schema/user.ts";
import { UserPfxCertificate } from "../schema/user-pfx-certificate.ts";
import { UserPfxCertificateConnection } from "../schema/user-pfx-certificate-connection.ts";
import { UserPfxCertificateFailure } from "../schema/user-pfx-certificate-failure.ts";
import { UserPfxCertificatesArgs } from "../schema/user-pfx-certificates-args.ts";

@Resolver(() => UserPfxCertificate)
export class UserPfxCertificateResolver {
  @Query(() => UserPfxCertificate, {
    nullable: true,
    description: "One certificate by its id; null if it does not exist.",
  })
  userPfxCertificate(
    @Arg("id", () => ID, { description: "The certificate's id." }) id: string,
    @Ctx() { dataSources }: GatewayContext,
  ): Promise<UserPfxCertificate | null> {
    return dataSources.userPfxCertificates.get(id);
  }

  @Query(() => UserPfxCertificateConnection, { description: "The imported certificates, page by page." })
  userPfxCertificates(
    @Args(() => UserPfxCertificatesArgs) page: UserPfxCertificatesArgs,
    @Ctx() { dataSources }: GatewayContext,
  ): Promise<UserPfxCertificateConnection> {
    return dataSources.userPfxCertificates.list(page);
  }

  @Mutation(() => UserPfxCertificate, { description: "Import one user's PFX certificate into Intune." })
  createUserPfxCertificate(
    @Arg("input", () => CreateUserPfxCertificateInput, { description: "The certificate." })
    input: CreateUserPfxCertificateInput,
    @Ctx() { dataSources }: GatewayContext,
  ): Promise<UserPfxCertificate> {
    return dataSources.userPfxCertificates.create(input);
  }

  @Mutation(() => CreateUserPfxCertificatesPayload, {
    description: "Import many certificates at once. Each input succeeds or fails independently.",
  })
  async createUserPfxCertificates(
    @Arg("inputs", () => [CreateUserPfxCertificateInput], {
      description:
        "The certificates. A value that GraphQL's types refuse fails the whole request before anything is sent.",
    })
    inputs: CreateUserPfxCertificateInput[],
    @Ctx() { dataSources }: GatewayContext,
  ): Promise<CreateUserPfxCertificatesPayload> {
    const created = await dataSources.userPfxCertificates.createMany(inputs);
    const results = created.map((each) =>
      "certificate" in each ? each.certificate : Object.assign(new UserPfxCertificateFailure(), each.failure),
    );
    const failedCount = created.filter((each) => "failure" in each).length;
    return { results, createdCount: results.length - failedCount, failedCount };
  }

  @Mutation(() => UserPfxCertificate, { description: "Update a certificate. Only the given properties change." })
  updateUserPfxCertificate(
    @Arg("input", () => UpdateUserPfxCertificateInput, { description: "The properties to change." })
    input: UpdateUserPfxCertificateInput,
    @Arg("id", () => ID, { description: "The certificate's id." }) id: string,
    @Ctx() { dataSources }: GatewayContext,
  ): Promise<UserPfxCertificate> {
    return dataSources.userPfxCertificates.update(id, input);
  }

  @Mutation(() => ID, { description: "Delete a certificate and return its id." })
  deleteUserPfxCertificate(
    @Arg("id", () => ID, { description: "The certificate's id." }) id: string,
    @Ctx() { dataSources }: GatewayContext,
  ): Promise<string> {
    return dataSources.userPfxCertificates.delete(id);
  }

  @FieldResolver(() => User, { nullable: true, description: "The certificate's owner." })
  user(@Root() { userPrincipalName }: UserPfxCertificate): User | null {
    return userPrincipalName === null ? null : { userPrincipalName };
  }
}
