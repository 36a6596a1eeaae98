/** `microsoft.graph.userPfxIntendedPurpose`: GraphQL name on the left, Graph's wire value on the right. */
import { registerEnumType } from "type-graphql";

export const UserPfxIntendedPurpose = {
  UNASSIGNED: "unassigned",
  SMIME_ENCRYPTION: "smimeEncryption",
  SMIME_SIGNING: "smimeSigning",
  VPN: "vpn",
  WIFI: "wifi",
} as const;
export type UserPfxIntendedPurpose = (typeof UserPfxIntendedPurpose)[keyof typeof UserPfxIntendedPurpose];

registerEnumType(UserPfxIntendedPurpose, {
  name: "UserPfxIntendedPurpose",
  description: "What a certificate is meant for, from the point of view of deployment.",
  valuesConfig: {
    UNASSIGNED: { description: "No purpose assigned." },
    SMIME_ENCRYPTION: { description: "S/MIME encryption of mail." },
    SMIME_SIGNING: { description: "S/MIME signing of mail." },
    VPN: { description: "VPN authentication; Intune does not deploy this purpose today." },
    WIFI: { description: "Wi-Fi authentication." },
  },
});
