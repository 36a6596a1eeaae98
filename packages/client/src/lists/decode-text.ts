/** Text of files that people write with Windows, Excel or an editor. */

/**
 * Decodes UTF-8, with or without BOM, and UTF-16LE with BOM; the BOM is cut.
 *
 * @returns `undefined` for anything else: another code page, UTF-16 without BOM, or no text
 */
export function decodeText(bytes: Uint8Array): string | undefined {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : "utf-8";
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return text.includes("\0") ? undefined : text;
  } catch {
    return undefined;
  }
}
