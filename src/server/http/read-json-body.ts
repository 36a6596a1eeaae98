/** Reads a request's body. The size is limited before parsing and during decompression. */
import { isAscii } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { HttpError } from "./http-error.ts";

/** A map, so that an encoding named `constructor` is unknown like any other. */
const decoders: ReadonlyMap<string, () => Transform> = new Map([
  ["gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
]);

const mediaTypes: readonly string[] = ["application/json", "application/graphql+json"];
const charsets: readonly string[] = ["", "charset=utf-8", 'charset="utf-8"', "charset=utf8"];

/**
 * A parsed empty list takes fifteen times the memory of its text. No valid input has this many parts. Where larger bodies are
 * allowed, the limit grows in proportion.
 */
const maxParts = 100_000;
const minBytesOfPart = 20;

/** Reserves memory for bytes before they are kept. Throws if there is no room for them. */
type Hold = (bytes: number) => void;

/**
 * Reads and parses a JSON body.
 *
 * @param maxBytes after decompression.
 * @throws {HttpError} 413 for a body that is too large; 415 for another media type, charset or encoding; 400 for a body that
 * is not JSON in UTF-8, has too many parts or is cut short. Also throws what `hold` throws.
 */
export async function readJson(request: IncomingMessage, maxBytes: number, hold: Hold): Promise<unknown> {
  const {
    "content-type": type = "",
    "content-encoding": encoding = "identity",
    "content-length": length,
  } = request.headers;
  if (type !== "application/json" && !isJsonInUtf8(type)) {
    throw new HttpError(415, "Send the request as application/json in UTF-8.");
  }
  if (Number(length) > maxBytes) throw tooLarge(maxBytes);
  const decoder = decoders.get(encoding.trim().toLowerCase());
  if (decoder === undefined && encoding.trim().toLowerCase() !== "identity") {
    throw new HttpError(415, "Send the body uncompressed, or compressed with gzip, deflate or br.", {
      "accept-encoding": "gzip, deflate, br",
    });
  }
  const text = await collect(decoder === undefined ? request : decompress(request, decoder()), maxBytes, hold);
  const most = Math.max(maxParts, Math.floor(maxBytes / minBytesOfPart));
  if (hasMoreParts(text, most))
    throw new HttpError(400, `The body has more than ${most} parts (lists, objects and commas).`);
  try {
    return JSON.parse(text);
  } catch {
    throw notJson(); // the parser's own message quotes the body
  }
}

function isJsonInUtf8(type: string): boolean {
  const [mediaType = "", ...parameters] = type.split(";").map((part) => part.trim().toLowerCase());
  return mediaTypes.includes(mediaType) && parameters.every((parameter) => charsets.includes(parameter));
}

const partSigns: readonly string[] = [",", "[", "{"];

/** Also counts these characters inside strings; they are rare there. */
function hasMoreParts(text: string, most: number): boolean {
  if (text.length <= most) return false;
  let parts = 0;
  for (const sign of partSigns) {
    for (let at = text.indexOf(sign); at !== -1; at = text.indexOf(sign, at + 1)) {
      parts += 1;
      if (parts > most) return true;
    }
  }
  return false;
}

/** Decodes UTF-8 chunk by chunk, so that not all bytes of a large body stay in memory until its end. */
class Utf8Text {
  readonly #parts: string[] = [];
  #decoder: InstanceType<typeof TextDecoder> | undefined;

  /** Almost every body is plain ASCII, which is copied without decoding. @throws {TypeError} if the bytes are not UTF-8. */
  add(chunk: Buffer): void {
    if (this.#decoder === undefined && isAscii(chunk)) {
      this.#parts.push(chunk.toString("latin1"));
      return;
    }
    // Bytes of another charset are rejected: they would be stored as wrong characters.
    this.#decoder ??= new TextDecoder("utf-8", { fatal: true, ignoreBOM: this.#parts.length > 0 });
    this.#parts.push(this.#decoder.decode(chunk, { stream: true }));
  }

  /** @throws {TypeError} if the text ends inside a character. */
  end(): string {
    if (this.#decoder !== undefined) this.#parts.push(this.#decoder.decode());
    return this.#parts.length === 1 ? (this.#parts[0] ?? "") : this.#parts.join("");
  }

  /** Releases the collected text. */
  clear(): void {
    this.#parts.length = 0;
  }
}

function decompress(request: IncomingMessage, decoder: Transform): Transform {
  request.on("error", () => decoder.destroy(new Error("request aborted")));
  request.on("close", () => {
    if (!request.complete) decoder.destroy(new Error("request aborted"));
  });
  return request.pipe(decoder);
}

function collect(source: IncomingMessage | Transform, maxBytes: number, hold: Hold): Promise<string> {
  return new Promise((resolve, reject) => {
    const text = new Utf8Text();
    let bytes = 0;
    const read = (chunk: Buffer) => {
      bytes += chunk.length;
      try {
        if (bytes > maxBytes) throw tooLarge(maxBytes);
        hold(chunk.length);
        text.add(chunk);
      } catch (error) {
        source.pause();
        settle(() => reject(error instanceof HttpError ? error : notJson()));
      }
    };
    const cutShort = () => settle(() => reject(new HttpError(400, "The body could not be read completely.")));
    const end = () =>
      settle(() => {
        try {
          resolve(text.end());
        } catch {
          reject(notJson());
        }
      });
    // Listeners live as long as the request and would keep the body in memory, twice.
    const settle = (how: () => void) => {
      source.off("data", read).off("end", end).off("close", cutShort).off("error", cutShort).on("error", ignore);
      how();
      text.clear();
    };
    source.on("data", read).on("end", end).on("error", cutShort).on("close", cutShort);
    if (source.destroyed) cutShort(); // its events were emitted before the listeners were added
  });
}

function ignore(): void {}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, `The body is larger than ${maxBytes} bytes.`, { connection: "close" });
}

function notJson(): HttpError {
  return new HttpError(400, "The body is not valid JSON in UTF-8.");
}
