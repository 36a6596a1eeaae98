export const operationTexts = {
  CreateUserPfxCertificate:
    "# Import one user's PFX certificate into Intune.\nmutation CreateUserPfxCertificate($input: CreateUserPfxCertificateInput!) {\n  createUserPfxCertificate(input: $input) {\n    id\n    thumbprint\n    intendedPurpose\n    userPrincipalName\n    startDateTime\n    expirationDateTime\n    providerName\n    keyName\n    paddingScheme\n    createdDateTime\n    lastModifiedDateTime\n  }\n}\n",
  CreateUserPfxCertificates:
    "# Import many certificates at once. Each result is the certificate, or why it was not created.\nmutation CreateUserPfxCertificates($inputs: [CreateUserPfxCertificateInput!]!) {\n  createUserPfxCertificates(inputs: $inputs) {\n    createdCount\n    failedCount\n    results {\n      __typename\n      ... on UserPfxCertificate {\n        id\n        userPrincipalName\n        thumbprint\n      }\n      ... on UserPfxCertificateFailure {\n        code\n        message\n        certificateId\n        retryAfterSeconds\n        graphRequestId\n        claims\n      }\n    }\n  }\n}\n",
  DeleteUserPfxCertificate:
    "# Delete a certificate.\nmutation DeleteUserPfxCertificate($deletedId: ID!) {\n  deleteUserPfxCertificate(id: $deletedId)\n}\n",
  ExpiringUserPfxCertificates:
    "# Certificates whose validity ends before a date.\nquery ExpiringUserPfxCertificates($before: DateTimeOffset!, $after: String) {\n  userPfxCertificates(first: 100, after: $after, filter: { expiresBefore: $before }) {\n    nodes {\n      id\n      userPrincipalName\n      intendedPurpose\n      expirationDateTime\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n",
  UpdateUserPfxCertificate:
    "# Change properties of a certificate. Only what is given is sent to Graph; the rest stays.\nmutation UpdateUserPfxCertificate($id: ID!, $changes: UpdateUserPfxCertificateInput!) {\n  updateUserPfxCertificate(id: $id, input: $changes) {\n    id\n    intendedPurpose\n    keyName\n    lastModifiedDateTime\n  }\n}\n",
  UserPfxCertificate:
    "# One certificate by its id. Graph redacts the file and its password on every read, so they are null.\nquery UserPfxCertificate($id: ID!) {\n  userPfxCertificate(id: $id) {\n    id\n    thumbprint\n    intendedPurpose\n    userPrincipalName\n    startDateTime\n    expirationDateTime\n    providerName\n    keyName\n    paddingScheme\n    createdDateTime\n    lastModifiedDateTime\n  }\n}\n",
  UserPfxCertificates:
    "# The imported certificates, page by page: pass pageInfo.endCursor as $after to go on.\nquery UserPfxCertificates($first: Int, $after: String, $filter: UserPfxCertificateFilter) {\n  userPfxCertificates(first: $first, after: $after, filter: $filter) {\n    edges {\n      cursor\n      node {\n        id\n        thumbprint\n        intendedPurpose\n        userPrincipalName\n        startDateTime\n        expirationDateTime\n        providerName\n        keyName\n        paddingScheme\n      }\n    }\n    pageInfo {\n      hasNextPage\n      endCursor\n    }\n  }\n}\n",
} as const;
