/** Frontends' clients with the typed documents: pages that merge, errors that are told apart. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";
import { createClient, fetchExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { ClientError, GraphQLClient } from "graphql-request";
import { encryptedPassword } from "../../examples/program.mjs";
import { startStack } from "./stack.mjs";

const {
  CreateUserPfxCertificateDocument: CREATE,
  UserPfxCertificatesDocument: LIST,
  findGatewayError,
} = await import(new URL("../../packages/client/dist/operations/operations.js", import.meta.url).href);

const aThumbprint = () => randomBytes(20).toString("hex");
const anInput = () => ({
  thumbprint: aThumbprint(),
  intendedPurpose: "SMIME_ENCRYPTION",
  userPrincipalName: "MeganB@contoso.example",
  startDateTime: "2026-01-01T00:00:00Z",
  expirationDateTime: "2028-01-01T00:00:00Z",
  providerName: "Microsoft Software Key Storage Provider",
  keyName: "PFXEncryptionKey",
  paddingScheme: "OAEP_SHA512",
  encryptedPfxBlob: "AAAA",
  encryptedPfxPassword: encryptedPassword,
});

let stack;
before(async () => {
  stack = await startStack();
});
after(() => stack?.close());

/** Every certificate's id, in the order of listing. */
const everyId = () => stack.emulator.records.map(({ id }) => id).sort();
const idsOf = ({ edges }) => edges.map(({ node }) => node.id);

describe("Apollo Client", () => {
  const start = () =>
    new ApolloClient({
      link: new HttpLink({ uri: stack.url }),
      cache: new InMemoryCache({
        typePolicies: { Query: { fields: { userPfxCertificates: relayStylePagination(["filter"]) } } },
      }),
    });

  it("merges pages with relayStylePagination without gaps or duplicates", async () => {
    const client = start();
    const query = client.watchQuery({ query: LIST, variables: { first: 3 } });
    let { data } = await client.query({ query: LIST, variables: { first: 3 } });

    while (data.userPfxCertificates.pageInfo.hasNextPage) {
      await query.fetchMore({ variables: { after: data.userPfxCertificates.pageInfo.endCursor } });
      data = client.readQuery({ query: LIST, variables: { first: 3 } });
    }

    assert.ok(idsOf(data.userPfxCertificates).length > 6);
    assert.deepEqual(idsOf(data.userPfxCertificates).sort(), everyId());
    client.stop();
  });

  it("works with findGatewayError", async () => {
    const client = start();
    const input = anInput();
    await client.mutate({ mutation: CREATE, variables: { input } });

    await assert.rejects(
      client.mutate({ mutation: CREATE, variables: { input } }),
      (error) => findGatewayError(error, "CONFLICT") !== undefined,
    );
    client.stop();
  });
});

describe("urql", () => {
  const start = () =>
    createClient({
      url: stack.url,
      preferGetMethod: false,
      exchanges: [
        cacheExchange({
          keys: { UserPfxCertificateFailure: () => null, PageInfo: () => null },
          resolvers: { Query: { userPfxCertificates: relayPagination() } },
        }),
        fetchExchange,
      ],
    });

  it("merges pages with relayPagination without gaps or duplicates", async () => {
    const client = start();
    const page = async (after) => (await client.query(LIST, { first: 3, after })).data.userPfxCertificates;

    let connection = await page();
    while (connection.pageInfo.hasNextPage) connection = await page(connection.pageInfo.endCursor);

    assert.ok(idsOf(connection).length > 6);
    assert.deepEqual(idsOf(connection).sort(), everyId());
  });

  it("works with findGatewayError", async () => {
    const wrong = { ...anInput(), thumbprint: "short" };

    const { error } = await start().mutation(CREATE, { input: wrong });

    assert.equal(findGatewayError(error, "CONFLICT"), undefined);
    assert.deepEqual(findGatewayError(error, "BAD_USER_INPUT")?.extensions.invalid, [
      { path: "input.thumbprint", message: "must be a SHA-1 thumbprint: 40 hexadecimal digits" },
    ]);
  });
});

describe("graphql-request", () => {
  it("sends typed documents and works with findGatewayError", async () => {
    const client = new GraphQLClient(stack.url);
    const input = anInput();

    const { createUserPfxCertificate: created } = await client.request(CREATE, { input });

    assert.equal(created.thumbprint, input.thumbprint);
    await assert.rejects(
      client.request(CREATE, { input }),
      (error) =>
        error instanceof ClientError && findGatewayError(error, "CONFLICT")?.extensions.certificateId === created.id,
    );
  });
});
