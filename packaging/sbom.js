/**
 * `npm run sbom`: writes `dist/sbom.cdx.json`, the software bill of materials of an installed gateway, in CycloneDX. npm describes every
 * package of the repository; those that are shipped stay. Fails if a licence is not permissive.
 *
 * @see https://docs.npmjs.com/cli/commands/npm-sbom
 * @see https://cyclonedx.org/docs/1.5/json/
 */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { bundledPackages, installedPackages } from "./shipped-packages.js";

const permissive = ["0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BlueOak-1.0.0", "ISC", "MIT"];

const everything = JSON.parse(
  execFileSync("npm", ["sbom", "--workspaces=false", "--sbom-format=cyclonedx"], {
    encoding: "utf8",
    maxBuffer: 64 * 2 ** 20,
  }),
);
const shipped = new Set([...bundledPackages(), ...installedPackages()]);
const components = everything.components.filter((component) => shipped.has(component["bom-ref"]));

const described = new Set(components.map((component) => component["bom-ref"]));
const unknown = [...shipped].filter((name) => !described.has(name));
if (unknown.length > 0) throw new Error(`npm describes no ${unknown.join(", ")}. Install again: npm ci`);

const refused = components.filter(({ licenses = [] }) => !licenses.length || !licenses.every(isPermissive));
if (refused.length > 0) {
  const names = refused.map((component) => component["bom-ref"]).join(", ");
  throw new Error(`These licences are not permissive, or missing: ${names}. Permissive are ${permissive.join(", ")}.`);
}

// A bundled package is no development dependency of what is installed.
for (const component of components) {
  component.properties = component.properties.filter(({ name }) => name !== "cdx:npm:package:development");
}
const self = everything.metadata.component["bom-ref"];
const dependencies = everything.dependencies
  .filter(({ ref }) => ref === self || shipped.has(ref))
  .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((name) => shipped.has(name)) }));

writeFileSync(
  new URL("../dist/sbom.cdx.json", import.meta.url),
  `${JSON.stringify({ ...everything, components, dependencies }, null, 2)}\n`,
);
console.error(`dist/sbom.cdx.json lists ${components.length} packages.`);

/** One of a choice is enough, but all of a combination. */
function isPermissive({ license, expression = license?.id ?? license?.name ?? "" }) {
  const choices = expression.replace(/^\((.*)\)$/, "$1").split(" OR ");
  return choices.some((choice) => choice.split(" AND ").every((each) => permissive.includes(each)));
}
