/** One candidate as a process: started, waited for, measured from outside by what Linux knows of it, and ended. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { scenarios } from "./scenarios.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const script = (name) => () => ({ args: [here(`candidates/${name}.mjs`)], env: {} });
/** What the gateway does beside GraphQL. */
const everything = "rules, limits, log, audit, metrics, retries, quota, once";
const quiet = "rules, limits, retries, quota, once";
const peerDuties = "rules, limits, log, audit, metrics";

/**
 * Each a program that listens on PORT and asks GRAPH_BASE_URL; the first is the limit that all are compared with. `requests`:
 * the candidate's own request for a scenario; default the scenario's. `scenarios`: the candidate's
 * scenarios; default all. `duties`: the candidate's work beside GraphQL; default none.
 */
export const candidates = {
  limit: { title: "limit: node:http + undici, no GraphQL", start: script("limit") },
  gateway: { title: "this gateway", duties: everything, start: () => gateway(here("../dist/main.js")) },
  "gateway-silent": {
    title: "this gateway without log and metrics",
    duties: quiet,
    start: () => gateway(here("../dist/main.js"), { LOG_LEVEL: "silent", METRICS_PORT: "" }),
  },
  // The same create as real clients send it, and with all or a tenth of the traces.
  "gateway-apollo-client": {
    title: "this gateway, requests as Apollo Client 4 sends them",
    duties: everything,
    scenarios: ["create4k"],
    requests: {
      create4k: { ...scenarios.create4k, extensions: { clientLibrary: { name: "@apollo/client", version: "4.3.0" } } },
    },
    start: () => gateway(here("../dist/main.js")),
  },
  "gateway-persisted": {
    title: "this gateway, persisted operations by id",
    duties: everything,
    scenarios: ["create4k"],
    requests: { create4k: { ...scenarios.create4k, query: undefined, documentId: "create" } },
    start: () => gateway(here("../dist/main.js"), { PERSISTED_OPERATIONS_FILE: manifestFile() }),
  },
  "gateway-traced": {
    title: "this gateway with traces",
    duties: `${everything}, traces`,
    scenarios: ["create4k"],
    start: (upstream) => gateway(here("../dist/main.js"), { OTEL_EXPORTER_OTLP_ENDPOINT: upstream }),
  },
  "gateway-sampled": {
    title: "this gateway with a tenth of the traces",
    duties: `${everything}, traces`,
    scenarios: ["create4k"],
    start: (upstream) =>
      gateway(here("../dist/main.js"), {
        OTEL_EXPORTER_OTLP_ENDPOINT: upstream,
        OTEL_TRACES_SAMPLER: "traceidratio",
        OTEL_TRACES_SAMPLER_ARG: "0.1",
      }),
  },
  "apollo-template": { title: "Apollo Server, express, fetch", start: script("apollo-template") },
  "apollo-typegraphql": {
    title: "Apollo standalone, TypeGraphQL, class-validator",
    duties: "rules",
    start: script("apollo-typegraphql"),
  },
  yoga: { title: "GraphQL Yoga", start: script("yoga") },
  mercurius: { title: "Mercurius", start: script("mercurius") },
  "mercurius-jit": { title: "Mercurius with JIT", start: () => ({ ...script("mercurius")(), env: { JIT: "1" } }) },
  // Peers with the gateway's duties; candidates/duties.mjs has them.
  "yoga-duties": { title: "GraphQL Yoga with the gateway's duties", duties: peerDuties, start: script("yoga-duties") },
  "mercurius-duties": {
    title: "Mercurius with JIT, with the gateway's duties",
    duties: peerDuties,
    start: script("mercurius-duties"),
  },
};

/** A manifest with the create of the benchmark. */
function manifestFile() {
  const file = join(mkdtempSync(join(tmpdir(), "gateway-bench-")), "operations.json");
  writeFileSync(file, JSON.stringify({ create: scenarios.create4k.query }));
  return file;
}

/** The gateway as it ships: production, log and metrics on; the write quota so high that it doesn't pace. */
export function gateway(main, extra = {}) {
  return {
    args: [main],
    env: {
      NODE_ENV: "production",
      AUTH_MODE: "passthrough",
      GRAPH_API_VERSION: "v1.0",
      ALLOW_LOOPBACK_UPSTREAM: "true",
      GRAPH_WRITES_PER_20S: "100000",
      GRAPH_MAX_CONNECTIONS: "128",
      ...extra,
    },
  };
}

/** Microseconds in a tick of /proc/<pid>/stat: USER_HZ is 100 wherever Linux runs. */
const tickUs = 10_000;

/** @param node path of the Node.js that runs it. */
export async function startCandidate({ start }, upstreamPort, node) {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const upstream = `http://127.0.0.1:${upstreamPort}`;
  const { args, env } = start(upstream);
  const log = openSync("/dev/null", "w");
  const errors = process.env.BENCH_STDERR ? "inherit" : log;
  const startedAt = performance.now();
  const child = spawn(node, [...(process.env.BENCH_NODE_ARGS?.split(" ") ?? []), ...args], {
    stdio: ["ignore", log, errors],
    env: {
      PATH: process.env.PATH,
      NODE_ENV: "production",
      GRAPH_BASE_URL: upstream,
      METRICS_PORT: String(metricsPort),
      ...env,
      PORT: String(port),
    },
  });
  closeSync(log);
  await answers(port, child);
  const startMs = performance.now() - startedAt;
  const of = (file) => readFileSync(`/proc/${child.pid}/${file}`, "utf8");
  const kilobytes = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(of("status"))?.[1]);
  return {
    port,
    startMs,
    /** User and system time of all threads. */
    cpuUs() {
      const fields = of("stat")
        .replace(/^.*\) /s, "")
        .split(" ");
      return (Number(fields[11]) + Number(fields[12])) * tickUs;
    },
    residentMb: () => kilobytes("VmRSS") / 1024,
    peakMb: () => kilobytes("VmHWM") / 1024,
    async stop() {
      if (child.exitCode !== null) return;
      child.kill("SIGTERM");
      const force = setTimeout(() => child.kill("SIGKILL"), 3000);
      await once(child, "exit");
      clearTimeout(force);
    },
  };
}

/** Until a query is answered, whatever with. */
async function answers(port, child) {
  for (let tries = 0; tries < 6000; tries++) {
    if (child.exitCode !== null) throw new Error(`a candidate ended with ${child.exitCode} (BENCH_STDERR=1 shows why)`);
    try {
      const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"query":"{ __typename }"}',
      });
      await response.arrayBuffer();
      return;
    } catch {
      await wait(5);
    }
  }
  throw new Error("a candidate never answered");
}

/** A port of loopback that nobody listens on. */
export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
