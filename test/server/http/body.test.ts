/** What is left of a request's body once it is read: nothing, for as long as the request may take. */
import { createServer, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { PassThrough } from "node:stream";
import { Worker } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sendBody } from "../../../src/server/http/end-response.ts";
import { listen } from "../../../src/server/http/listen.ts";
import { httpLimits } from "../../../src/server/http/options.ts";
import { readJson } from "../../../src/server/http/read-json-body.ts";
import { Transfers } from "../../../src/server/http/transfers.ts";

const limits = { maxBytes: 1_000_000, hold: () => {}, transfers: new Transfers(httpLimits) };
const text = JSON.stringify({ query: "{ __typename }", padding: "x".repeat(200_000) });

describe("reading a body", () => {
  it("leaves no listener that keeps the body in memory", async () => {
    const seen: { before: string[]; after: string[]; held: number }[] = [];
    const namesOf = (request: IncomingMessage) =>
      ["data", "end", "close"].map((name) => request.listenerCount(name)).map(String);
    const server = createServer(async (request, response) => {
      const before = namesOf(request);
      let held = 0;
      const hold = (bytes: number) => {
        held += bytes;
      };
      await readJson(request, { ...limits, hold });
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
      const hold = (bytes: number) => {
        held += bytes;
      };
      await readJson(request, { ...limits, hold });
      response.end();
    });
    const url = await listen(server, "127.0.0.1", 0);
    const headers = { "content-type": "application/json", "content-encoding": "gzip" };

    await fetch(url, { method: "POST", headers, body: gzipSync(text) });

    expect(held).toBe(text.length);
    server.close();
  });
});

/** Opens connections, and sends one request on each of them. */
const client = `
  const { connect } = require("node:net");
  const { parentPort, workerData: { port, count, request } } = require("node:worker_threads");
  const sockets = Array.from({ length: count }, () => connect(port, "127.0.0.1"));
  for (const socket of sockets) {
    socket.on("connect", () => parentPort.postMessage("connected"));
    socket.on("data", () => parentPort.postMessage("answered"));
  }
  parentPort.on("message", () => sockets.forEach((socket) => socket.write(request)));
`;

describe("bodies of very many chunks", () => {
  it("take turns", async () => {
    const [count, chunks] = [4, 40_000];
    let turn = 0;
    const chunksOfTurns = new Map<number, number>();
    const hold = () => chunksOfTurns.set(turn, (chunksOfTurns.get(turn) ?? 0) + 1);
    const server = createServer(async (request, response) => {
      await readJson(request, { ...limits, hold });
      response.end();
    });
    const { port } = new URL(await listen(server, "127.0.0.1", 0));
    const head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    const request = `${head}${"1\r\n \r\n".repeat(chunks - 1)}1\r\n0\r\n0\r\n\r\n`;
    const worker = new Worker(client, { eval: true, workerData: { port: Number(port), count, request } });
    const messages: string[] = [];
    worker.on("message", (message: string) => void messages.push(message));
    await expect.poll(() => messages.length).toBe(count);
    const nextTurn = () => {
      turn += 1;
      if (messages.length < 2 * count) setImmediate(nextTurn);
    };
    nextTurn();

    worker.postMessage("send");
    // Nothing is read until the operating system has as much as it takes.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);

    await expect.poll(() => messages.length, { timeout: 20_000 }).toBe(2 * count);
    await worker.terminate();
    server.close();
    const counts = [...chunksOfTurns.values()];
    // Before it is paused, each connection is read once, which is 64 KiB.
    expect(Math.max(...counts)).toBeLessThan((count * 65_536) / 6);
    expect(counts.reduce((sum, each) => sum + each)).toBe(count * chunks);
  });
});

describe("sending a response", () => {
  const size = 15_000_000; // more than the operating system takes at once
  const limits = { graceMs: 200, stallMs: 2000, checkEveryMs: 20 };

  /** Sends a response to a client that reads 64 KiB after each pause. @returns whether the client gets the whole response. */
  async function sendTo(pauseMs: number, bytesPerSecond: number): Promise<boolean> {
    const transfers = new Transfers({ ...limits, bytesPerSecond });
    let isWhole: boolean | undefined;
    const server = createServer((_, response) => {
      response.once("close", () => {
        isWhole = response.writableFinished;
      });
      sendBody({ transfers }, response, Buffer.alloc(size, "x"));
    });
    const { port } = new URL(await listen(server, "127.0.0.1", 0));
    const socket = connect({ host: "127.0.0.1", port: Number(port) });
    socket.pause().on("error", () => {});
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    while (isWhole === undefined) {
      socket.read();
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    socket.destroy();
    server.close();
    return isWhole;
  }

  it("lets a client that reads steadily finish, however long that takes", async () => {
    expect(await sendTo(5, 500_000)).toBe(true);
  });

  it("cuts a client that reads too slowly", async () => {
    expect(await sendTo(300, 10_000_000)).toBe(false);
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
  return readJson(request as unknown as IncomingMessage, limits); // of a request it takes no more than these
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
