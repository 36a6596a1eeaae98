/** Reads the zip by its central directory, as Windows does, and checks what that says of each file. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { crc32, inflateRawSync } from "node:zlib";

const packageFolder = fileURLToPath(new URL("../../../packages/cli/", import.meta.url));
export const { version } = JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8"));
export const zipFile = join(packageFolder, "dist-windows", `intune-pfx-${version}-windows-x64.zip`);

/** The files' contents by their names. */
export function readZip(zip: Buffer): Map<string, Buffer> {
  const end = zip.lastIndexOf("PK\x05\x06", undefined, "latin1");
  const files = new Map<string, Buffer>();
  let entry = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left -= 1) {
    const name = zip.toString("utf8", entry + 46, entry + 46 + zip.readUInt16LE(entry + 28));
    const local = zip.readUInt32LE(entry + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const content = inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(entry + 20)));
    // The header before the content says the same, and who reads a zip as a stream believes that one.
    const same = zip.subarray(entry + 6, entry + 32).equals(zip.subarray(local + 4, local + 30));
    const right = content.length === zip.readUInt32LE(entry + 24) && crc32(content) === zip.readUInt32LE(entry + 16);
    if (!same || !right) throw new Error(`${name} is not what the zip says of it.`);
    files.set(name, content);
    entry += 46 + zip.readUInt16LE(entry + 28) + zip.readUInt16LE(entry + 30) + zip.readUInt16LE(entry + 32);
  }
  return files;
}
