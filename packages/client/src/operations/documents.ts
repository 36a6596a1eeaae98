/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** A PFX certificate to import for a user. */
export type CreateUserPfxCertificateInput = {
  /** The PFX file (PKCS #12) itself. At most 1 MiB. */
  encryptedPfxBlob: string;
  /** The PFX file's password, encrypted for the certificate connector, as base64. Must be base64 of an RSA ciphertext of 128 to 1024 bytes. Line breaks are removed. A password in clear text is rejected. */
  encryptedPfxPassword: string;
  /** End of the certificate's validity. */
  expirationDateTime: string;
  /** The certificate's intended purpose, from the point of view of deployment. */
  intendedPurpose: UserPfxIntendedPurpose;
  /** Name of the provider's key that encrypted the password. */
  keyName: string;
  /** Padding scheme the provider uses for encryption and decryption. */
  paddingScheme: UserPfxPaddingScheme;
  /** Name of the crypto provider that encrypted the password, as on the connector machine. */
  providerName: string;
  /** Start of the certificate's validity. Must be before expirationDateTime. */
  startDateTime: string;
  /** SHA-1 thumbprint of the certificate: 40 hexadecimal digits, lower case. Upper case is accepted. */
  thumbprint: string;
  /** User principal name of the certificate's owner. */
  userPrincipalName: string;
};

/** The properties of a certificate to change. An omitted property keeps its value. */
export type UpdateUserPfxCertificateInput = {
  /** The PFX file (PKCS #12) itself. At most 1 MiB. */
  encryptedPfxBlob?: string | null | undefined;
  /** The PFX file's password, encrypted for the certificate connector, as base64. Must be base64 of an RSA ciphertext of 128 to 1024 bytes. Line breaks are removed. A password in clear text is rejected. */
  encryptedPfxPassword?: string | null | undefined;
  /** End of the certificate's validity. */
  expirationDateTime?: string | null | undefined;
  /** The certificate's intended purpose, from the point of view of deployment. */
  intendedPurpose?: UserPfxIntendedPurpose | null | undefined;
  /** Name of the provider's key that encrypted the password. */
  keyName?: string | null | undefined;
  /** Padding scheme the provider uses for encryption and decryption. */
  paddingScheme?: UserPfxPaddingScheme | null | undefined;
  /** Name of the crypto provider that encrypted the password, as on the connector machine. */
  providerName?: string | null | undefined;
  /** Start of the certificate's validity. Must be before expirationDateTime if both are given. */
  startDateTime?: string | null | undefined;
  /** SHA-1 thumbprint of the certificate: 40 hexadecimal digits, lower case. Upper case is accepted. */
  thumbprint?: string | null | undefined;
  /** User principal name of the certificate's owner. */
  userPrincipalName?: string | null | undefined;
};

/** Conditions for a list of certificates. A listed certificate meets every given condition. */
export type UserPfxCertificateFilter = {
  /** Only certificates whose validity ends after this time. */
  expiresAfter?: string | null | undefined;
  /** Only certificates whose validity ends before this time. */
  expiresBefore?: string | null | undefined;
  /** The intended purpose. */
  intendedPurpose?: UserPfxIntendedPurpose | null | undefined;
  /** SHA-1 thumbprint; case is ignored. */
  thumbprint?: string | null | undefined;
  /** The owner's user principal name; case is ignored. */
  userPrincipalName?: string | null | undefined;
};

/** A certificate's intended purpose, from the point of view of deployment. */
export type UserPfxIntendedPurpose =
  /** S/MIME encryption of mail. */
  | 'SMIME_ENCRYPTION'
  /** S/MIME signing of mail. */
  | 'SMIME_SIGNING'
  /** No purpose assigned. */
  | 'UNASSIGNED'
  /** VPN authentication; Intune does not deploy this purpose today. */
  | 'VPN'
  /** Wi-Fi authentication. */
  | 'WIFI';

/** How the crypto provider padded the password when it encrypted it. */
export type UserPfxPaddingScheme =
  /** No padding. */
  | 'NONE'
  /** OAEP with SHA-1; Microsoft describes it as no longer supported. */
  | 'OAEP_SHA1'
  /** OAEP with SHA-256. */
  | 'OAEP_SHA256'
  /** OAEP with SHA-384. */
  | 'OAEP_SHA384'
  /** OAEP with SHA-512; the default of Microsoft's import tool. */
  | 'OAEP_SHA512'
  /** PKCS #1 padding; Microsoft describes it as no longer supported. */
  | 'PKCS1';

