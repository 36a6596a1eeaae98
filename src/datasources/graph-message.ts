/**
 * What an error body of Graph says, fit for API users. Intune nests its own JSON in `message`, as a string, up to three
 * levels deep, and its text names internal hosts; any answer may quote what was sent. Here it is unwrapped and cut.
 */
import { isRecord, stringOrNull } from "./json.ts";

export interface GraphErrorText {
  code: string | null;
  message: string | null;
  activityId: string | null;
}

const maxMessageCharacters = 500;
/** Shortest piece of a secret that is cut from a message. */
const pieceCharacters = 8;
/** Of a text's table: the more, the rarer a secret is looked at closely in vain. */
const gramCharacters = 4;
const hashes = 65_536;

const oneEscape = String.raw`(?:\\{1,16}(?:u[0-9a-f]{4}|u\{[0-9a-f]{1,6}\}|x[0-9a-f]{2}|[0-7]{3})|&(?:#x?[0-9a-f]{1,7}|[a-z]{2,8});|%[0-9a-f]{2})`;
/** Three and more, close together, are not meant to be read. All is bounded, the gaps lazy: the time grows as the text does. */
const escapes = new RegExp(`${oneEscape}(?:(?:\\S{0,7}?|[\\s,;:|]{1,3})${oneEscape}){2,}[^\\s"']{0,7}`, "gi");

/**
 * @param own values that must not show in the result, whole or in pieces.
 * @param shared the same, in lists that are asked about again: what is worked out for a list is kept as long as it is.
 */
export function readGraphError(
  body: unknown,
  own: readonly string[],
  shared: readonly (readonly string[])[] = [],
): GraphErrorText {
  const { code: givenCode, message } = unwrap(body);
  const activityId = /Activity ID: ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/i.exec(message ?? "")?.[1] ?? null;
  const code = givenCode !== null && /^[A-Za-z0-9_.-]{1,80}$/.test(givenCode) ? givenCode : null;
  const said = [code ?? "", message === null ? "" : legible(message)];
  const [cutCode = "", cutMessage = ""] = cutSecrets(said, own, shared);
  return {
    code: code === null ? null : cutCode,
    message: presentable(cutMessage),
    activityId,
  };
}

/** Every `RetryAfter` of the nested JSON, as it is. */
export function retryHintsOf(body: unknown): unknown[] {
  return unwrap(body).retryHints;
}

