/** Reads a request's body: bounded before it is parsed and while it is decompressed. */
import { isAscii } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { HttpError } from "./http-error.ts";

/** A map, so that an encoding called `constructor` is as unknown as any other. */
const decoders: ReadonlyMap<string, () => Transform> = new Map([
  ["gzip", createGunzip],
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
]);

const mediaTypes: readonly string[] = ["application/json", "application/graphql+json"];
const charsets: readonly string[] = ["", "charset=utf-8", 'charset="utf-8"', "charset=utf8"];

/** Parsed, an empty list takes fifteen times its text. No input has so many parts; where bodies may be larger, in proportion. */
const maxParts = 100_000;
const minBytesOfPart = 20;

/** Told of bytes before they are kept; throws where there is no room for them. */
type Hold = (bytes: number) => void;

/**
 * The JSON value of a body.
 *
 * @param maxBytes after decompression.
 * @throws {HttpError} 413 too large, 415 another media type, charset or encoding, 400 not JSON in UTF-8, in too many parts, or
 * cut short; and what `hold` throws.
 */
export async function readJson(request: IncomingMessage, maxBytes: number, hold: Hold): Promise<unknown> {
  const {
    "content-type": type = "",
    "content-encoding": encoding = "identity",
    "content-length": length,
  } = request.headers;
  const [mediaType = "", ...parameters] = type.split(";").map((part) => part.trim().toLowerCase());
  if (!mediaTypes.includes(mediaType) || !parameters.every((parameter) => charsets.includes(parameter))) {
    throw new HttpError(415, "Send the request as application/json in UTF-8.");
  }
  if (Number(length) > maxBytes) throw tooLarge(maxBytes);
  const decoder = decoders.get(encoding.trim().toLowerCase());
  if (decoder === undefined && encoding.trim().toLowerCase() !== "identity") {
    throw new HttpError(415, "Send the body as it is, or compressed with gzip, deflate or br.", {
      "accept-encoding": "gzip, deflate, br",
    });
  }
  const bytes = await collect(decoder === undefined ? request : decompress(request, decoder()), maxBytes, hold);
  const most = Math.max(maxParts, Math.floor(maxBytes / minBytesOfPart));
  if (hasMoreParts(bytes, most))
    throw new HttpError(400, `The body has more than ${most} parts: lists, objects, commas.`);
  try {
    return JSON.parse(textOf(bytes));
  } catch {
    // The parser's message quotes the body. Bytes of another charset are refused: they would be stored in disguise.
    throw new HttpError(400, "The body is not valid JSON in UTF-8.");
  }
}

/** The signs `,`, `[` and `{`. */
const partSigns: readonly number[] = [0x2c, 0x5b, 0x7b];

/** Counts signs in texts as well: they are rare in there. */
function hasMoreParts(bytes: Buffer, most: number): boolean {
  if (bytes.length <= most) return false;
  let parts = 0;
  for (const sign of partSigns) {
    for (let at = bytes.indexOf(sign); at !== -1; at = bytes.indexOf(sign, at + 1)) {
      parts += 1;
      if (parts > most) return true;
    }
  }
  return false;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Almost every body is plain ASCII, which need not be decoded, only copied. */
function textOf(bytes: Buffer): string {
  return isAscii(bytes) ? bytes.toString("latin1") : utf8.decode(bytes);
}

function decompress(request: IncomingMessage, decoder: Transform): Transform {
  request.on("error", () => decoder.destroy(new Error("request aborted")));
  request.on("close", () => {
    if (!request.complete) decoder.destroy(new Error("request aborted"));
  });
  return request.pipe(decoder);
}

function collect(source: IncomingMessage | Transform, maxBytes: number, hold: Hold): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const read = (chunk: Buffer) => {
      bytes += chunk.length;
      try {
        if (bytes > maxBytes) throw tooLarge(maxBytes);
        hold(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        source.pause();
        settle(() => reject(error));
      }
    };
    const cutShort = () => settle(() => reject(new HttpError(400, "The body could not be read to its end.")));
    const end = () => settle(() => resolve(Buffer.concat(chunks, bytes)));
    // Listeners live as long as the request, and keep what they know of: the body, twice.
    const settle = (how: () => void) => {
      source.off("data", read).off("end", end).off("close", cutShort).off("error", cutShort).on("error", ignore);
      how();
      chunks.length = 0;
    };
    source.on("data", read).on("end", end).on("error", cutShort).on("close", cutShort);
  });
}

function ignore(): void {}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, `The body is larger than ${maxBytes} bytes.`, { connection: "close" });
}
