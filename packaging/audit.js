/**
 * `npm run audit`: asks npm for known vulnerabilities, and fails if a package that is shipped has one. `npm audit --omit=dev` leaves out
 * what is bundled, since npm knows it as a development dependency.
 *
 * @see https://docs.npmjs.com/cli/commands/npm-audit
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { bundledPackages, installedPackages } from "./shipped-packages.js";

// npm ends with 1 if it finds something, anywhere.
const { stdout } = spawnSync("npm", ["audit", "--json"], { encoding: "utf8", maxBuffer: 64 * 2 ** 20 });
const { vulnerabilities, message, error } = JSON.parse(stdout);
if (vulnerabilities === undefined) throw new Error(`npm audit has no answer: ${message ?? error?.summary}`);

const { packages } = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));
const shipped = new Set([...bundledPackages(), ...installedPackages()]);
const found = Object.values(vulnerabilities).flatMap(({ name, via, nodes }) => {
  const affected = nodes.map((path) => `${name}@${packages[path]?.version}`).filter((each) => shipped.has(each));
  // A text instead of an advisory names a dependency, which has an entry of its own.
  const advisories = via.filter((each) => typeof each === "object");
  return affected.flatMap((each) =>
    advisories.map(({ severity, title, url }) => `${each}: ${severity}, ${title} ${url}`),
  );
});

for (const line of new Set(found)) console.log(line);
console.log(`${shipped.size} shipped packages, ${new Set(found).size} known vulnerabilities`);
if (found.length > 0) process.exitCode = 1;
