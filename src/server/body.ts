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

/**
 * The JSON value of a body.
 *
 * @param maxBytes after decompression.
 * @throws {HttpError} 413 too large, 415 another media type, charset or encoding, 400 not JSON in UTF-8 or cut short.
 */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
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
  const bytes = await collect(decoder === undefined ? request : decompress(request, decoder()), maxBytes);
  try {
    return JSON.parse(textOf(bytes));
  } catch {
    // The parser's message quotes the body. Bytes of another charset are refused: they would be stored in disguise.
    throw new HttpError(400, "The body is not valid JSON in UTF-8.");
  }
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

function collect(source: IncomingMessage | Transform, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    source.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      chunks.length = 0;
      source.removeAllListeners("data");
      source.pause();
      reject(tooLarge(maxBytes));
    });
    const cutShort = () => reject(new HttpError(400, "The body could not be read to its end."));
    source.on("end", () => {
      source.off("close", cutShort); // comes after every request; an error made for nothing costs as much as the parsing
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, bytes));
    });
    source.on("error", cutShort);
    source.on("close", cutShort);
  });
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, `The body is larger than ${maxBytes} bytes.`, { connection: "close" });
}
