/**
 * Decodes the content coding of a response.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1
 */
import { brotliDecompress, gunzip, inflate } from "node:zlib";

type Decoder = (
  bytes: Buffer,
  options: { maxOutputLength: number },
  done: (error: NodeJS.ErrnoException | null, decoded: Buffer) => void,
) => void;

const decoders: ReadonlyMap<string, Decoder> = new Map<string, Decoder>([
  ["gzip", gunzip],
  ["x-gzip", gunzip],
  ["deflate", inflate],
  ["br", brotliDecompress],
]);

/**
 * @param coding value of `Content-Encoding`. @param maxOutputLength maximum number of decoded bytes.
 * @param done receives the decoded bytes, or nothing if the coding is unknown or the bytes are broken. The error's code is
 * `ERR_BUFFER_TOO_LARGE` if there would be more bytes than allowed.
 */
export function decodeContent(
  bytes: Buffer,
  { coding, maxOutputLength }: { coding: string; maxOutputLength: number },
  done: (error: NodeJS.ErrnoException | null, decoded: Buffer | undefined) => void,
): void {
  const name = coding.trim().toLowerCase();
  const decoder = decoders.get(name);
  if (name === "identity" || name === "") done(null, bytes);
  else if (decoder === undefined) done(null, undefined);
  else decoder(bytes, { maxOutputLength }, (error, decoded) => done(error, error === null ? decoded : undefined));
}
