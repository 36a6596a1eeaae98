/** The same ten properties, all optional. Only the given ones are sent to Graph. */
import { Field, InputType } from "type-graphql";
import { HidesSecrets } from "../hide-secrets.ts";
import { Base64 } from "./base64.ts";
import { DateTimeOffset } from "./date-time-offset.ts";
import { propertyDescriptions as describes, encryptedPasswordRule } from "./property-descriptions.ts";
import { UserPfxIntendedPurpose } from "./user-pfx-intended-purpose.ts";
import { UserPfxPaddingScheme } from "./user-pfx-padding-scheme.ts";
import {
  IfGiven,
  IsBefore,
  IsEncryptedPassword,
  IsName,
  IsNotNull,
  IsPfxBlob,
  IsThumbprint,
  IsUserPrincipalName,
} from "./validation/rules.ts";

@HidesSecrets()
@InputType({ description: "The properties of a certificate to change. An omitted property keeps its value." })
export class UpdateUserPfxCertificateInput {
  @Field(() => String, { nullable: true, description: `${describes.thumbprint} Upper case is accepted.` })
  @IfGiven()
  @IsThumbprint()
  thumbprint?: string;

  @Field(() => UserPfxIntendedPurpose, { nullable: true, description: describes.intendedPurpose })
  @IfGiven()
  @IsNotNull()
  intendedPurpose?: UserPfxIntendedPurpose;

  @Field(() => String, { nullable: true, description: describes.userPrincipalName })
  @IfGiven()
  @IsUserPrincipalName()
  userPrincipalName?: string;

  @Field(() => DateTimeOffset, {
    nullable: true,
    description: `${describes.startDateTime} Must be before expirationDateTime if both are given.`,
  })
  @IfGiven()
  @IsNotNull()
  @IsBefore("expirationDateTime")
  startDateTime?: string;

  @Field(() => DateTimeOffset, { nullable: true, description: describes.expirationDateTime })
  @IfGiven()
  @IsNotNull()
  expirationDateTime?: string;

  @Field(() => String, { nullable: true, description: describes.providerName })
  @IfGiven()
  @IsName()
  providerName?: string;

  @Field(() => String, { nullable: true, description: describes.keyName })
  @IfGiven()
  @IsName()
  keyName?: string;

  @Field(() => UserPfxPaddingScheme, { nullable: true, description: describes.paddingScheme })
  @IfGiven()
  @IsNotNull()
  paddingScheme?: UserPfxPaddingScheme;

  @Field(() => Base64, { nullable: true, description: `${describes.encryptedPfxBlob} At most 1 MiB.` })
  @IfGiven()
  @IsPfxBlob()
  encryptedPfxBlob?: string;

  @Field(() => String, { nullable: true, description: `${describes.encryptedPfxPassword} ${encryptedPasswordRule}` })
  @IfGiven()
  @IsEncryptedPassword()
  encryptedPfxPassword?: string;
}
