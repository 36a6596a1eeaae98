/** Reads a request's body: bounded before it is parsed and while it is decompressed. */
import type { IncomingMessage } from "node:http";
import type { Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { HttpError } from "./http-error.ts";

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/**
 * The JSON value of a body.
 *
 * @param maxBytes after decompression.
 * @throws {HttpError} 413 too large, 415 another media type, charset or encoding, 400 not JSON or cut short.
 */
export async function readJson(request: IncomingMessage, maxBytes: number): Promise<unknown> {
  const {
    "content-type": type = "",
    "content-encoding": encoding = "identity",
    "content-length": length,
  } = request.headers;
  if (!/^\s*application\/(?:graphql\+)?json\s*(?:;\s*charset="?utf-?8"?\s*)?;?\s*$/i.test(type)) {
    throw new HttpError(415, "Send the request as application/json in UTF-8.");
  }
  if (Number(length) > maxBytes) throw tooLarge(maxBytes);
  const decoder = decoders[encoding.trim().toLowerCase()];
  if (decoder === undefined && encoding.trim().toLowerCase() !== "identity") {
    throw new HttpError(415, "Send the body as it is, or compressed with gzip, deflate or br.", {
      "accept-encoding": "gzip, deflate, br",
    });
  }
  const text = await collect(decoder === undefined ? request : decompress(request, decoder()), maxBytes);
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the body.
    throw new HttpError(400, "The body is not valid JSON.");
  }
}

function decompress(request: IncomingMessage, decoder: Transform): Transform {
  request.on("error", () => decoder.destroy(new Error("request aborted")));
  request.on("close", () => {
    if (!request.complete) decoder.destroy(new Error("request aborted"));
  });
  return request.pipe(decoder);
}

function collect(source: IncomingMessage | Transform, maxBytes: number): Promise<string> {
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
    source.on("end", () => resolve(Buffer.concat(chunks, bytes).toString("utf8")));
    source.on("error", () => reject(new HttpError(400, "The body could not be read to its end.")));
    source.on("close", () => reject(new HttpError(400, "The body could not be read to its end.")));
  });
}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, `The body is larger than ${maxBytes} bytes.`, { connection: "close" });
}
