/** Removes secrets from texts that may quote them, in any encoding. */

/** The shortest piece of a secret that is cut from a message. */
const pieceCharacters = 8;
/** For a secret longer than 65,536 characters: characters searched at each end, a multiple of a base64 group. */
const endCharacters = 8192;
/** Characters per entry of a text's table. More characters mean fewer false matches. */
const gramCharacters = 4;
const hashes = 65_536;

/**
 * Replaces every piece of a secret in the texts: as it is and as base64, hex, URL, JSON and HTML would write it, in upper or
 * lower case, and with spaces and punctuation in between.
 *
 * An error may have to be searched for the secrets of a whole batch, so the cost per character of the secrets matters. For
 * each encoding only every fifth position is looked up, in a table of the texts.
 */
export function redactSecrets(
  texts: readonly string[],
  own: readonly string[],
  shared: readonly (readonly string[])[] = [],
): string[] {
  const lower = texts.map(lowerOf).join("\n");
  const marked = new Uint8Array(lower.length);
  const places = new Int32Array(lower.length).map((_, at) => at);
  const asItIs = new Search(lower, places, marked);
  // The texts stay separate: condensing keeps the line break between them.
  const condensed = new Search(
    condense(lower),
    places.filter((at) => condense(lower.charAt(at)) !== ""),
    marked,
  );
  const isEscaped = /[\\&%+]/.test(lower);
  const mark = (encodings: SecretEncodings) => {
    asItIs.mark(encodings.width, encodings.signed);
    if (isEscaped) asItIs.mark(encodings.width, encodings.escaped);
    // Shorter pieces would match across ordinary words.
    (encodings.width < pieceCharacters ? asItIs : condensed).mark(encodings.width, encodings.condensed);
  };
  for (const secret of own) mark(new SecretEncodings(secret));
  for (const secrets of shared) keptEncodingsOf(secrets).forEach(mark);
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
  /** By gram length: one bit for the hash of each gram in the text. */
  readonly #grams = new Map<number, Uint32Array>();
  /** By piece length: the positions of each piece in the text. */
  readonly #positions = new Map<number, Map<string, number[]>>();

  /** @param places where each of its characters is marked as found. */
  constructor(text: string, places: Int32Array, marked: Uint8Array) {
    this.#text = text;
    this.#places = places;
    this.#marked = marked;
  }

  /** Marks every piece of the encodings that has `width` characters. */
  mark(width: number, forms: readonly string[]): void {
    if (width === 0 || width > this.#text.length) return;
    const gram = Math.min(gramCharacters, width);
    const step = width - gram + 1; // every piece contains a gram at a multiple of this
    const grams = this.#gramsOf(gram);
    for (const form of forms) {
      for (let at = 0; at + gram <= form.length; at += step) {
        const hash = hashOf(form, at, gram);
        if (((grams[hash >>> 5] ?? 0) & (1 << (hash & 31))) !== 0) this.#markAround(form, at, width, step);
      }
    }
  }

  /** Marks the pieces of the encoding that contain the gram at this position. */
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
      positions.delete(piece); // mark each piece once: text and secret may both be one repeated character
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

/** Hash of a few characters, below `hashes`. */
function hashOf(text: string, at: number, length: number): number {
  let hash = 0;
  for (let end = at + length; at < end; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x9e3779b1);
  return hash >>> 16;
}

/**
 * Converts to lower case, character for character. Two characters would become longer or depend on their neighbours; they are
 * replaced by another one.
 */
function lowerOf(text: string): string {
  return text.replaceAll("\u0130", "i").toLowerCase().replaceAll("\u03c2", "\u03c3");
}

const kept = new WeakMap<readonly string[], readonly SecretEncodings[]>();

function keptEncodingsOf(secrets: readonly string[]): readonly SecretEncodings[] {
  const known = kept.get(secrets);
  if (known !== undefined) return known;
  const encodings = secrets.map((secret) => new SecretEncodings(secret));
  kept.set(secrets, encodings);
  return encodings;
}

/** The encodings of a secret, in lower case. */
class SecretEncodings {
  /** The shortest piece that is cut. */
  readonly width: number;
  /** Encodings with punctuation, which are searched in the text as it is. */
  readonly signed: readonly string[];
  /** Encodings without punctuation, which are searched in the condensed text. */
  readonly condensed: readonly string[];
  /** The part of the secret that is encoded: for a large file only its ends, which an error would quote. */
  readonly #part: string;
  #escaped: readonly string[] | undefined;

  constructor(secret: string) {
    const part = secret.length > 65_536 ? secret.slice(0, endCharacters) + secret.slice(-endCharacters) : secret;
    this.#part = part;
    this.width = Math.min(pieceCharacters, secret.length);
    const lower = lowerOf(secret);
    const isBase64 = /^[a-z0-9+/=]*$/.test(lower);
    const signed = isBase64 ? [] : [lower];
    const condensed = condense(lower);
    // A condensed short secret could be any word.
    const written = isBase64 || condensed.length >= pieceCharacters ? [condensed] : [];
    const bytes = Buffer.from(part, "utf8");
    // The base64 of a text depends on its position in a group of three bytes.
    const shifted = [0, 1, 2].map((shift) => Buffer.concat([Buffer.alloc(shift), bytes]));
    // Blob and password are base64 themselves, so their decoded bytes may also appear in hexadecimal.
    const hex = [bytes, Buffer.from(part, "base64")].map((each) => each.toString("hex"));
    this.signed = [
      ...signed,
      ...shifted.map((each) => lowerOf(each.toString("base64url"))),
      lowerOf(encodeURIComponent(part.replace(/\p{Cs}/gu, ""))),
      ...(isBase64 ? [] : [JSON.stringify(part).slice(1, -1), htmlOf(part)].map(lowerOf)),
    ];
    this.condensed = [...written, ...shifted.map((each) => lowerOf(each.toString("base64"))), ...hex];
  }

  /** Encodings that only a text with escapes can contain. */
  get escaped(): readonly string[] {
    this.#escaped ??= escapedFormsOf(this.#part).map(lowerOf);
    return this.#escaped;
  }
}

/** Removes ASCII spaces and punctuation, except the characters of base64. */
function condense(lower: string): string {
  return signs.test(lower) ? lower.replace(new RegExp(signs, "g"), "") : lower;
}

const signs = /[ -*,-.:-<>-`{-\x7f]+/;

function htmlOf(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** The encodings of web forms, of .NET's JSON (once, and inside JSON), and of HTML. */
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
