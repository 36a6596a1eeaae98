/** What is left of a request's body once it is read: nothing, for as long as the request may take. */
import { createServer, type IncomingMessage } from "node:http";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readJson } from "../../src/server/body.ts";
import { listen } from "../../src/server/listen.ts";

const text = JSON.stringify({ query: "{ __typename }", padding: "x".repeat(200_000) });

describe("a body that is read", () => {
  it("is not kept by the request's listeners", async () => {
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

  it("counts decompressed", async () => {
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
