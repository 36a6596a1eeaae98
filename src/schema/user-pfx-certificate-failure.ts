/** Why one certificate of many was not created; a failure that is data, so that the others' outcome is told all the same. */
import { Field, Float, ID, ObjectType } from "type-graphql";

@ObjectType({ description: "Why one certificate of many was not created.", simpleResolvers: true })
export class UserPfxCertificateFailure {
  @Field(() => String, { description: "The code, as in the extensions of an error." })
  code!: string;

  @Field(() => String, { description: "What happened and what to do about it." })
  message!: string;

  @Field(() => ID, {
    nullable: true,
    description: "With CONFLICT: the id of the certificate that the user already has.",
  })
  certificateId!: string | null;

  @Field(() => Float, { nullable: true, description: "Seconds to wait before asking again." })
  retryAfterSeconds!: number | null;

  @Field(() => String, { nullable: true, description: "Graph's id of the request, for Microsoft's support." })
  graphRequestId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "With CLAIMS_CHALLENGE: base64 of the JSON to ask for a new token with.",
  })
  claims!: string | null;
}
