/** What Relay's compiler makes of the schema that a client sees. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { buildClientSchema, getIntrospectionQuery, printSchema } from "graphql";
import { startStack } from "./stack.mjs";

const compiler = fileURLToPath(new URL("node_modules/.bin/relay-compiler", import.meta.url));
const list = `
  fragment listCertificates on Query
    @refetchable(queryName: "listCertificatesPage")
    @argumentDefinitions(
      first: { type: "Int", defaultValue: 10 }
      after: { type: "String" }
      filter: { type: "UserPfxCertificateFilter" }
    ) {
    userPfxCertificates(first: $first, after: $after, filter: $filter) @connection(key: "list_userPfxCertificates") {
      edges { node { id thumbprint } }
    }
  }`;
const create = `
  mutation listCreateMutation($input: CreateUserPfxCertificateInput!, $connections: [ID!]!) {
    createUserPfxCertificate(input: $input)
      @appendNode(connections: $connections, edgeTypeName: "UserPfxCertificateEdge") { id thumbprint }
  }`;
const remove = `
  mutation listDeleteMutation($id: ID!, $connections: [ID!]!) {
    deleteUserPfxCertificate(id: $id) @deleteEdge(connections: $connections)
  }`;

let stack;
let schema;
before(async () => {
  stack = await startStack();
  const response = await fetch(stack.url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: getIntrospectionQuery() }),
  });
  schema = printSchema(buildClientSchema((await response.json()).data));
});
after(() => stack?.close());

/** The names of what the compiler generates; rejects with its complaint. */
async function compile(...documents) {
  const place = mkdtempSync(join(tmpdir(), "relay-"));
  try {
    mkdirSync(join(place, "src"));
    writeFileSync(join(place, "src", "list.js"), documents.map((text) => `graphql\`${text}\`;`).join("\n"));
    writeFileSync(join(place, "schema.graphql"), schema);
    const config = { src: "./src", schema: "./schema.graphql", language: "javascript" };
    writeFileSync(join(place, "relay.config.json"), JSON.stringify(config));
    await promisify(execFile)(compiler, { cwd: place });
    return readdirSync(join(place, "src", "__generated__")).sort();
  } finally {
    rmSync(place, { recursive: true });
  }
}

describe("Relay's compiler", () => {
  it("accepts the connection, its pages, and mutations that change its edges", async () => {
    assert.deepEqual(await compile(list, create, remove), [
      "listCertificates.graphql.js",
      "listCertificatesPage.graphql.js",
      "listCreateMutation.graphql.js",
      "listDeleteMutation.graphql.js",
    ]);
  });

  it("would reject an invalid connection", async () => {
    await assert.rejects(compile(list.replaceAll("edges { node { id thumbprint } }", "nodes { id }")), /edges/);
  });
});
