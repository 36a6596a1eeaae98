/**
 * What one request costs, counted and not timed, so that a slow machine comes to the same as a fast one: bytes allocated on
 * the heap, requests to Graph, bytes to Graph and to the client. Allocations are counted where no garbage is collected, no code
 * is optimized and no bytecode is dropped and compiled again: when those happen depends on the machine's speed.
 * `npm run test:cost`; needs Linux or macOS.
 */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect, createServer } from "node:net";
import { after, before, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { placeholder, scenarios } from "../../bench/scenarios.mjs";
import { startGateway } from "../soak/gateway.mjs";

/**
 * The most that a request may cost: what was measured, and 15 % of it. Where a change makes one of these smaller, bring the
 * ceiling down with it; where it has to be larger, say why.
 */
const ceilings = {
  create4k: { requests: 20, heapBytes: 125_000, graphRequests: 1, bytesToGraph: 7560, bytesToClient: 866 },
  list100: { requests: 10, heapBytes: 667_000, graphRequests: 1, bytesToGraph: 317, bytesToClient: 61_400 },
  plural200: { requests: 3, heapBytes: 17_700_000, graphRequests: 10, bytesToGraph: 1_469_000, bytesToClient: 108_700 },
  entities100: { requests: 5, heapBytes: 1_070_000, graphRequests: 5, bytesToGraph: 14_400, bytesToClient: 61_400 },
};
/** Until every path is compiled, every cache filled and every connection open. */
const warmUps = 30;

/** What had come over a connection when its last answer was whole. */
const readBefore = new WeakMap();
let created = 0;
let upstream;
let counting;
let gateway;

before(async () => {
  upstream = fork(fileURLToPath(new URL("../../bench/upstream.mjs", import.meta.url)));
  const [port] = await once(upstream, "message");
  counting = await startCounting(port);
  gateway = await startGateway({
    graphUrl: `http://127.0.0.1:${counting.port}`,
    nodeArgs: ["--no-opt", "--no-flush-bytecode", "--max-semi-space-size=256", "--min-semi-space-size=256"],
  });
});

after(async () => {
  await gateway?.close();
  counting?.close();
  upstream?.disconnect(); // which ends it
});

for (const [name, ceiling] of Object.entries(ceilings)) {
  test(`${scenarios[name].title} costs no more than before`, async () => {
    const cost = await costOf(name, ceiling.requests);
    console.log(`${name} ${JSON.stringify(cost)}`);
    for (const [what, most] of Object.entries(ceiling)) {
      if (what === "requests") continue;
      assert.ok(cost[what] <= most, `${what}: ${cost[what]}, and at the most ${most}`);
      // A ceiling that is far above lets the next change eat up what this one has won.
      assert.ok(cost[what] >= most * 0.6, `${what}: ${cost[what]} is far below ${most}; bring the ceiling down`);
    }
  });
}

/**
 * What of a request outlives it, in bytes: kept on purpose, as the key of a create is, or by V8 until a major collection,
 * because something old leads to it. Of a create of 4 KB that was 11,000 once, of a list of 100 90,000.
 */
const outliving = { create4k: 1500, list100: 2500 };

for (const [name, most] of Object.entries(outliving)) {
  test(`${scenarios[name].title} leaves almost no memory in use`, async () => {
    const lasting = await startGateway({
      graphUrl: `http://127.0.0.1:${counting.port}`,
      nodeArgs: ["--max-semi-space-size=16", "--min-semi-space-size=16"],
    });
    try {
      const bytes = await outlivingBytesOf(lasting, name);
      console.log(`${name} leaves ${bytes} bytes behind`);
      assert.ok(bytes <= most, `${bytes} bytes of each request outlive it, and ${most} may`);
    } finally {
      await lasting.close();
    }
  });
}

async function outlivingBytesOf(lasting, name) {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const body = bodies(scenarios[name]);
  const run = async (requests) => {
    const lane = async () => {
      for (let round = 0; round < requests / 16; round++) await ask(agent, body(), scenarios[name].begins, lasting.url);
    };
    await Promise.all(Array.from({ length: 16 }, lane));
  };
  const old = async () => {
    const metric = await lasting.metrics();
    return {
      bytes: metric('nodejs_heap_space_size_used_bytes{space="old"'),
      collections: metric('nodejs_gc_duration_seconds_count{kind="major"'),
    };
  };
  const requests = 1600;
  try {
    await run(2 * requests);
    for (let tries = 0; tries < 4; tries++) {
      await lasting.collect();
      await run(requests / 4); // what lives in this moment of a collection is old afterwards
      const first = await old();
      await run(requests);
      const last = await old();
      // A major collection that prom-client has not counted, as it does not where another one is told with it, shows so.
      const kept = last.bytes - first.bytes;
      if (last.collections === first.collections && kept > 0) return Math.round(kept / requests);
    }
    throw new Error(`${requests} requests leave so much behind that there is always a major collection`);
  } finally {
    agent.destroy();
  }
}

async function costOf(name, requests) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const body = bodies(scenarios[name]);
  try {
    for (let round = 0; round < warmUps; round++) await ask(agent, body(), scenarios[name].begins);
    const scrapes = await heapBytesOf(async () => {});
    let [graphRequests, toGraph, toClient] = [0, 0, 0];
    const heapBytes = await heapBytesOf(async () => {
      await graphRequestsSince(); // from here on
      const graphBytesBefore = counting.bytes;
      toClient = 0;
      for (let round = 0; round < requests; round++) toClient += await ask(agent, body(), scenarios[name].begins);
      toGraph = counting.bytes - graphBytesBefore;
      graphRequests = await graphRequestsSince();
    });
    return {
      heapBytes: Math.round((heapBytes - scrapes) / requests),
      graphRequests: graphRequests / requests,
      bytesToGraph: Math.round(toGraph / requests),
      bytesToClient: Math.round(toClient / requests),
    };
  } finally {
    agent.destroy();
  }
}