function unwrap(body: unknown): { code: string | null; message: string | null; retryHints: unknown[] } {
  const error = isRecord(body) && isRecord(body.error) ? body.error : {};
  let code = stringOrNull(error.code);
  let message = stringOrNull(error.message);
  const retryHints: unknown[] = [];
  for (let level = 0; level < 3 && message !== null; level++) {
    const nested = parseObject(message);
    if (nested === undefined) break;
    const nestedCode = stringOrNull(nested.ErrorCode);
    if (nestedCode) code = nestedCode;
    retryHints.push(nested.RetryAfter);
    message = stringOrNull(nested.Message) ?? stringOrNull(nested.message);
  }
  return { code, message, retryHints };
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
    .replace(/\p{Cc}+/gu, " ")
    .replace(escapes, "(cut)");
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
 * or lower case, and with blanks and signs in between.
 *
 * An error may have to be searched for the secrets of a whole batch, so the cost per letter of theirs is what counts: of
 * each of their writings only every fifth place is looked at, in a table of what stands in the texts.
 */
export function cutSecrets(
  texts: readonly string[],
  own: readonly string[],
  shared: readonly (readonly string[])[] = [],
): string[] {
  const lower = texts.map(lowerOf).join("\n");
  const marked = new Uint8Array(lower.length);
  const places = new Int32Array(lower.length).map((_, at) => at);
  const asItIs = new Search(lower, places, marked);
  // The texts stay apart: a line break is not among what is left out.
  const condensed = new Search(
    condense(lower),
    places.filter((at) => condense(lower.charAt(at)) !== ""),
    marked,
  );
  const isEscaped = /[\\&%+]/.test(lower);
  const mark = (writings: Writings) => {
    asItIs.mark(writings.width, writings.signed);
    if (isEscaped) asItIs.mark(writings.width, writings.escaped);
    // Pieces shorter than that may be found in any words that follow each other.
    (writings.width < pieceCharacters ? asItIs : condensed).mark(writings.width, writings.condensed);
  };
  for (const secret of own) mark(new Writings(secret));
  for (const secrets of shared) keptWritingsOf(secrets).forEach(mark);
  let start = 0;
  return texts.map((text) => {
    const cut = cutMarked(text, marked.subarray(start));
    start += text.length + 1;
    return cut;
  });
}

function cutMarked(text: string, marked: Uint8Array): string {
  let result = "";
  let kept = 0;
  for (let at = 0; at < text.length; at++) {
    if (marked[at] === 0) continue;
    result += `${text.slice(kept, at)}(cut)`;
    while (at < text.length && marked[at] === 1) at++;
    kept = at;
  }
  return result + text.slice(kept);
}

/** A text that is searched for many secrets. */
class Search {
  readonly #text: string;
  readonly #places: Int32Array;
  readonly #marked: Uint8Array;
  /** By length of the grams: one bit for the hash of each that the text has. */
  readonly #grams = new Map<number, Uint32Array>();
  /** By length of the pieces: where in the text each stands. */
  readonly #positions = new Map<number, Map<string, number[]>>();

  /** @param places where each of its letters is marked as found. */
  constructor(text: string, places: Int32Array, marked: Uint8Array) {
    this.#text = text;
    this.#places = places;
    this.#marked = marked;
  }

  /** Marks every piece of the forms, of `width` letters. */
  mark(width: number, forms: readonly string[]): void {
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

  /** Marks the pieces of the form that hold its gram at this place. */
  #markAround(form: string, gramAt: number, width: number, step: number): void {
    const positions = this.#positionsOf(width);
    const last = Math.min(gramAt, form.length - width);
    for (let at = Math.max(0, gramAt - step + 1); at <= last; at++) {
      const piece = form.slice(at, at + width);
      const found = positions.get(piece);
      if (found === undefined) continue;
      for (const position of found) {
        this.#marked.fill(1, this.#places[position], (this.#places[position + width - 1] ?? 0) + 1);
      }
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
  const writings = secrets.map((secret) => new Writings(secret));
  kept.set(secrets, writings);
  return writings;
}

/** How a secret may be written, in lower case. */
class Writings {
  /** Shortest piece of them that is cut. */
  readonly width: number;
  /** With signs that tell where the pieces are. */
  readonly signed: readonly string[];
  /** Without: they are looked for in a text without, too. */
  readonly condensed: readonly string[];
  readonly #secret: string;
  #escaped: readonly string[] | undefined;

  constructor(secret: string) {
    this.#secret = secret;
    this.width = Math.min(pieceCharacters, secret.length);
    const lower = lowerOf(secret);
    const isBase64 = /^[a-z0-9+/=]*$/.test(lower);
    const signed = isBase64 ? [] : [lower];
    const condensed = condense(lower);
    // What is left of a short one may be any word.
    const written = isBase64 || condensed.length >= pieceCharacters ? [condensed] : [];
    if (secret.length > 65_536) {
      this.signed = signed;
      this.condensed = written;
      return;
    }
    const bytes = Buffer.from(secret, "utf8");
    // Base64 of a text depends on where in a group of three bytes it begins.
    const shifted = [0, 1, 2].map((shift) => Buffer.concat([Buffer.alloc(shift), bytes]));
    // Blob and password are base64 themselves: what they decode to may be shown in hexadecimal, too.
    const hex = [bytes, Buffer.from(secret, "base64")].map((each) => each.toString("hex"));
    this.signed = [
      ...signed,
      ...shifted.map((each) => lowerOf(each.toString("base64url"))),
      lowerOf(encodeURIComponent(secret.replace(/\p{Cs}/gu, ""))),
      ...(isBase64 ? [] : [JSON.stringify(secret).slice(1, -1), htmlOf(secret)].map(lowerOf)),
    ];
    this.condensed = [...written, ...shifted.map((each) => lowerOf(each.toString("base64"))), ...hex];
  }

  /** Those that only a text with escapes can have. */
  get escaped(): readonly string[] {
    this.#escaped ??= this.#secret.length > 65_536 ? [] : escapedFormsOf(this.#secret).map(lowerOf);
    return this.#escaped;
  }
}

/** Without ASCII's blanks and signs, those of base64 excepted. */
function condense(lower: string): string {
  return signs.test(lower) ? lower.replace(new RegExp(signs, "g"), "") : lower;
}

const signs = /[ -*,-.:-<>-`{-\x7f]+/;

function htmlOf(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** As forms of the web are written, and as .NET writes JSON, once and within JSON, and HTML. */
function escapedFormsOf(secret: string): string[] {
  const json = secret.replaceAll("\\", "\\\\").replace(unsafeForNet, (sign) => `\\u${hexOf(sign).padStart(4, "0")}`);
  return [
    new URLSearchParams([["", secret]]).toString().slice(1),
    json,
    json.replaceAll("\\", "\\\\"),
    secret.replace(unsafeForNet, (sign) => namedEntities[sign] ?? `&#x${hexOf(sign)};`),
  ].filter((form) => form !== secret);
}

const unsafeForNet = /[^ -~]|["&'+<>`]/g;
const namedEntities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function hexOf(sign: string): string {
  return sign.charCodeAt(0).toString(16);
}
