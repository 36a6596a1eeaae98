/** A plain schema with plain resolvers, as a team would write it first; what the GraphQL servers among the peers serve. */
import { collectionPath } from "../scenarios.mjs";

export const typeDefs = `
  enum UserPfxIntendedPurpose { UNASSIGNED SMIME_ENCRYPTION SMIME_SIGNING VPN WIFI }
  enum UserPfxPaddingScheme { NONE PKCS1 OAEP_SHA1 OAEP_SHA256 OAEP_SHA384 OAEP_SHA512 }
  type UserPfxCertificate {
    id: ID!
    thumbprint: String
    intendedPurpose: UserPfxIntendedPurpose
    userPrincipalName: String
    startDateTime: String
    expirationDateTime: String
    providerName: String
    keyName: String
    paddingScheme: UserPfxPaddingScheme
    encryptedPfxBlob: String
    encryptedPfxPassword: String
    createdDateTime: String
    lastModifiedDateTime: String
  }
  type PageInfo { hasNextPage: Boolean! }
  type UserPfxCertificateConnection { nodes: [UserPfxCertificate!]! pageInfo: PageInfo! }
  input CreateUserPfxCertificateInput {
    thumbprint: String!
    intendedPurpose: UserPfxIntendedPurpose!
    userPrincipalName: String!
    startDateTime: String!
    expirationDateTime: String!
    providerName: String!
    keyName: String!
    paddingScheme: UserPfxPaddingScheme!
    encryptedPfxBlob: String!
    encryptedPfxPassword: String!
  }
  type Query { userPfxCertificates(first: Int): UserPfxCertificateConnection! }
  type Mutation { createUserPfxCertificate(input: CreateUserPfxCertificateInput!): UserPfxCertificate! }
`;

export const enums = {
  UserPfxIntendedPurpose: {
    UNASSIGNED: "unassigned",
    SMIME_ENCRYPTION: "smimeEncryption",
    SMIME_SIGNING: "smimeSigning",
    VPN: "vpn",
    WIFI: "wifi",
  },
  UserPfxPaddingScheme: {
    NONE: "none",
    PKCS1: "pkcs1",
    OAEP_SHA1: "oaepSha1",
    OAEP_SHA256: "oaepSha256",
    OAEP_SHA384: "oaepSha384",
    OAEP_SHA512: "oaepSha512",
  },
};

/** @param ask `(method, path, authorization, body)` to the JSON that Graph answers. */
export function operations(ask) {
  return {
    create: (input, authorization) =>
      ask("POST", collectionPath, authorization, { "@odata.type": "#microsoft.graph.userPFXCertificate", ...input }),
    async list(first, authorization) {
      const { value } = await ask("GET", collectionPath, authorization);
      return { nodes: value.slice(0, first), pageInfo: { hasNextPage: false } };
    },
  };
}

/** @param ask as above. Resolvers find the caller's header as `authorization` in their context. */
export function resolversOver(ask) {
  const { create, list } = operations(ask);
  return {
    ...enums,
    Query: { userPfxCertificates: (_, { first }, { authorization }) => list(first, authorization) },
    Mutation: { createUserPfxCertificate: (_, { input }, { authorization }) => create(input, authorization) },
  };
}