/** What is allocated meanwhile, the scrape at its end included; begun anew where something was collected. */
async function heapBytesOf(work) {
  for (let tries = 0; tries < 5; tries++) {
    await gateway.collect();
    await wait(200); // the collection's own entry has been counted by then
    const first = await heap();
    await work();
    await wait(200);
    const last = await heap();
    if (last.collections === first.collections) return last.bytes - first.bytes;
  }
  throw new Error("garbage is collected within few requests; is the young generation as large as asked for?");
}

async function heap() {
  const metric = await gateway.metrics();
  return {
    bytes: metric("nodejs_heap_size_used_bytes"),
    collections: metric("nodejs_gc_duration_seconds_count"),
  };
}

async function graphRequestsSince() {
  upstream.send("count");
  const [asked] = await once(upstream, "message");
  return asked;
}

/** @returns bytes of the answer, its head included. */
function ask(agent, body, begins, url = gateway.url) {
  return new Promise((resolve, reject) => {
    const headers = {
      "content-type": "application/json",
      accept: "application/json",
      authorization: "Bearer cost",
      "content-length": body.length,
    };
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      const { socket } = response;
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        if (!text.startsWith(begins)) reject(new Error(`HTTP ${response.statusCode}: ${text.slice(0, 300)}`));
        const bytes = socket.bytesRead - (readBefore.get(socket) ?? 0);
        readBefore.set(socket, socket.bytesRead);
        resolve(bytes);
      });
    });
    sent.on("error", reject).end(body);
  });
}

/** The body of a scenario, made different each time wherever the placeholder stands. */
function bodies({ query, variables }) {
  const template = JSON.stringify({ query, variables });
  return () => {
    created += 1;
    return Buffer.from(template.replaceAll(placeholder, created.toString(16).padStart(placeholder.length, "0")));
  };
}

/** Passes everything on, and counts the bytes on their way to Graph. */
async function startCounting(port) {
  const sockets = new Set();
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  const counted = { port: 0, bytes: 0, close };
  const server = createServer((socket) => {
    const onward = connect(port, "127.0.0.1");
    socket.on("data", (chunk) => (counted.bytes += chunk.length));
    socket.pipe(onward).pipe(socket);
    for (const each of [socket, onward]) {
      sockets.add(each);
      each.on("error", () => {}).once("close", () => sockets.delete(each));
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  counted.port = server.address().port;
  return counted;
}
