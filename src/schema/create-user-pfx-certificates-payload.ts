/** The result of a plural create, certificate by certificate. */
import { createUnionType, Field, Int, ObjectType } from "type-graphql";
import { UserPfxCertificate } from "./user-pfx-certificate.ts";
import { UserPfxCertificateFailure } from "./user-pfx-certificate-failure.ts";

export const CreateUserPfxCertificateResult = createUnionType({
  name: "CreateUserPfxCertificateResult",
  description: "The created certificate, or the reason why it was not created.",
  types: () => [UserPfxCertificate, UserPfxCertificateFailure] as const,
  resolveType: (value) => (value instanceof UserPfxCertificateFailure ? UserPfxCertificateFailure : UserPfxCertificate),
});

@ObjectType({ description: "The result of a plural create, certificate by certificate.", simpleResolvers: true })
export class CreateUserPfxCertificatesPayload {
  @Field(() => [CreateUserPfxCertificateResult], { description: "One result per input, in the order of the inputs." })
  results!: (UserPfxCertificate | UserPfxCertificateFailure)[];

  @Field(() => Int, { description: "The number of results that are certificates." })
  createdCount!: number;

  @Field(() => Int, { description: "The number of results that are failures." })
  failedCount!: number;
}
