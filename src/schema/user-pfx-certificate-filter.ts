/** Which certificates to list. Every condition that is given must hold. */
import { IsOptional } from "class-validator";
import { Field, InputType } from "type-graphql";
import { DateTimeOffset } from "./date-time-offset.ts";
import { UserPfxIntendedPurpose } from "./user-pfx-intended-purpose.ts";
import { IsThumbprint, IsUserPrincipalName } from "./validation/rules.ts";

@InputType({ description: "Which certificates to list; every condition that is given must hold." })
export class UserPfxCertificateFilter {
  @Field(() => String, { nullable: true, description: "The owner's user principal name, in any case." })
  @IsOptional()
  @IsUserPrincipalName()
  userPrincipalName?: string | null;

  @Field(() => String, { nullable: true, description: "SHA-1 thumbprint, in any case." })
  @IsOptional()
  @IsThumbprint()
  thumbprint?: string | null;

  @Field(() => UserPfxIntendedPurpose, { nullable: true, description: "The purpose, exactly." })
  intendedPurpose?: UserPfxIntendedPurpose | null;

  @Field(() => DateTimeOffset, { nullable: true, description: "Only certificates whose validity ends before this." })
  expiresBefore?: string | null;

  @Field(() => DateTimeOffset, { nullable: true, description: "Only certificates whose validity ends after this." })
  expiresAfter?: string | null;
}
