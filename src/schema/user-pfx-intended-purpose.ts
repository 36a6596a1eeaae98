/** The GraphQL enum UserPfxIntendedPurpose. */
import { registerEnumType } from "type-graphql";
import { UserPfxIntendedPurpose } from "./enum-values.ts";

registerEnumType(UserPfxIntendedPurpose, {
  name: "UserPfxIntendedPurpose",
  description: "A certificate's intended purpose, from the point of view of deployment.",
  valuesConfig: {
    UNASSIGNED: { description: "No purpose assigned." },
    SMIME_ENCRYPTION: { description: "S/MIME encryption of mail." },
    SMIME_SIGNING: { description: "S/MIME signing of mail." },
    VPN: { description: "VPN authentication; Intune does not deploy this purpose today." },
    WIFI: { description: "Wi-Fi authentication." },
  },
});

export { UserPfxIntendedPurpose };
