/** `microsoft.graph.userPfxPaddingScheme`: GraphQL name on the left, Graph's wire value on the right. */
import { registerEnumType } from "type-graphql";

export const UserPfxPaddingScheme = {
  NONE: "none",
  PKCS1: "pkcs1",
  OAEP_SHA1: "oaepSha1",
  OAEP_SHA256: "oaepSha256",
  OAEP_SHA384: "oaepSha384",
  OAEP_SHA512: "oaepSha512",
} as const;
export type UserPfxPaddingScheme = (typeof UserPfxPaddingScheme)[keyof typeof UserPfxPaddingScheme];

registerEnumType(UserPfxPaddingScheme, {
  name: "UserPfxPaddingScheme",
  description: "How the crypto provider padded the password when it encrypted it.",
  valuesConfig: {
    NONE: { description: "No padding." },
    PKCS1: { description: "PKCS #1 padding; Microsoft describes it as no longer supported." },
    OAEP_SHA1: { description: "OAEP with SHA-1; Microsoft describes it as no longer supported." },
    OAEP_SHA256: { description: "OAEP with SHA-256." },
    OAEP_SHA384: { description: "OAEP with SHA-384." },
    OAEP_SHA512: { description: "OAEP with SHA-512; what Microsoft's import tool uses by default." },
  },
});
