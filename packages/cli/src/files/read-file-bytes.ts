/** Reading files whose size nobody has checked. */
import { open } from "node:fs/promises";
import { FileError, isMissing, whyUnreadable } from "./file-error.ts";

const maxPfxBytes = 8 * 1024 * 1024;

/**
 * The bytes of a .pfx file.
 *
 * @param path - absolute
 * @throws {FileError} `FILE_NOT_FOUND`, `FILE_UNREADABLE`, `TOO_LARGE` (over 8 MiB: the file is not read)
 */
export async function readFileBytes(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array | undefined;
  try {
    bytes = await readUpTo(path, maxPfxBytes);
  } catch (error) {
    const code = isMissing(error) ? "FILE_NOT_FOUND" : "FILE_UNREADABLE";
    throw new FileError(code, `this file can't be read: ${whyUnreadable(error)}`);
  }
  if (bytes === undefined) throw new FileError("TOO_LARGE", "the file is larger than 8 MiB; the gateway takes 1 MiB");
  return bytes;
}

/**
 * Reads a whole file, also a pipe, whose size is known at its end only.
 *
 * @returns `undefined` where there is more than `maxBytes`
 * @throws the system's error
 */
export async function readUpTo(path: string, maxBytes: number): Promise<Buffer | undefined> {
  const handle = await open(path, "r");
  try {
    const { size } = await handle.stat();
    if (size > maxBytes) return undefined;
    // One byte more than expected, so that the end is seen without growing.
    let buffer = Buffer.alloc(Math.max(size, 1023) + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
      if (bytesRead === 0) return buffer.subarray(0, length);
      length += bytesRead;
      if (length > maxBytes) return undefined;
      if (length === buffer.length) buffer = Buffer.concat([buffer, Buffer.alloc(length)]);
    }
  } finally {
    await handle.close();
  }
}
