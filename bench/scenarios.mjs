/** What is asked: one GraphQL request for each scenario, the same for every candidate that has the field. */
import { readFileSync } from "node:fs";

const { input: sample } = JSON.parse(readFileSync(new URL("../operations/variables.json", import.meta.url), "utf8"));

export const collectionPath = "/deviceManagement/userPfxCertificates";

export const properties = [
  "id",
  "thumbprint",
  "intendedPurpose",
  "userPrincipalName",
  "startDateTime",
  "expirationDateTime",
  "providerName",
  "keyName",
  "paddingScheme",
  "encryptedPfxBlob",
  "encryptedPfxPassword",
  "createdDateTime",
  "lastModifiedDateTime",
];
/** What a program asks back after a create: everything but the two secrets that it has just sent. */
export const answered = properties.filter((name) => !name.startsWith("encrypted"));

/** A certificate as Graph answers it on reads, secrets redacted. */
export const entity = (id) => ({
  id,
  thumbprint: "0123456789abcdef0123456789abcdef01234567",
  intendedPurpose: "smimeEncryption",
  userPrincipalName: "adele@contoso.example",
  startDateTime: "2026-01-01T00:00:00Z",
  expirationDateTime: "2028-01-01T00:00:00.1234567Z",
  providerName: "Microsoft Software Key Storage Provider",
  keyName: "PFX encryption key",
  paddingScheme: "oaepSha512",
  encryptedPfxBlob: "AA==",
  encryptedPfxPassword: "",
  createdDateTime: "2026-01-01T00:00:00Z",
  lastModifiedDateTime: "2026-01-01T00:00:00Z",
});

/** Stands for the part of a request that differs each time: twelve hexadecimal digits. */
export const placeholder = "ffffffffffff";

/** @param number within one request. */
function input(blobBytes, number = 0) {
  return {
    thumbprint: `${placeholder}${String(number).padStart(28, "0")}`,
    intendedPurpose: "SMIME_ENCRYPTION",
    userPrincipalName: "adele@contoso.example",
    startDateTime: "2026-01-01T00:00:00Z",
    expirationDateTime: "2028-01-01T00:00:00Z",
    providerName: "Microsoft Software Key Storage Provider",
    keyName: "PFX encryption key",
    paddingScheme: "OAEP_SHA512",
    encryptedPfxBlob: pseudoRandom(blobBytes).toString("base64"),
    encryptedPfxPassword: sample.encryptedPfxPassword,
  };
}

/** The same bytes at every run. */
function pseudoRandom(length) {
  const bytes = Buffer.alloc(length);
  for (let index = 0, state = 1; index < length; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[index] = state >>> 16;
  }
  return bytes;
}

const create = {
  query: `mutation Create($input: CreateUserPfxCertificateInput!) {
  createUserPfxCertificate(input: $input) { ${answered.join(" ")} }
}`,
  begins: '{"data":{"createUserPfxCertificate":{"id":',
};

/** A create of a file of so many bytes. */
export const createOf = (bytes) => ({ ...create, variables: { input: input(bytes) } });

/**
 * `begins`: how a right answer does. `items`: certificates of one request. `peers`: whether everybody takes part. `delayMs`: wait of
 * the stand-in for Graph; default 0. `connections`: numbers of connections; default those of the command line.
 */
export const scenarios = {
  create4k: { ...create, title: "create, 4 KB", peers: true, items: 1, variables: { input: input(4096) } },
  create4kSlow: {
    ...create,
    title: "create, 4 KB, Graph takes 100 ms",
    peers: true,
    items: 1,
    variables: { input: input(4096) },
    delayMs: 100,
    connections: [1],
  },
  create256k: {
    ...create,
    title: "create, 256 KB",
    peers: true,
    items: 1,
    variables: { input: input(262_144) },
    connections: [16],
  },
  list100: {
    title: "list of 100, all fields",
    peers: true,
    connections: [16],
    items: 100,
    query: `query List { userPfxCertificates(first: 100) { nodes { ${properties.join(" ")} } pageInfo { hasNextPage } } }`,
    variables: {},
    begins: '{"data":{"userPfxCertificates":{"nodes":[{"id":',
  },
  entities100: {
    title: "_entities, 100",
    peers: false,
    connections: [16],
    items: 100,
    query: `query Entities($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on UserPfxCertificate { ${properties.join(" ")} } }
}`,
    variables: {
      representations: Array.from({ length: 100 }, (_, index) => ({
        __typename: "UserPfxCertificate",
        id: `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
      })),
    },
    begins: '{"data":{"_entities":[{"id":',
  },
  plural200: {
    title: "plural create, 200 of 4 KB",
    peers: false,
    connections: [16],
    items: 200,
    query: `mutation CreateMany($inputs: [CreateUserPfxCertificateInput!]!) {
  createUserPfxCertificates(inputs: $inputs) { createdCount failedCount results { ... on UserPfxCertificate { ${answered.join(" ")} } } }
}`,
    variables: { inputs: Array.from({ length: 200 }, (_, index) => input(4096, index)) },
    begins: '{"data":{"createUserPfxCertificates":{"createdCount":200,',
  },
};
