/**
 * The workflows of GitHub: by GitHub's own language service, and by what no linter knows of this repository. Whether they
 * succeed there can't be seen from here.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { register } from "node:module";
import { before, describe, it } from "node:test";
import { TextDocument } from "vscode-languageserver-textdocument";
import { parse } from "yaml";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const texts = Object.fromEntries(
  readdirSync(new URL("../../.github/workflows/", import.meta.url)).map((file) => [
    file,
    read(`.github/workflows/${file}`),
  ]),
);
const workflows = Object.entries(texts).map(([file, text]) => ({ file, ...parse(text) }));
const jobs = workflows.flatMap(({ file, jobs }) => Object.entries(jobs).map(([name, job]) => ({ file, name, ...job })));
const steps = jobs.flatMap(({ steps }) => steps);

/** Lets modules import JSON without saying so, as the language service does for bundlers' sake. */
const jsonLoader = `
  import { readFileSync } from "node:fs";
  export const load = (url, context, next) =>
    url.endsWith(".json")
      ? { format: "module", shortCircuit: true, source: "export default " + readFileSync(new URL(url), "utf8") }
      : next(url, context);
`;

describe("the workflows", () => {
  let problemsOf;
  before(async () => {
    register(`data:text/javascript,${encodeURIComponent(jsonLoader)}`);
    const { validate } = await import("@actions/languageservice");
    let count = 0;
    problemsOf = async (file, text) => {
      count += 1; // what it has read once, it knows by the address
      const document = TextDocument.create(`file:///.github/workflows/${count}/${file}`, "yaml", 0, text);
      return (await validate(document)).map(({ range, message }) => `${file}:${range.start.line + 1} ${message}`);
    };
  });

  it("have nothing that GitHub's language service finds wrong", async () => {
    const problems = await Promise.all(Object.entries(texts).map(([file, text]) => problemsOf(file, text)));

    assert.equal(problems.length, 3);
    assert.deepEqual(problems.flat(), []);
  });

  it("would have it found", async () => {
    const changed = async (from, to) => (await problemsOf("ci.yml", texts["ci.yml"].replace(from, to))).join();

    assert.match(await changed("contents: read", "content: read"), /Unexpected value 'content'/);
    assert.match(await changed("timeout-minutes", "timeout-minute"), /Unexpected value 'timeout-minute'/);
    assert.match(await changed("matrix.node }}", "matrix.nod }}"), /Context access might be invalid: nod/);
  });

  it("run actions by commit, with the version beside it", () => {
    const uses = Object.values(texts).flatMap((text) => [...text.matchAll(/uses: *(.*)/g)].map(([, each]) => each));

    assert.ok(uses.length > 12);
    for (const each of uses) assert.match(each, /^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    assert.equal(steps.filter(({ uses }) => uses !== undefined).length, uses.length);
  });

  it("pin each action to one commit throughout", () => {
    const commits = new Map();
    for (const { uses } of steps) {
      if (uses === undefined) continue;
      const [action, commit] = uses.split("@");
      assert.equal(commits.get(action) ?? commit, commit, action);
      commits.set(action, commit);
    }
  });

  it("may read and nothing else, but for the three jobs that publish", () => {
    for (const { file, permissions } of workflows) {
      assert.deepEqual(permissions, file === "release.yml" ? {} : { contents: "read" }, file);
    }
    const writing = jobs.filter(({ permissions = {} }) => Object.values(permissions).includes("write"));
    assert.deepEqual(
      writing.map(({ file, name, permissions }) => [file, name, permissions]),
      [
        ["release.yml", "packages", { contents: "read", "id-token": "write" }],
        ["release.yml", "windows-zip", { contents: "write", "id-token": "write", attestations: "write" }],
        ["release.yml", "image", { contents: "read", packages: "write", "id-token": "write", attestations: "write" }],
      ],
    );
  });

  it("leave no credentials in the checkout, and know no secrets", () => {
    const checkouts = steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"));

    assert.equal(checkouts.length, jobs.length);
    for (const { with: inputs } of checkouts) assert.equal(inputs?.["persist-credentials"], false);
    assert.doesNotMatch(Object.values(texts).join("\n"), /\bsecrets\b/);
  });

  it("put nothing into a script that GitHub fills in: what it holds may be anybody's", () => {
    const scripts = steps.map(({ run }) => run).filter((run) => run !== undefined);

    assert.ok(scripts.length > 8);
    for (const script of scripts) assert.doesNotMatch(script, /\$\{\{/);
  });

  it("have nothing to do with events that give strangers' changes the repository's rights", () => {
    for (const { file, on } of workflows) {
      const isKnown = (event) => ["push", "pull_request", "schedule"].includes(event);
      assert.ok(Object.keys(on).every(isKnown), file);
    }
  });

  it("end by themselves, and give way to the next run", () => {
    for (const { file, concurrency } of workflows) {
      assert.match(concurrency.group, /github\.ref/, file);
      assert.equal(concurrency["cancel-in-progress"] === false, file === "release.yml");
    }
    for (const { file, name, ...job } of jobs) assert.ok(job["timeout-minutes"] <= 90, `${file} ${name}`);
  });

  it("test on the versions of Node.js that the README names, the image's among them", () => {
    const { test, everything } = workflows.find(({ file }) => file === "ci.yml").jobs;
    const [, oldest, list] = /Node\.js \((\d+)\.[\d.]+ or later; (\d[^)]*) are tested\)/.exec(read("README.md"));
    const image = /^FROM node:((\d+)\.\S+?)-bookworm-slim/m.exec(read("Dockerfile"));

    assert.deepEqual(test.strategy.matrix.node, list.split(/, | and /).map(Number));
    assert.equal(test.strategy.matrix.node[0], Number(oldest));
    assert.match(read("package.json"), new RegExp(`"node": ">=${oldest}\\.`));
    assert.ok(test.strategy.matrix.node.includes(Number(image[2])));
    assert.equal(everything.container, `node:${image[1]}-bookworm`);
    const publishing = steps.map(({ with: inputs }) => inputs?.["node-version"]).filter(Number.isInteger);
    assert.deepEqual([...new Set(publishing)], [Number(image[2])]);
  });

  it("use scripts that there are", () => {
    const { scripts } = JSON.parse(read("package.json"));
    const names = steps.flatMap(({ run = "" }) =>
      [...run.matchAll(/npm run (?:--silent )?(\S+)/g)].map(([, name]) => name),
    );

    assert.deepEqual([...new Set(names)].sort(), ["audit", "build:gateway", "check", "sbom", "test:windows-zip"]);
    for (const name of names) assert.ok(name in scripts);
    assert.equal(steps.filter(({ run }) => run === ".ci/run").length, 1);
  });
});

describe("the release", () => {
  it("publishes every package, and each one after its dependencies", () => {
    const publishing = steps.map(({ run = "" }) => run).filter((run) => run.includes("npm publish"));
    const folders =
      /^for package in (.*); do npm publish "\.\/\$package" /.exec(publishing.join())?.[1].split(" ") ?? [];
    const names = folders.map((folder) => JSON.parse(read(`${folder}/package.json`)).name);
    const packages = readdirSync(new URL("../../packages/", import.meta.url)).map((name) => `packages/${name}`);

    assert.deepEqual([...folders].sort(), [".", ...packages].sort());
    for (const [index, folder] of folders.entries()) {
      const { dependencies, scripts } = JSON.parse(read(`${folder}/package.json`));
      for (const name of Object.keys(dependencies)) assert.ok(!names.slice(index).includes(name), `${folder}: ${name}`);
      assert.ok(scripts.prepack, folder);
    }
  });
});

describe("Dependabot", () => {
  const { updates } = parse(read(".github/dependabot.yml"));
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: new URL("../../", import.meta.url),
    encoding: "utf8",
  }).split("\n");

  it("updates every folder with packages, the actions, the image, and compose.yaml", () => {
    const folders = files
      .filter((file) => /(^|\/)package-lock\.json$/.test(file))
      .map((file) => `/${file.slice(0, -"/package-lock.json".length)}`);

    const [npm, ...others] = updates;
    assert.deepEqual([...npm.directories].sort(), folders.sort());
    assert.deepEqual(
      others.map((each) => [each["package-ecosystem"], each.directory]),
      ["github-actions", "docker", "docker-compose"].map((each) => [each, "/"]),
    );
    for (const { schedule, cooldown } of updates) {
      assert.equal(schedule.interval, "weekly");
      assert.equal(cooldown["default-days"], 7);
    }
  });
});
