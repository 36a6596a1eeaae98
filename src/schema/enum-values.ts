/** The members of both enums, separate from their registration, so that data sources do not load GraphQL. */

/** `microsoft.graph.userPfxIntendedPurpose`: GraphQL name on the left, Graph's wire value on the right. */
export const UserPfxIntendedPurpose = {
  UNASSIGNED: "unassigned",
  SMIME_ENCRYPTION: "smimeEncryption",
  SMIME_SIGNING: "smimeSigning",
  VPN: "vpn",
  WIFI: "wifi",
} as const;
export type UserPfxIntendedPurpose = (typeof UserPfxIntendedPurpose)[keyof typeof UserPfxIntendedPurpose];

/** `microsoft.graph.userPfxPaddingScheme`: GraphQL name on the left, Graph's wire value on the right. */
export const UserPfxPaddingScheme = {
  NONE: "none",
  PKCS1: "pkcs1",
  OAEP_SHA1: "oaepSha1",
  OAEP_SHA256: "oaepSha256",
  OAEP_SHA384: "oaepSha384",
  OAEP_SHA512: "oaepSha512",
} as const;
export type UserPfxPaddingScheme = (typeof UserPfxPaddingScheme)[keyof typeof UserPfxPaddingScheme];
