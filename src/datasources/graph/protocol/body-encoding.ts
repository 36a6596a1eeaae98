/**
 * Encodes and decodes JSON for Graph and copies the PFX files in it as bytes. V8 would check the text letter by letter for
 * characters to escape, and base64 has none. Graph's response to a create repeats the file; then the request's text is reused
 * instead of decoding it again.
 */
import { isAscii } from "node:buffer";
import { randomBytes } from "node:crypto";
import { isRecord } from "../../../json.ts";

const quote = 0x22;

/**
 * Placeholder for a request's file while the rest of a response is parsed. It is random, so nobody can predict it, and it is
 * not base64.
 */
const mark = `#${randomBytes(9).toString("base64url")}#`;

/** A file and its position in the request's bytes. */
interface EncodedFile extends Base64Property {
  readonly from: number;
  readonly to: number;
}

export interface EncodedBody {
  readonly bytes: Buffer;
  readonly files: readonly EncodedFile[];
}

/** A large base64 property, which is copied as bytes. */
export interface Base64Property {
  readonly property: string;
  readonly text: string;
}

/** An entity in a request. Its JSON has an empty string in place of the base64. */
export interface GraphEntity {
  readonly base64: Base64Property | undefined;
  /** Values that must not appear in an error. */
  readonly secrets: readonly string[];
}

/** The body of a request: an entity, or a `$batch` of requests. */
export type GraphBody = GraphEntity | { readonly requests: readonly { readonly body?: GraphEntity }[] };

/** Encodes a body as JSON and inserts the files. */
export function encodeBody(body: GraphBody): EncodedBody {
  const json = JSON.stringify(body);
  const properties = base64Of(body);
  const jsonBytes = Buffer.byteLength(json);
  const encoding = jsonBytes === json.length ? "latin1" : "utf8"; // latin1 copies ASCII without encoding it
  const bytes = Buffer.allocUnsafe(properties.reduce((size, { text }) => size + text.length, jsonBytes));
  const files: EncodedFile[] = [];
  let [at, done] = [0, 0];
  for (const { property, text } of properties) {
    // Quotes inside a caller's string are escaped, so this finds only the empty string.
    const opening = openingOf(property);
    const place = json.indexOf(`${opening}"`, done) + opening.length;
    const from = at + bytes.write(json.slice(done, place), at, encoding);
    at = from + bytes.write(text, from, "latin1");
    files.push({ property, text, from, to: at });
    done = place;
  }
  bytes.write(json.slice(done), at, encoding);
  return { bytes, files };
}

function base64Of(body: GraphBody): Base64Property[] {
  if ("requests" in body) return body.requests.flatMap((request) => request.body?.base64 ?? []);
  return body.base64 === undefined ? [] : [body.base64];
}

function openingOf(property: string): string {
  return `"${property}":"`;
}

/** The byte order mark of UTF-8. */
const byteOrderMark = Buffer.from("\ufeff");

/**
 * Parses a response like `JSON.parse`.
 *
 * @param answer in UTF-8, with or without a byte order mark. @param sent the request's body.
 * @throws {SyntaxError} if the response is not JSON.
 */
export function parseAnswer(answer: Buffer, sent: EncodedBody | undefined): unknown {
  const hasMark = answer[0] === byteOrderMark[0] && answer.subarray(0, 3).equals(byteOrderMark);
  const bytes = hasMark ? answer.subarray(3) : answer;
  return (sent && parseEcho(bytes, sent)) ?? JSON.parse(textOf(bytes, 0, bytes.length));
}

/** Parses a response that repeats the request's files; `undefined` if it does not repeat each file in its place. */
function parseEcho(bytes: Buffer, { bytes: sent, files }: EncodedBody): unknown {
  let text = "";
  let end = 0;
  let repeated = 0;
  for (const { property, from, to } of files) {
    const opening = openingOf(property);
    const start = bytes.indexOf(opening, end, "latin1");
    if (start === -1) break;
    const [first, last] = [start + opening.length, start + opening.length + to - from];
    if (bytes[last] !== quote || bytes.compare(sent, from, to, first, last) !== 0) return undefined;
    text += `${textOf(bytes, end, first)}${mark}${repeated++}`;
    end = last;
  }
  if (repeated === 0) return undefined;
  const answer: unknown = JSON.parse(text + textOf(bytes, end, bytes.length));
  const entities = isRecord(answer) && Array.isArray(answer.responses) ? answer.responses.map(bodyOf) : [answer];
  for (const entity of entities) {
    if (!isRecord(entity)) continue;
    for (const property of new Set(files.map((file) => file.property))) {
      const value = entity[property];
      if (typeof value !== "string" || !value.startsWith(mark)) continue;
      entity[property] = files[Number(value.slice(mark.length))]?.text;
      repeated -= 1;
    }
  }
  return repeated === 0 ? answer : undefined;
}

function bodyOf(item: unknown): unknown {
  return isRecord(item) ? item.body : undefined;
}

/** Decodes text that is almost always ASCII, which is only copied. */
function textOf(bytes: Buffer, from: number, to: number): string {
  return bytes.toString(isAscii(bytes.subarray(from, to)) ? "latin1" : "utf8", from, to);
}
