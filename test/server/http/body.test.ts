/** What is left of a request's body once it is read: nothing, for as long as the request may take. */
import { createServer, type IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { listen } from "../../../src/server/http/listen.ts";
import { readJson } from "../../../src/server/http/read-json-body.ts";

const text = JSON.stringify({ query: "{ __typename }", padding: "x".repeat(200_000) });

describe("reading a body", () => {
  it("leaves no listener that keeps the body in memory", async () => {
    const seen: { before: string[]; after: string[]; held: number }[] = [];
    const namesOf = (request: IncomingMessage) =>
      ["data", "end", "close"].map((name) => request.listenerCount(name)).map(String);
    const server = createServer(async (request, response) => {
      const before = namesOf(request);
      let held = 0;
      await readJson(request, 1_000_000, (bytes) => {
        held += bytes;
      });
      seen.push({ before, after: namesOf(request), held });
      request.emit("error", new Error("late")); // somebody still listens
      response.end();
    });
    const url = await listen(server, "127.0.0.1", 0);

    const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: text });

    expect(answer.status).toBe(200);
    expect(seen[0]?.after).toEqual(seen[0]?.before);
    expect(seen[0]?.held).toBe(text.length);
    server.close();
  });

  it("counts the decompressed bytes", async () => {
    let held = 0;
    const server = createServer(async (request, response) => {
      await readJson(request, 1_000_000, (bytes) => {
        held += bytes;
      });
      response.end();
    });
    const url = await listen(server, "127.0.0.1", 0);
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };

    await fetch(url, { method: "POST", headers, body: gzipSync(text) });

    expect(held).toBe(text.length);
    server.close();
  });
});

/** Reads bytes that come in pieces, cut after each of the offsets. */
function readPieces(bytes: Buffer, cuts: readonly number[]): Promise<unknown> {
  const request = Object.assign(new PassThrough(), { headers: { "content-type": "application/json" } });
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((one, other) => one - other);
  let from = 0;
  for (const to of [...ends, bytes.length]) {
    request.write(bytes.subarray(from, to));
    from = to;
  }
  request.end();
  return readJson(request as unknown as IncomingMessage, 1_000_000, () => {}); // of a request it takes no more than these
}

describe("a body that comes in pieces", () => {
  it("is the same text wherever the pieces are cut", async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ stringUnit: "binary" }), fc.array(fc.nat(200)), async (json, cuts) => {
        expect(await readPieces(Buffer.from(json), cuts)).toStrictEqual(JSON.parse(json));
      }),
    );
    const marked = Buffer.from('\ufeff{"a":"\ufeffß€😀"}');
    for (let cut = 0; cut <= marked.length; cut++) expect(await readPieces(marked, [cut])).toEqual({ a: "\ufeffß€😀" });
  });

  it("is rejected if it is not UTF-8, wherever the pieces are cut", async () => {
    const notUtf8 = [
      Buffer.from('{"a":"\xe4"}', "latin1"),
      Buffer.from('"\xe2\x82"', "latin1"),
      Buffer.from('"a"\xe2', "latin1"),
    ];
    for (const bytes of notUtf8) {
      for (let cut = 0; cut <= bytes.length; cut++) {
        await expect(readPieces(bytes, [cut])).rejects.toMatchObject({ status: 400 });
      }
    }
  });
});
