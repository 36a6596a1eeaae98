/** A broken rule of one certificate in a plural create. */
import { Field, ObjectType } from "type-graphql";

@ObjectType({
  description: "A rule that one certificate of a plural create breaks.",
  simpleResolvers: true,
})
export class UserPfxInvalidValue {
  @Field(() => String, { description: "Path of the value within the input, such as `thumbprint`." })
  path!: string;

  @Field(() => String, { description: "The rule. It never quotes the value." })
  message!: string;
}