export type CreateUserPfxCertificateMutationVariables = Exact<{
  input: CreateUserPfxCertificateInput;
}>;


export type CreateUserPfxCertificateMutation = { createUserPfxCertificate: { id: string, thumbprint: string | null, intendedPurpose: UserPfxIntendedPurpose | null, userPrincipalName: string | null, startDateTime: string | null, expirationDateTime: string | null, providerName: string | null, keyName: string | null, paddingScheme: UserPfxPaddingScheme | null, createdDateTime: string | null, lastModifiedDateTime: string | null } };

export type CreateUserPfxCertificatesMutationVariables = Exact<{
  inputs: Array<CreateUserPfxCertificateInput> | CreateUserPfxCertificateInput;
}>;


export type CreateUserPfxCertificatesMutation = { createUserPfxCertificates: { createdCount: number, failedCount: number, results: Array<
      | { __typename: 'UserPfxCertificate', id: string, userPrincipalName: string | null, thumbprint: string | null }
      | { __typename: 'UserPfxCertificateFailure', code: string, message: string, certificateId: string | null, retryAfterSeconds: number | null, graphRequestId: string | null, claims: string | null, invalid: Array<{ path: string, message: string }> | null }
    > } };

export type DeleteUserPfxCertificateMutationVariables = Exact<{
  deletedId: string | number;
}>;


export type DeleteUserPfxCertificateMutation = { deleteUserPfxCertificate: string };

export type ExpiringUserPfxCertificatesQueryVariables = Exact<{
  before: string;
  after?: string | null | undefined;
}>;


