/** What became of each certificate of a plural create. */
import { createUnionType, Field, Int, ObjectType } from "type-graphql";
import { UserPfxCertificate } from "./user-pfx-certificate.ts";
import { UserPfxCertificateFailure } from "./user-pfx-certificate-failure.ts";

export const CreateUserPfxCertificateResult = createUnionType({
  name: "CreateUserPfxCertificateResult",
  description: "The certificate that was created, or why it was not.",
  types: () => [UserPfxCertificate, UserPfxCertificateFailure] as const,
  resolveType: (value) => (value instanceof UserPfxCertificateFailure ? UserPfxCertificateFailure : UserPfxCertificate),
});

@ObjectType({ description: "What became of each certificate of a plural create.", simpleResolvers: true })
export class CreateUserPfxCertificatesPayload {
  @Field(() => [CreateUserPfxCertificateResult], { description: "One result for each input, in their order." })
  results!: (UserPfxCertificate | UserPfxCertificateFailure)[];

  @Field(() => Int, { description: "How many results are certificates." })
  createdCount!: number;

  @Field(() => Int, { description: "How many results are failures." })
  failedCount!: number;
}
