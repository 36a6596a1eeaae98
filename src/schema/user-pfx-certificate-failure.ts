/**
 * The reason why one certificate of a plural create was not created. It is data, not an error, so that the other results are
 * returned.
 */
import { Field, Float, ID, ObjectType } from "type-graphql";
import { UserPfxInvalidValue } from "./user-pfx-invalid-value.ts";

@ObjectType({
  description: "The reason why one certificate of a plural create was not created.",
  simpleResolvers: true,
})
export class UserPfxCertificateFailure {
  @Field(() => String, { description: "The error code, as in `extensions.code` of an error." })
  code!: string;

  @Field(() => String, { description: "What happened and what to do about it." })
  message!: string;

  @Field(() => ID, {
    nullable: true,
    description: "With CONFLICT: the id of the user's existing certificate.",
  })
  certificateId!: string | null;

  @Field(() => [UserPfxInvalidValue], {
    nullable: true,
    description:
      "With BAD_USER_INPUT of the gateway: every rule that the input breaks. Null if Graph refused the content.",
  })
  invalid!: readonly UserPfxInvalidValue[] | null;

  @Field(() => Float, { nullable: true, description: "Seconds to wait before retrying." })
  retryAfterSeconds!: number | null;

  @Field(() => String, { nullable: true, description: "Graph's request id, for Microsoft's support." })
  graphRequestId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "With CLAIMS_CHALLENGE: the claims to request a new token with, as base64 of JSON.",
  })
  claims!: string | null;
}