export type ExpiringUserPfxCertificatesQuery = { userPfxCertificates: { nodes: Array<{ id: string, userPrincipalName: string | null, intendedPurpose: UserPfxIntendedPurpose | null, expirationDateTime: string | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };

export type UpdateUserPfxCertificateMutationVariables = Exact<{
  id: string | number;
  changes: UpdateUserPfxCertificateInput;
}>;


export type UpdateUserPfxCertificateMutation = { updateUserPfxCertificate: { id: string, intendedPurpose: UserPfxIntendedPurpose | null, keyName: string | null, lastModifiedDateTime: string | null } };

export type UserPfxCertificateQueryVariables = Exact<{
  id: string | number;
}>;


export type UserPfxCertificateQuery = { userPfxCertificate: { id: string, thumbprint: string | null, intendedPurpose: UserPfxIntendedPurpose | null, userPrincipalName: string | null, startDateTime: string | null, expirationDateTime: string | null, providerName: string | null, keyName: string | null, paddingScheme: UserPfxPaddingScheme | null, createdDateTime: string | null, lastModifiedDateTime: string | null } | null };

export type UserPfxCertificatesQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
  filter?: UserPfxCertificateFilter | null | undefined;
}>;


export type UserPfxCertificatesQuery = { userPfxCertificates: { edges: Array<{ cursor: string, node: { id: string, thumbprint: string | null, intendedPurpose: UserPfxIntendedPurpose | null, userPrincipalName: string | null, startDateTime: string | null, expirationDateTime: string | null, providerName: string | null, keyName: string | null, paddingScheme: UserPfxPaddingScheme | null } }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } };


export const CreateUserPfxCertificateDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateUserPfxCertificate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateUserPfxCertificateInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createUserPfxCertificate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"thumbprint"}},{"kind":"Field","name":{"kind":"Name","value":"intendedPurpose"}},{"kind":"Field","name":{"kind":"Name","value":"userPrincipalName"}},{"kind":"Field","name":{"kind":"Name","value":"startDateTime"}},{"kind":"Field","name":{"kind":"Name","value":"expirationDateTime"}},{"kind":"Field","name":{"kind":"Name","value":"providerName"}},{"kind":"Field","name":{"kind":"Name","value":"keyName"}},{"kind":"Field","name":{"kind":"Name","value":"paddingScheme"}},{"kind":"Field","name":{"kind":"Name","value":"createdDateTime"}},{"kind":"Field","name":{"kind":"Name","value":"lastModifiedDateTime"}}]}}]}}]} as unknown as DocumentNode<CreateUserPfxCertificateMutation, CreateUserPfxCertificateMutationVariables>;
export const CreateUserPfxCertificatesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateUserPfxCertificates"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"inputs"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateUserPfxCertificateInput"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createUserPfxCertificates"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"inputs"},"value":{"kind":"Variable","name":{"kind":"Name","value":"inputs"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createdCount"}},{"kind":"Field","name":{"kind":"Name","value":"failedCount"}},{"kind":"Field","name":{"kind":"Name","value":"results"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserPfxCertificate"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"userPrincipalName"}},{"kind":"Field","name":{"kind":"Name","value":"thumbprint"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserPfxCertificateFailure"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"certificateId"}},{"kind":"Field","name":{"kind":"Name","value":"invalid"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"path"}},{"kind":"Field","name":{"kind":"Name","value":"message"}}]}},{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"graphRequestId"}},{"kind":"Field","name":{"kind":"Name","value":"claims"}}]}}]}}]}}]}}]} as unknown as DocumentNode<CreateUserPfxCertificatesMutation, CreateUserPfxCertificatesMutationVariables>;
export const DeleteUserPfxCertificateDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"DeleteUserPfxCertificate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"deletedId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deleteUserPfxCertificate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"deletedId"}}}]}]}}]} as unknown as DocumentNode<DeleteUserPfxCertificateMutation, DeleteUserPfxCertificateMutationVariables>;
export const ExpiringUserPfxCertificatesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"ExpiringUserPfxCertificates"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"before"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DateTimeOffset"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"userPfxCertificates"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"100"}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"expiresBefore"},"value":{"kind":"Variable","name":{"kind":"Name","value":"before"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"userPrincipalName"}},{"kind":"Field","name":{"kind":"Name","value":"intendedPurpose"}},{"kind":"Field","name":{"kind":"Name","value":"expirationDateTime"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<ExpiringUserPfxCertificatesQuery, ExpiringUserPfxCertificatesQueryVariables>;
export const UpdateUserPfxCertificateDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UpdateUserPfxCertificate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"changes"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateUserPfxCertificateInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateUserPfxCertificate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}},{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"changes"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"intendedPurpose"}},{"kind":"Field","name":{"kind":"Name","value":"keyName"}},{"kind":"Field","name":{"kind":"Name","value":"lastModifiedDateTime"}}]}}]}}]} as unknown as DocumentNode<UpdateUserPfxCertificateMutation, UpdateUserPfxCertificateMutationVariables>;
export const UserPfxCertificateDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"UserPfxCertificate"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"userPfxCertificate"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"thumbprint"}},{"kind":"Field","name":{"kind":"Name","value":"intendedPurpose"}},{"kind":"Field","name":{"kind":"Name","value":"userPrincipalName"}},{"kind":"Field","name":{"kind":"Name","value":"startDateTime"}},{"kind":"Field","name":{"kind":"Name","value":"expirationDateTime"}},{"kind":"Field","name":{"kind":"Name","value":"providerName"}},{"kind":"Field","name":{"kind":"Name","value":"keyName"}},{"kind":"Field","name":{"kind":"Name","value":"paddingScheme"}},{"kind":"Field","name":{"kind":"Name","value":"createdDateTime"}},{"kind":"Field","name":{"kind":"Name","value":"lastModifiedDateTime"}}]}}]}}]} as unknown as DocumentNode<UserPfxCertificateQuery, UserPfxCertificateQueryVariables>;
export const UserPfxCertificatesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"UserPfxCertificates"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"UserPfxCertificateFilter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"userPfxCertificates"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"thumbprint"}},{"kind":"Field","name":{"kind":"Name","value":"intendedPurpose"}},{"kind":"Field","name":{"kind":"Name","value":"userPrincipalName"}},{"kind":"Field","name":{"kind":"Name","value":"startDateTime"}},{"kind":"Field","name":{"kind":"Name","value":"expirationDateTime"}},{"kind":"Field","name":{"kind":"Name","value":"providerName"}},{"kind":"Field","name":{"kind":"Name","value":"keyName"}},{"kind":"Field","name":{"kind":"Name","value":"paddingScheme"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}}]} as unknown as DocumentNode<UserPfxCertificatesQuery, UserPfxCertificatesQueryVariables>;