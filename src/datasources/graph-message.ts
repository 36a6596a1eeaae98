/**
 * What an error body of Graph says, fit for API users. Intune nests its own JSON in `message`, as a string, up to three
 * levels deep, and its text names internal hosts; any answer may quote what was sent. Here it is unwrapped and cut.
 */
import { isRecord, stringOrNull } from "./json.ts";

export interface GraphErrorText {
  code: string | null;
  message: string | null;
  activityId: string | null;
  /** From `RetryAfter` in the nested JSON. */
  retryAfterSeconds: number | undefined;
}

const maxMessageCharacters = 500;
/** Shortest piece of a secret that is cut from a message. */
const pieceCharacters = 8;
/** Of a text's table: the more, the rarer a secret is looked at closely in vain. */
const gramCharacters = 4;
const hashes = 65_536;

/**
 * @param own values that must not show in the result, whole or in pieces.
 * @param shared the same, in lists that are asked about again: what is worked out for a list is kept as long as it is.
 */
export function readGraphError(
  body: unknown,
  own: readonly string[],
  shared: readonly (readonly string[])[] = [],
): GraphErrorText {
  const error = isRecord(body) && isRecord(body.error) ? body.error : {};
  let code = stringOrNull(error.code);
  let message = stringOrNull(error.message);
  let retryAfterSeconds: number | undefined;
  for (let level = 0; level < 3 && message !== null; level++) {
    const nested = parseObject(message);
    if (nested === undefined) break;
    const nestedCode = stringOrNull(nested.ErrorCode);
    if (nestedCode) code = nestedCode;
    const { RetryAfter: asked } = nested;
    // Not String(asked) of anything: a list nested deeply enough exhausts the stack.
    const isNumber = typeof asked === "number" || typeof asked === "string";
    if (isNumber && /^\d{1,15}(\.\d+)?$/.test(String(asked))) retryAfterSeconds = Number(asked);
    message = stringOrNull(nested.Message) ?? stringOrNull(nested.message);
  }
  const activityId = /Activity ID: ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/i.exec(message ?? "")?.[1] ?? null;
  if (code !== null && !/^[A-Za-z0-9_.-]{1,80}$/.test(code)) code = null;
  const said = [code ?? "", message === null ? "" : legible(message)];
  const [cutCode = "", cutMessage = ""] = cutSecrets(said, own, shared);
  return {
    code: code === null ? null : cutCode,
    message: presentable(cutMessage),
    activityId,
    retryAfterSeconds,
  };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return isRecord(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Without addresses, without what only Graph's support can use, on one line. */
function legible(message: string): string {
  return message
    .slice(0, 8 * maxMessageCharacters) // before the patterns below: on long text they would take seconds
    .replace(/\s+-\s+Operation ID[\s\S]*$/, "")
    .replace(/[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]*/gi, "(address cut)")
    .replace(/\b(?:[a-z0-9-]+\.)+manage\.microsoft\.com\S*/gi, "(address cut)")
    .replace(/\p{Cc}+/gu, " ");
}

function presentable(text: string): string | null {
  // A long run of base64 or hexadecimal digits is data, however it was encoded on the way; so is a long list of bytes.
  const cut = text
    .replace(/[A-Za-z0-9+/_=%-]{48,}/g, "(cut)")
    .replace(/(?:\b(?:0x)?[0-9a-f]{1,3}\b[\s,;:.\\-]*){12,}/gi, "(cut)");
  return cut.trim() === "" ? null : cut.slice(0, maxMessageCharacters);
}

/**
 * Replaces every piece of a secret in the texts: as it is, and as base64, hex, URL, JSON and HTML would write it, in upper
 * or lower case.
 *
 * An error may have to be searched for the secrets of a whole batch, so the cost per letter of theirs is what counts: of
 * each of their writings only every fifth place is looked at, in a table of what stands in the texts.
 */
export function cutSecrets(
  texts: readonly string[],
  own: readonly string[],
  shared: readonly (readonly string[])[] = [],
): string[] {
  const search = new Search(texts.map(lowerOf).join("\n"));
  for (const secret of own) search.mark(writingsOf(secret));
  for (const secrets of shared) for (const writings of keptWritingsOf(secrets)) search.mark(writings);
  let start = 0;
  return texts.map((text) => {
    const cut = search.cut(text, start);
    start += text.length + 1;
    return cut;
  });
}

/** How a secret may be written, in lower case. */
interface Writings {
  /** Shortest piece of them that is cut. */
  readonly width: number;
  readonly forms: readonly string[];
}

/** A text that is searched for many secrets; remembers which of its letters belong to one. */
class Search {
  readonly #text: string;
  readonly #marked: Uint8Array;
  /** By length of the grams: one bit for the hash of each that the text has. */
  readonly #grams = new Map<number, Uint32Array>();
  /** By length of the pieces: where in the text each stands. */
  readonly #positions = new Map<number, Map<string, number[]>>();

  constructor(text: string) {
    this.#text = text;
    this.#marked = new Uint8Array(text.length);
  }

  mark({ width, forms }: Writings): void {
    if (width === 0 || width > this.#text.length) return;
    const gram = Math.min(gramCharacters, width);
    const step = width - gram + 1; // every piece has a gram that begins at a multiple of this
    const grams = this.#gramsOf(gram);
    for (const form of forms) {
      for (let at = 0; at + gram <= form.length; at += step) {
        const hash = hashOf(form, at, gram);
        if (((grams[hash >>> 5] ?? 0) & (1 << (hash & 31))) !== 0) this.#markAround(form, at, width, step);
      }
    }
  }

  /** @param start where in the searched text this one begins. */
  cut(text: string, start: number): string {
    let result = "";
    let kept = 0;
    for (let at = 0; at < text.length; at++) {
      if (this.#marked[start + at] === 0) continue;
      result += `${text.slice(kept, at)}(cut)`;
      while (at < text.length && this.#marked[start + at] === 1) at++;
      kept = at;
    }
    return result + text.slice(kept);
  }

  /** Marks the pieces of the form that hold its gram at this place. */
  #markAround(form: string, gramAt: number, width: number, step: number): void {
    const positions = this.#positionsOf(width);
    const last = Math.min(gramAt, form.length - width);
    for (let at = Math.max(0, gramAt - step + 1); at <= last; at++) {
      const piece = form.slice(at, at + width);
      const found = positions.get(piece);
      if (found === undefined) continue;
      for (const position of found) this.#marked.fill(1, position, position + width);
      positions.delete(piece); // marked once, done with: text and secret may both be one letter repeated
    }
  }

  #gramsOf(length: number): Uint32Array {
    const known = this.#grams.get(length);
    if (known !== undefined) return known;
    const grams = new Uint32Array(hashes / 32);
    for (let at = 0; at + length <= this.#text.length; at++) {
      const hash = hashOf(this.#text, at, length);
      grams[hash >>> 5] = (grams[hash >>> 5] ?? 0) | (1 << (hash & 31));
    }
    this.#grams.set(length, grams);
    return grams;
  }

  #positionsOf(width: number): Map<string, number[]> {
    const known = this.#positions.get(width);
    if (known !== undefined) return known;
    const positions = new Map<string, number[]>();
    for (let at = 0; at + width <= this.#text.length; at++) {
      const piece = this.#text.slice(at, at + width);
      const places = positions.get(piece);
      if (places === undefined) positions.set(piece, [at]);
      else places.push(at);
    }
    this.#positions.set(width, positions);
    return positions;
  }
}

/** Of a few letters, below `hashes`. */
function hashOf(text: string, at: number, length: number): number {
  let hash = 0;
  for (let end = at + length; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x9e3779b1);
  return hash >>> 16;
}

/** In lower case, letter for letter: the two letters that would become longer, or depend on their neighbours, are taken for another. */
function lowerOf(text: string): string {
  return text.replaceAll("\u0130", "i").toLowerCase().replaceAll("\u03c2", "\u03c3");
}

const kept = new WeakMap<readonly string[], readonly Writings[]>();

function keptWritingsOf(secrets: readonly string[]): readonly Writings[] {
  const known = kept.get(secrets);
  if (known !== undefined) return known;
  const writings = secrets.map(writingsOf);
  kept.set(secrets, writings);
  return writings;
}

function writingsOf(secret: string): Writings {
  return { width: Math.min(pieceCharacters, secret.length), forms: formsOf(secret).map(lowerOf) };
}

function formsOf(secret: string): string[] {
  if (secret.length > 65_536) return [secret];
  const bytes = Buffer.from(secret, "utf8");
  // Base64 of a text depends on where in a group of three bytes it begins.
  const shifted = [0, 1, 2].map((shift) => Buffer.concat([Buffer.alloc(shift), bytes]));
  // Blob and password are base64 themselves: what they decode to may be shown in hexadecimal, too.
  const hex = [bytes, Buffer.from(secret, "base64")].map((each) => each.toString("hex"));
  const escaped = [
    encodeURIComponent(secret.replace(/\p{Cs}/gu, "")),
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;"),
  ];
  return [
    secret,
    ...shifted.flatMap((each) => [each.toString("base64"), each.toString("base64url")]),
    ...hex,
    ...escaped.filter((form) => form !== secret),
  ];
}
