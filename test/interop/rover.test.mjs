/** What `rover subgraph introspect` gets from the running gateway: the committed schema, to the letter. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { env } from "node:process";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startStack } from "./stack.mjs";

const rover = fileURLToPath(new URL("node_modules/.bin/rover", import.meta.url));
const schema = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");

describe("rover subgraph introspect", () => {
  let stack;
  before(async () => {
    stack = await startStack({ ROUTER_SECRET: "of-this-test" });
  });
  after(() => stack?.close());

  const introspect = (...more) =>
    promisify(execFile)(rover, ["subgraph", "introspect", stack.url, "--skip-update-check", ...more], {
      env: { PATH: env.PATH, HOME: env.HOME, APOLLO_TELEMETRY_DISABLED: "1" },
    });

  it("prints schema.graphql", async () => {
    const { stdout } = await introspect("--header", "router-authorization:of-this-test");

    assert.equal(stdout.trim(), schema.trim());
  });

  it("is rejected without the router's secret, if one is set", async () => {
    await assert.rejects(introspect(), { code: 1, stdout: "" });
  });
});
