/** Reads a request's body. The size is limited before parsing and during decompression. */
import { isAscii } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { HttpError } from "./http-error.ts";
import type { Transfers } from "./transfers.ts";
import { waitForTurn } from "./wait-for-turn.ts";

/** A map, so that an encoding named `constructor` is unknown like any other. */
const decoders: ReadonlyMap<string, () => Transform> = new Map([
  ["gzip", createGunzip],
  ["x-gzip", createGunzip], // https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.3
  ["deflate", createInflate],
  ["br", createBrotliDecompress],
]);

const mediaTypes: readonly string[] = ["application/json", "application/graphql+json"];
/** UTF-8, and its part US-ASCII. */
const charsets: readonly string[] = ["utf-8", "utf8", "us-ascii", "ascii"];
/** A parameter of a media type: name, quoted value, other value. */
const parameter = /;\s*([^;="\s]*)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*)))?/g;

/**
 * A parsed empty list takes fifteen times the memory of its text. No valid input has this many parts. Where larger bodies are
 * allowed, the limit grows in proportion.
 */
const maxParts = 100_000;
const minBytesOfPart = 20;

/** No client has a reason for smaller chunks. Where larger bodies are allowed, this limit grows in proportion, too. */
const maxChunks = 50_000;
const minBytesOfChunk = 512;
/** Compressed bytes that are decompressed together. */
const bytesOfWrite = 16_384;
/** After so many chunks a body waits for a turn of its own: parsing them takes about a millisecond. */
const chunksOfTurn = 1000;

/** Reserves memory for bytes before they are kept. Throws if there is no room for them. */
type Hold = (bytes: number) => void;

interface BodyLimits {
  /** After decompression. */
  readonly maxBytes: number;
  readonly hold: Hold;
  readonly transfers: Transfers;
}

/**
 * Reads and parses a JSON body.
 *
 * @throws {HttpError} 413 for a body that is too large; 415 for another media type, charset or encoding; 408 for a body that is
 * too slow; 400 for a body that is not JSON in UTF-8, has too many parts or chunks, or is cut short. Also throws what `hold`
 * throws.
 */
export async function readJson(request: IncomingMessage, limits: BodyLimits): Promise<unknown> {
  const { maxBytes } = limits;
  const {
    "content-type": type = "",
    "content-encoding": encoding = "identity",
    "content-length": length,
  } = request.headers;
  if (type !== "application/json" && !isJsonInUtf8(type)) {
    throw new HttpError(415, "Send the request as application/json in UTF-8.");
  }
  if (Number(length) > maxBytes) throw tooLarge(maxBytes);
  const coding = encoding.trim().toLowerCase();
  const decoder = decoders.get(coding);
  if (decoder === undefined && coding !== "identity" && coding !== "") {
    throw new HttpError(415, "Send the body uncompressed, or compressed with gzip, deflate or br.", {
      "accept-encoding": "gzip, deflate, br",
    });
  }
  const text = await collect(request, decoder?.(), limits);
  const most = Math.max(maxParts, Math.floor(maxBytes / minBytesOfPart));
  if (hasMoreParts(text, most))
    throw new HttpError(400, `The body has more than ${most} parts (lists, objects and commas).`);
  try {
    return JSON.parse(text);
  } catch {
    throw notJson(); // the parser's own message quotes the body
  }
}

/** Other parameters than the charset, such as OData's `odata.metadata=minimal`, change nothing. */
function isJsonInUtf8(type: string): boolean {
  const end = type.indexOf(";");
  if (!mediaTypes.includes((end === -1 ? type : type.slice(0, end)).trim().toLowerCase())) return false;
  if (end === -1) return true;
  for (const [, name = "", quoted, plain = ""] of type.slice(end).matchAll(parameter)) {
    const charset = (quoted ?? plain).trim().toLowerCase();
    if (name.toLowerCase() === "charset" && !charsets.includes(charset)) return false;
  }
  return true;
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
  let held: Buffer[] = [];
  let heldBytes = 0;
  const write = (): boolean => {
    const bytes = Buffer.concat(held);
    held = [];
    heldBytes = 0;
    return decoder.write(bytes);
  };
  // A decoder takes fifty microseconds for each chunk, however small.
  request.on("data", (chunk: Buffer) => {
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes >= bytesOfWrite && !write()) request.pause();
  });
  decoder.on("drain", () => request.resume());
  request.on("end", () => {
    write();
    decoder.end();
  });
  return decoder;
}

function collect(
  request: IncomingMessage,
  decoder: Transform | undefined,
  { maxBytes, hold, transfers }: BodyLimits,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const text = new Utf8Text();
    const source = decoder === undefined ? request : decompress(request, decoder);
    const fail = (error: HttpError) => {
      source.pause();
      settle(() => reject(error));
    };
    const arrival = watchArrival(request, { maxBytes, transfers }, fail);
    if (decoder !== undefined) request.on("data", arrival.count);
    let bytes = 0;
    const read = (chunk: Buffer) => {
      if (decoder === undefined && !arrival.count(chunk)) return;
      bytes += chunk.length;
      try {
        if (bytes > maxBytes) throw tooLarge(maxBytes);
        hold(chunk.length);
        text.add(chunk);
      } catch (error) {
        fail(error instanceof HttpError ? error : notJson());
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
      arrival.end();
      request.off("data", arrival.count);
      source.off("data", read).off("end", end).off("close", cutShort).off("error", cutShort).on("error", ignore);
      how();
      text.clear();
    };
    source.on("data", read).on("end", end).on("error", cutShort).on("close", cutShort);
    if (source.destroyed) cutShort(); // its events were emitted before the listeners were added
  });
}

/**
 * Watches how a body arrives: slowly, or in very many chunks.
 *
 * @param fail called if the body is too slow or has too many chunks. @returns `count` is false for a chunk too many.
 */
function watchArrival(
  request: IncomingMessage,
  { maxBytes, transfers }: Pick<BodyLimits, "maxBytes" | "transfers">,
  fail: (error: HttpError) => void,
): { count(chunk: Buffer): boolean; end(): void } {
  const most = Math.max(maxChunks, Math.floor(maxBytes / minBytesOfChunk));
  const tooSlow = () => fail(new HttpError(408, "The body did not arrive in time."));
  const transfer = request.complete ? undefined : transfers.start(tooSlow); // small bodies are usually there already
  let chunks = 0;
  return {
    count(chunk) {
      if (transfer !== undefined) transfer.bytes += chunk.length;
      chunks += 1;
      if (chunks % chunksOfTurn === 0) waitForTurn(request);
      if (chunks === most + 1) fail(new HttpError(400, `The body has more than ${most} chunks.`));
      return chunks <= most;
    },
    end() {
      if (transfer !== undefined) transfers.end(transfer);
    },
  };
}

function ignore(): void {}

function tooLarge(maxBytes: number): HttpError {
  return new HttpError(413, `The body is larger than ${maxBytes} bytes.`, { connection: "close" });
}

function notJson(): HttpError {
  return new HttpError(400, "The body is not valid JSON in UTF-8.");
}
