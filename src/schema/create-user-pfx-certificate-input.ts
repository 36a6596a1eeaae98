/** The ten writable properties of a certificate. Graph assigns the id and the service's timestamps. */
import { Field, InputType } from "type-graphql";
import { HidesSecrets } from "../hide-secrets.ts";
import { Base64 } from "./base64.ts";
import { DateTimeOffset } from "./date-time-offset.ts";
import { propertyDescriptions as describes, encryptedPasswordRule } from "./property-descriptions.ts";
import { UserPfxIntendedPurpose } from "./user-pfx-intended-purpose.ts";
import { UserPfxPaddingScheme } from "./user-pfx-padding-scheme.ts";
import {
  IsBefore,
  IsEncryptedPassword,
  IsName,
  IsPfxBlob,
  IsThumbprint,
  IsUserPrincipalName,
} from "./validation/rules.ts";

@HidesSecrets()
@InputType({ description: "A PFX certificate to import for a user." })
export class CreateUserPfxCertificateInput {
  @Field(() => String, { description: `${describes.thumbprint} Upper case is accepted.` })
  @IsThumbprint()
  thumbprint!: string;

  @Field(() => UserPfxIntendedPurpose, { description: describes.intendedPurpose })
  intendedPurpose!: UserPfxIntendedPurpose;

  @Field(() => String, { description: describes.userPrincipalName })
  @IsUserPrincipalName()
  userPrincipalName!: string;

  @Field(() => DateTimeOffset, { description: `${describes.startDateTime} Must be before expirationDateTime.` })
  @IsBefore("expirationDateTime")
  startDateTime!: string;

  @Field(() => DateTimeOffset, { description: describes.expirationDateTime })
  expirationDateTime!: string;

  @Field(() => String, { description: describes.providerName })
  @IsName()
  providerName!: string;

  @Field(() => String, { description: describes.keyName })
  @IsName()
  keyName!: string;

  @Field(() => UserPfxPaddingScheme, { description: describes.paddingScheme })
  paddingScheme!: UserPfxPaddingScheme;

  @Field(() => Base64, { description: `${describes.encryptedPfxBlob} At most 1 MiB.` })
  @IsPfxBlob()
  encryptedPfxBlob!: string;

  @Field(() => String, { description: `${describes.encryptedPfxPassword} ${encryptedPasswordRule}` })
  @IsEncryptedPassword()
  encryptedPfxPassword!: string;
}
