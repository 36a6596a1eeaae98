import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { composeServices as composeWithApollo } from "@apollo/composition";
import { composeServices as composeWithTheGuild } from "@theguild/federation-composition";
import { importBuilt } from "../../program.mjs";
import { compose, readSupergraph, subgraphs } from "../compose.mjs";
import { people } from "../directory.mjs";

const seedOf = async () => (await importBuilt("emulator/seed.js")).seedRecords();

describe("the supergraph", () => {
  it("composes with @theguild/federation-composition", () => {
    const { errors, supergraphSdl } = composeWithTheGuild(subgraphs);

    assert.equal(errors, undefined);
    assert.match(supergraphSdl, /PFX @join__graph/);
  });

  it("composes with @apollo/composition, without a hint", () => {
    const { errors, hints, supergraphSdl } = composeWithApollo(subgraphs);

    assert.equal(errors, undefined);
    assert.deepEqual(hints, []);
    assert.match(supergraphSdl, /PFX @join__graph/);
  });

  it("is committed as the subgraphs are now", () => {
    assert.equal(readSupergraph(), compose(), "supergraph.graphql is out of date: npm run compose");
  });
});

describe("the directory", () => {
  it("knows the people whose certificates the emulator has, in their order", async () => {
    const seed = await seedOf();

    const { userObjectId } = await importBuilt("emulator/record.js");
    assert.deepEqual(
      people.map(({ id }) => id),
      seed.map(({ userPrincipalName }) => userObjectId(userPrincipalName)),
    );
  });

  it("refers to certificates that are there, but for one", async () => {
    const thumbprints = (await seedOf()).map(({ thumbprint }) => thumbprint);
    const referred = people.flatMap(({ mailCertificate }) => (mailCertificate === null ? [] : [mailCertificate.id]));
    const gone = referred.filter((id) => !thumbprints.includes(id.split("-")[1]));

    assert.equal(referred.length, 3);
    assert.equal(gone.length, 1);
  });
});
