/**
 * Many requests for few connections, to a Graph that resets, stalls, says nonsense, and is away for a while. Straight at the
 * transport: what goes wrong there is a matter of microseconds, and shows once in many thousand requests.
 */
import { createServer, type Server, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { createTransport } from "../../../../src/datasources/graph/pipeline/transport.ts";
import { untraced } from "../../../../src/observability/span.ts";
import { systemClock } from "../../../../src/request/clock.ts";
import { Deadline } from "../../../../src/request/deadline.ts";
import { RequestClosed } from "../../../../src/request/request-closed.ts";

const connections = 4;
const requests = 400;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** From 0 to 1, the same each time. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const answer = (headers = "") => `HTTP/1.1 200 OK\r\n${headers}content-length: 2\r\n\r\n{}`;
const tempers: readonly ((socket: Socket) => void)[] = [
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.end(),
  () => {}, // no answer at all
  (socket) => socket.end(answer("connection: close\r\n")),
  (socket) => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"),
  (socket) => socket.write("nonsense\r\n\r\n"),
  (socket) => socket.write(`HTTP/1.1 103 Early Hints\r\n\r\n${answer()}`),
  (socket) => socket.write(answer() + answer()), // one more than was asked for
];

/** A Graph that does one of these things to every other request, until it is calm. */
function moodyGraph(random: () => number) {
  const state = { isCalm: false, atOnce: 0, mostAtOnce: 0 };
  const serve = (socket: Socket): void => {
    if (state.isCalm) {
      state.atOnce += 1;
      state.mostAtOnce = Math.max(state.mostAtOnce, state.atOnce);
      setTimeout(() => {
        state.atOnce -= 1;
        socket.write(answer());
      }, 50);
      return;
    }
    const temper = random() < 0.5 ? tempers[Math.floor(random() * tempers.length)] : undefined;
    setTimeout(() => (temper === undefined ? socket.write(answer()) : temper(socket)), random() * 40);
  };
  const start = () =>
    createServer((socket) => {
      socket.on("error", () => {});
      if (!state.isCalm && random() < 0.1) socket.resetAndDestroy();
      let received = "";
      socket.on("data", (chunk) => {
        received += chunk;
        for (let end = received.indexOf("\r\n\r\n"); end !== -1; end = received.indexOf("\r\n\r\n")) {
          received = received.slice(end + 4);
          serve(socket);
        }
      });
    });
  return { state, start };
}

const listen = (server: Server, port = 0) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));

const resource = { collectionPath: "/x", noun: "thing" };

describe("a storm of requests", () => {
  it.each(Array.from({ length: 10 }, (_, index) => 50 + index))(
    "raises no unhandled error and loses no connection: %i",
    { timeout: 40_000 },
    async (seed) => {
      const random = randomFrom(seed);
      const { state, start } = moodyGraph(random);
      let server = start();
      await listen(server);
      const address = server.address();
      const port = typeof address === "object" ? (address?.port ?? 0) : 0;
      const transport = createTransport(new URL(`http://127.0.0.1:${port}`), connections, undefined);
      const ask = async (ms: number, leavesAfterMs?: number) => {
        const caller = {
          token: async () => "t",
          authorize() {},
          audit() {},
          tokenOwner: "caller",
          span: untraced(undefined),
          deadline: new Deadline(ms, systemClock),
          closed: new RequestClosed(),
        } as const;
        if (leavesAfterMs !== undefined) setTimeout(() => caller.closed.close(), leavesAfterMs);
        const operation = random() < 0.5 ? "read" : "create";
        const request = { resource, operation, method: "GET", path: "/x", caller } as const;
        await transport.send(request, "/x", undefined).catch(() => {});
      };

      const asked: Promise<void>[] = [];
      for (let index = 0; index < requests; index++) {
        if (random() < 0.3) await sleep(random() * 8);
        asked.push(ask(200 + random() * 1500, random() < 0.4 ? random() * 30 : undefined));
        if (index === requests / 4) server.close();
        if (index === requests / 2) {
          server = start();
          await listen(server, port);
        }
      }
      await Promise.all(asked);
      state.isCalm = true;
      await Promise.all(Array.from({ length: 5 * connections }, () => ask(20_000)));

      expect(state.mostAtOnce).toBe(connections);
      await transport.close();
      server.close();
    },
  );
});
