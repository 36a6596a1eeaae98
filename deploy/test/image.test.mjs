/** The image, by the Dockerfile's own steps: it serves as a numeric user that can write nowhere, and ends with 0. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { validate } from "dockerfile-utils";
import { performSteps, start, writableFor } from "../dockerfile-steps.mjs";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

describe("the Dockerfile", () => {
  it("has nothing that its linter finds wrong", () => {
    const problems = validate(read("Dockerfile")).map(({ message, range }) => `${range.start.line + 1}: ${message}`);

    assert.deepEqual(problems, []);
  });

  it("would have it found", () => {
    assert.notDeepEqual(validate("FROM node:24\nRUNN ls\n"), []);
  });
});

describe("the image", { timeout: 400_000 }, () => {
  let image;
  before(async () => {
    image = await performSteps();
  });
  after(() => image?.remove());

  it("leaves its user nothing to write to", () => {
    assert.equal(writableFor(image), "");
  });

  it("has no development dependencies", () => {
    assert.throws(() => readFileSync(`${image.folder}/app/node_modules/vitest/package.json`), { code: "ENOENT" });
  });

  it("has nothing of the packages for frontends and the command line, nor does the SBOM", () => {
    const sbom = JSON.parse(readFileSync(`${image.folder}/app/dist/sbom.cdx.json`, "utf8"));
    const listed = sbom.components.map((component) => component["bom-ref"].replace(/@[^@]*$/, ""));
    const installed = readdirSync(`${image.folder}/app/node_modules`);

    assert.ok(listed.includes("undici"));
    assert.ok(listed.includes("@azure/msal-node"));
    assert.deepEqual(
      installed.filter((name) => name === "undici"),
      [],
    );
    for (const names of [listed, installed]) {
      assert.deepEqual(
        names.filter((name) => /^(?:intune-pfx.*|asn1js|node-forge)$/.test(name)),
        [],
      );
    }
    assert.ok(!existsSync(`${image.folder}/app/packages`));
  });

  it("serves, is healthy, and ends with 0 on SIGTERM", async () => {
    const child = start(image, {
      PORT: "0",
      HOST: "127.0.0.1",
      AUTH_MODE: "passthrough",
      METRICS_PORT: "0",
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    let output = "";
    const url = await new Promise((resolve, reject) => {
      const onData = (chunk) => {
        output += chunk;
        const found = /"url":"([^"]+)"[^\n]*"listening"/.exec(output);
        if (found) resolve(found[1]);
      };
      child.stdout.on("data", onData);
      child.stderr.on("data", onData);
      child.once("exit", () => reject(new Error(output)));
    });

    const health = await fetch(new URL("/livez", url));
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer of-nobody" },
      body: '{"query":"{ __typename }"}',
    });
    assert.equal(health.status, 200);
    assert.deepEqual(await answer.json(), { data: { __typename: "Query" } });

    child.kill("SIGTERM");
    assert.equal(await ended, 0);
  });

  it("refuses to start unconfigured, with exit code 78", async () => {
    const child = start(image, {});

    assert.equal(await new Promise((resolve) => child.once("close", resolve)), 78);
  });

  it("runs the doctor, too", async () => {
    const child = start(image, { AUTH_MODE: "x" }, "doctor");

    assert.equal(await new Promise((resolve) => child.once("close", resolve)), 78);
  });
});
