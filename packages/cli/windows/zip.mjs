/** A zip file whose bytes depend on nothing but names, contents and the zlib of Node.js: sorted, and all of one time. */
import { crc32, deflateRawSync } from "node:zlib";

const version = 20; // deflate
const date = (0 << 9) | (1 << 5) | 1; // 1 January 1980, where the time of zip files begins

/** @param {Record<string, Buffer | string>} files by ASCII name, with `/` between folders */
export function zip(files) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const name of Object.keys(files).sort()) {
    const content = Buffer.from(files[name]);
    const packed = deflateRawSync(content, { level: 9 });
    const nameBytes = Buffer.from(name, "ascii");
    const about = aboutFile(content, packed, nameBytes);
    const local = Buffer.concat([uint32(0x04034b50), about, nameBytes, packed]);
    const comment = uint16(0);
    const disk = uint16(0);
    const attributes = Buffer.concat([uint16(0), uint32(0)]);
    directory.push(uint32(0x02014b50), uint16(version), about, comment, disk, attributes, uint32(offset), nameBytes);
    parts.push(local);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const count = uint16(parts.length);
  const end = [uint32(0x06054b50), uint32(0), count, count, uint32(entries.length), uint32(offset), uint16(0)];
  return Buffer.concat([...parts, entries, ...end]);
}

/** What the header before the content and the directory at the end both say. */
function aboutFile(content, packed, nameBytes) {
  return Buffer.concat([
    uint16(version),
    uint16(0), // flags
    uint16(8), // deflate
    uint16(0), // time
    uint16(date),
    uint32(crc32(content)),
    uint32(packed.length),
    uint32(content.length),
    uint16(nameBytes.length),
    uint16(0), // extra fields
  ]);
}

function uint16(value) {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function uint32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
