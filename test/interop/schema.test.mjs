/** The schema as linters and change detectors see it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { CriticalityLevel, diff } from "@graphql-inspector/core";
import { buildSchema } from "graphql";
import { lintAll, lintOperation } from "./lint.mjs";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const federation = read("federation.graphql");
const schemaOf = (text) => buildSchema(`${federation}\n${text}`);
const released = schemaOf(read("last-release.graphql"));
const current = read("../../schema.graphql");

async function breaking(text) {
  const changes = await diff(released, schemaOf(text));
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .map(({ message }) => message);
}

describe("the schema", () => {
  it("breaks nothing of the last release", async () => {
    assert.deepEqual(await breaking(current), []);
  });

  it("would be seen to break a client", async () => {
    assert.deepEqual(await breaking(current.replace(/ {2}keyName: String\n/, "  key: String\n")), [
      "Field 'keyName' was removed from object type 'UserPfxCertificate'",
    ]);
  });

  it("follows @graphql-eslint's recommendations and Relay's, and so do the operations", async () => {
    assert.deepEqual(await lintAll(), []);
  });

  it("would be seen to lack a field that an operation asks for", async () => {
    const complaints = await lintOperation("query Another { userPfxCertificates { nodes { id thumbs } } }");

    assert.match(complaints.join(), /fields-on-correct-type/);
  });
});
