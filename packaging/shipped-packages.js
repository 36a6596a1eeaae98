/**
 * Names the packages of others that an installation of the gateway contains: what the bundler has put into `dist/`, and what npm
 * installs beside it. Needs a build.
 */
import { readFileSync } from "node:fs";

const root = new URL("../", import.meta.url);
/** The bundler writes one per program: the gateway's and GraphiQL's. */
const licenseFiles = ["dist/licenses.md", "dist/graphiql/licenses.md"];

/**
 * Reads the packages that are part of the bundles.
 *
 * @returns {string[]} `name@version`, sorted.
 * @throws {Error} if a file of licences is missing, or names no package.
 */
export function bundledPackages() {
  const names = new Set();
  for (const path of licenseFiles) {
    const headings = [...read(path).matchAll(/^## (\S+) - (\S+)/gm)];
    if (headings.length === 0) throw new Error(`${path} names no package. Build again: npm run build:gateway`);
    for (const [, name, version] of headings) names.add(`${name}@${version}`);
  }
  return [...names].sort();
}

/**
 * Reads the packages that npm installs with the gateway: its dependencies and theirs.
 *
 * @returns {string[]} `name@version`, sorted.
 */
export function installedPackages() {
  const { packages } = JSON.parse(read("package-lock.json"));
  const found = new Set();
  const visit = (name, from) => {
    const path = resolvePath(packages, name, from);
    if (found.has(path)) return;
    found.add(path);
    for (const dependency of Object.keys(packages[path].dependencies ?? {})) visit(dependency, path);
  };
  for (const name of Object.keys(packages[""].dependencies)) visit(name, "");
  return [...found].map((path) => `${path.replace(/^.*node_modules\//, "")}@${packages[path].version}`).sort();
}

/** Where Node.js finds `name` for the package at `from`: the nearest `node_modules`. */
function resolvePath(packages, name, from) {
  for (let folder = from; ; folder = folder.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, "")) {
    const path = `${folder === "" ? "" : `${folder}/`}node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (folder === "") throw new Error(`package-lock.json has no ${name} for ${from}`);
  }
}

/** @param {string} path relative to the repository's root. */
function read(path) {
  try {
    return readFileSync(new URL(path, root), "utf8");
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
    throw new Error(`${path} is missing. Build first: npm run build:gateway`);
  }
}
