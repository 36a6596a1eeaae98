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
  it("has no breaking change since the last release", async () => {
    assert.deepEqual(await breaking(current), []);
  });

  it("would fail this check after a breaking change", async () => {
    assert.deepEqual(await breaking(current.replace(/ {2}keyName: String\n/, "  key: String\n")), [
      "Field 'keyName' was removed from object type 'UserPfxCertificate'",
    ]);
  });

  it("follows the recommendations of @graphql-eslint and Relay, as do the operations", async () => {
    assert.deepEqual(await lintAll(), []);
  });

  it("would fail this check without a field that an operation selects", async () => {
    const complaints = await lintOperation("query Another { userPfxCertificates { nodes { id thumbs } } }");

    assert.match(complaints.join(), /fields-on-correct-type/);
  });
});
