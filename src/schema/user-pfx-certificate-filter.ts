/** The filter of a list. A listed certificate meets every given condition. */
import { IsOptional } from "class-validator";
import { Field, InputType } from "type-graphql";
import { DateTimeOffset } from "./date-time-offset.ts";
import { UserPfxIntendedPurpose } from "./user-pfx-intended-purpose.ts";
import { IsThumbprint, IsUserPrincipalName } from "./validation/rules.ts";

@InputType({ description: "Conditions for a list of certificates. A listed certificate meets every given condition." })
export class UserPfxCertificateFilter {
  @Field(() => String, { nullable: true, description: "The owner's user principal name; case is ignored." })
  @IsOptional()
  @IsUserPrincipalName()
  userPrincipalName?: string | null;

  @Field(() => String, { nullable: true, description: "SHA-1 thumbprint; case is ignored." })
  @IsOptional()
  @IsThumbprint()
  thumbprint?: string | null;

  @Field(() => UserPfxIntendedPurpose, { nullable: true, description: "The intended purpose." })
  intendedPurpose?: UserPfxIntendedPurpose | null;

  @Field(() => DateTimeOffset, {
    nullable: true,
    description: "Only certificates whose validity ends before this time.",
  })
  expiresBefore?: string | null;

  @Field(() => DateTimeOffset, {
    nullable: true,
    description: "Only certificates whose validity ends after this time.",
  })
  expiresAfter?: string | null;
}
