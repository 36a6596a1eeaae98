/**
 * JSON to Graph and back, with the PFX files in it copied as bytes: V8 writes and reads text letter by letter, looking for
 * what would have to be escaped, and base64 has nothing of the kind. Graph answers a create with the file that it was sent;
 * where that is so, the text is not made a second time.
 */
import { isAscii } from "node:buffer";
import { randomBytes } from "node:crypto";
import { isRecord } from "../../../json.ts";

const quote = 0x22;

/** Stands for a file of the request while the rest of an answer is parsed: nobody can know it, and it is no base64. */
const mark = `#${randomBytes(9).toString("base64url")}#`;

/** A file, and where it stands among the bytes of its request. */
interface EncodedFile extends Base64Property {
  readonly from: number;
  readonly to: number;
}

export interface EncodedBody {
  readonly bytes: Buffer;
  readonly files: readonly EncodedFile[];
}

/** A large property in base64, which is copied as bytes. */
export interface Base64Property {
  readonly property: string;
  readonly text: string;
}

/** An entity as a request carries it. Its JSON has an empty text where the base64 belongs. */
export interface GraphEntity {
  readonly base64: Base64Property | undefined;
  /** What must not come back in an error. */
  readonly secrets: readonly string[];
}

/** What a request may carry: an entity, or a `$batch` of requests. */
export type GraphBody = GraphEntity | { readonly requests: readonly { readonly body?: GraphEntity }[] };

/** The JSON of a body, with the files in their places. */
export function encodeBody(body: GraphBody): EncodedBody {
  const json = JSON.stringify(body);
  const properties = base64Of(body);
  const jsonBytes = Buffer.byteLength(json);
  const encoding = jsonBytes === json.length ? "latin1" : "utf8"; // ASCII is only copied
  const bytes = Buffer.allocUnsafe(properties.reduce((size, { text }) => size + text.length, jsonBytes));
  const files: EncodedFile[] = [];
  let [at, done] = [0, 0];
  for (const { property, text } of properties) {
    // Within a text of the caller's the quotes are escaped: only what was left empty is found.
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

/**
 * `JSON.parse` of an answer.
 *
 * @param bytes in UTF-8. @param sent what it answers.
 * @throws {SyntaxError} where it is not JSON.
 */
export function parseAnswer(bytes: Buffer, sent: EncodedBody | undefined): unknown {
  return (sent && parseEcho(bytes, sent)) ?? JSON.parse(textOf(bytes, 0, bytes.length));
}

/** `undefined` where the answer does not repeat the files that were sent, each in its place. */
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

/** Almost always ASCII, which is only copied. */
function textOf(bytes: Buffer, from: number, to: number): string {
  return bytes.toString(isAscii(bytes.subarray(from, to)) ? "latin1" : "utf8", from, to);
}
