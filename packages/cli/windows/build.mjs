/** `npm run build:windows-zip`: the command line with Node.js, for people with 64-bit Windows and without Node.js. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.mjs";
import { nodeExe, nodeLicense, nodeVersion } from "./node-runtime.mjs";
import { zip } from "./zip.mjs";

const packageFolder = join(import.meta.dirname, "..");
const outFolder = join(packageFolder, "dist-windows");
const { version } = JSON.parse(read("package.json"));
const { code, licenses } = await bundle({ packageFolder, version });
const readme = read("windows/README.txt").replaceAll("@VERSION@", version).replaceAll("@NODE@", nodeVersion);

const bytes = zip({
  "intune-pfx/LICENSE.txt": forWindows(read("LICENSE")),
  "intune-pfx/README.txt": forWindows(readme),
  "intune-pfx/intune-pfx.cmd": forWindows(read("windows/intune-pfx.cmd")),
  "intune-pfx/intune-pfx.mjs": code,
  "intune-pfx/licenses.md": licenses,
  "intune-pfx/node-LICENSE.txt": forWindows(nodeLicense().toString("utf8")),
  "intune-pfx/node.exe": nodeExe(),
});
const name = `intune-pfx-${version}-windows-x64.zip`;
const sha256 = createHash("sha256").update(bytes).digest("hex");
rmSync(outFolder, { recursive: true, force: true });
mkdirSync(outFolder);
writeFileSync(join(outFolder, name), bytes);
writeFileSync(join(outFolder, `${name}.sha256`), `${sha256}  ${name}\n`);
console.log(`packages/cli/dist-windows/${name}: ${bytes.length} bytes, SHA-256 ${sha256}`);

function read(path) {
  return readFileSync(join(packageFolder, path), "utf8");
}

function forWindows(text) {
  return text.replace(/\r?\n/g, "\r\n");
}
