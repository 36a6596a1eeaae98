/** Checks the head of a request: its size, and the headers that must be there once. */
import type { IncomingMessage } from "node:http";
import { HttpError } from "./http-error.ts";

/** Names and values of all headers, and the request target. */
const maxHeadBytes = 16_384;
/** Node leaves out headers beyond 2,000 without a word. */
const maxHeaders = 1000;

/**
 * The parser's limit is higher than the gateway's own. The parser makes no request of a larger head, so its 431 has no CORS
 * headers, and a page could not read it.
 */
export const maxParsedHeadBytes = 81_920;

/** Headers of which the gateway and a proxy in front could each read another one. */
const single: readonly string[] = ["host", "authorization", "content-type"];

/**
 * @throws {HttpError} 431 for a head that is too large, 400 for a missing or repeated header.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2
 */
export function checkHead({ rawHeaders, url = "", httpVersion, headers }: IncomingMessage): void {
  let bytes = url.length;
  for (const text of rawHeaders) bytes += text.length;
  if (bytes > maxHeadBytes) throw headTooLarge(maxHeadBytes);
  if (rawHeaders.length > 2 * maxHeaders) throw new HttpError(431, `The request has more than ${maxHeaders} headers.`);
  if (httpVersion === "1.1" && headers.host === undefined) throw new HttpError(400, "Send a Host header.");
  const found: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? "";
    if (name.length !== 4 && name.length !== 12 && name.length !== 13) continue; // the lengths of the names in `single`
    const known = single.find((each) => each === name || each === name.toLowerCase());
    if (known === undefined) continue;
    if (found.includes(known)) throw new HttpError(400, `Send the header ${known} only once.`);
    found.push(known);
  }
}

/** @param maxBytes limit of all headers together. */
export function headTooLarge(maxBytes = maxHeadBytes): HttpError {
  return new HttpError(431, `All headers and the request target together are larger than ${maxBytes} bytes.`);
}
