/** `microsoft.graph.userPFXCertificate`: the entity as Graph returns it, with all thirteen properties. */
import { Directive, Field, ID, ObjectType } from "type-graphql";
import { Base64 } from "./base64.ts";
import { DateTimeOffset } from "./date-time-offset.ts";
import { propertyDescriptions as describes } from "./property-descriptions.ts";
import { UserPfxIntendedPurpose } from "./user-pfx-intended-purpose.ts";
import { UserPfxPaddingScheme } from "./user-pfx-padding-scheme.ts";

/** @see https://learn.microsoft.com/graph/api/resources/intune-raimportcerts-userpfxcertificate */
@Directive('@key(fields: "id")')
@ObjectType({
  description: "A user's PFX certificate, imported into Intune for S/MIME, Wi-Fi or VPN.",
  simpleResolvers: true,
})
export class UserPfxCertificate {
  @Field(() => ID, { description: describes.id })
  id!: string;

  @Field(() => String, { nullable: true, description: describes.thumbprint })
  thumbprint!: string | null;

  @Field(() => UserPfxIntendedPurpose, { nullable: true, description: describes.intendedPurpose })
  intendedPurpose!: UserPfxIntendedPurpose | null;

  @Field(() => String, { nullable: true, description: describes.userPrincipalName })
  userPrincipalName!: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      "The owner's object id in Microsoft Entra, which stays the same if the owner is renamed. Null if it cannot be told from the certificate's id.",
  })
  userId!: string | null;

  @Field(() => DateTimeOffset, { nullable: true, description: describes.startDateTime })
  startDateTime!: string | null;

  @Field(() => DateTimeOffset, { nullable: true, description: describes.expirationDateTime })
  expirationDateTime!: string | null;

  @Field(() => String, { nullable: true, description: describes.providerName })
  providerName!: string | null;

  @Field(() => String, { nullable: true, description: describes.keyName })
  keyName!: string | null;

  @Field(() => UserPfxPaddingScheme, { nullable: true, description: describes.paddingScheme })
  paddingScheme!: UserPfxPaddingScheme | null;

  @Field(() => Base64, {
    nullable: true,
    description: `${describes.encryptedPfxBlob} Null if Graph redacts it, as on every read.`,
  })
  encryptedPfxBlob!: string | null;

  @Field(() => String, {
    nullable: true,
    description: `${describes.encryptedPfxPassword} Null if Graph redacts it, as on every read.`,
  })
  encryptedPfxPassword!: string | null;

  @Field(() => DateTimeOffset, { nullable: true, description: describes.createdDateTime })
  createdDateTime!: string | null;

  @Field(() => DateTimeOffset, { nullable: true, description: describes.lastModifiedDateTime })
  lastModifiedDateTime!: string | null;
}
