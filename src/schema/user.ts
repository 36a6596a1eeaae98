/** The owner of certificates, as a stub entity: the directory's subgraph owns everything but the key. */

import { Directive, Field, ObjectType } from "type-graphql";
import { IsUserPrincipalName } from "./validation/rules.ts";

@Directive('@key(fields: "userPrincipalName")')
@ObjectType({ description: "A user of the directory, by user principal name.", simpleResolvers: true })
export class User {
  @Field(() => String, { description: "User principal name, such as adele@contoso.example." })
  @IsUserPrincipalName()
  userPrincipalName!: string;
}
