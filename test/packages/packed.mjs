/** Tarballs as npm makes them: what `prepack` builds, what is in them, and what the linters of packages say. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
/** Where everything happens; the caller removes it. */
export const work = mkdtempSync(join(tmpdir(), "package-"));

export function run(command, args, cwd = work) {
  try {
    return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    throw new Error(`${command} ${args.join(" ")}\n${error.stdout ?? ""}${error.stderr ?? ""}`);
  }
}

/** A program of the repository's development dependencies. */
export const tool = (name, args, cwd = work) => run(join(root, "node_modules", ".bin", name), args, cwd);

export function prove(what, holds = true) {
  if (!holds) throw new Error(`not true: ${what}`);
  console.log(`ok  ${what}`);
}

/**
 * Packs without an older build: whatever is in the tarball, `prepack` has built.
 *
 * @param {string} folder of the package, within the repository.
 * @param {{ needed: readonly string[], allowed: RegExp, maxBytes: number }} contents `allowed`: beside what npm always packs.
 */
export function pack(folder, { needed, allowed, maxBytes }) {
  const source = join(root, folder);
  // Of the gateway's, what takes longest is kept: its build empties the rest itself.
  if (folder !== ".") rmSync(join(source, "dist"), { recursive: true, force: true });
  const [packed] = JSON.parse(run("npm", ["pack", "--json", "--offline", "--pack-destination", work], source));
  const { name, version, size } = packed;
  const paths = packed.files.map(({ path }) => path);
  const always = ["LICENSE", "README.md", "package.json"];
  const missing = [...always, ...needed].filter((path) => !paths.includes(path));
  prove(`${name}: the tarball has all it needs ${missing.join(", ")}`.trim(), missing.length === 0);
  const strangers = paths
    .filter((path) => !always.includes(path))
    .filter((path) => !allowed.test(path) || /\.map$|(?<!\.d)\.ts$/.test(path));
  prove(
    `and nothing else: ${paths.length} files, ${size} bytes ${strangers.join(", ")}`.trim(),
    strangers.length === 0,
  );
  prove(`and is smaller than ${maxBytes} bytes`, size < maxBytes);

  const tarball = join(work, packed.filename);
  tool("publint", ["run", tarball, "--strict"]);
  prove("publint finds nothing");
  // An ES module for CommonJS as well: require() of one works on every Node.js that the packages support.
  const rules = [
    "--profile",
    "node16",
    "--ignore-rules",
    "cjs-resolves-to-esm",
    "--exclude-entrypoints",
    "schema.graphql",
  ];
  tool("attw", [tarball, "--no-definitely-typed", "--format", "ascii", ...rules]);
  prove("attw finds its types, if it has any, right for node16 (ESM, CommonJS) and bundlers");
  return { name, version, tarball };
}

/** Unpacks into `folder`/node_modules, without what it depends on. */
export function unpack({ name, tarball }, folder) {
  const place = join(folder, "node_modules", name);
  mkdirSync(place, { recursive: true });
  run("tar", ["xzf", tarball, "--strip-components=1", "-C", place]);
}
