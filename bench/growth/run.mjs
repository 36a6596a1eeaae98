#!/usr/bin/env node
/** How cost grows: with the file, with the collection, with the requests under way. Nothing here passes or fails. */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { candidates, startCandidate } from "../candidate.mjs";
import { startHelper } from "../helper.mjs";
import { createsBySize, listsBySize, memoryByRequests } from "./curves.mjs";

const curves = { creates: createsBySize, lists: listsBySize, memory: memoryByRequests };
const help = `node bench/growth/run.mjs -- [options]
  --rounds <n>     rounds of each measurement (default 5)
  --seconds <s>    length of one measurement (default 2)
  --warm-up <s>    load on each process before it is measured (default 8)
  --only <name,…>  curves, by name: ${Object.keys(curves).join(", ")} (default all)
  --out <file>     where the figures go as JSON (default: nowhere)`;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "2" },
    "warm-up": { type: "string", default: "8" },
    only: { type: "string", default: Object.keys(curves).join(",") },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit();
}
const names = values.only.split(",");
const [rounds, seconds, warmUpSeconds] = ["rounds", "seconds", "warm-up"].map((option) => Number(values[option]));
if (names.some((name) => !Object.hasOwn(curves, name)) || !(rounds >= 1) || !(seconds > 0) || !(warmUpSeconds >= 0)) {
  console.error(help);
  process.exit(64);
}

const upstream = startHelper("upstream.mjs");
const upstreamPort = await upstream.next();
const load = startHelper("load.mjs");
const bench = {
  rounds,
  seconds,
  warmUpSeconds,
  upstream,
  upstreamUrl: `http://127.0.0.1:${upstreamPort}`,
  /** @param extra environment variables beside the candidate's own. */
  start(name, extra = {}) {
    const { start } = candidates[name];
    const candidate = { start: (url) => ({ ...start(url), env: { ...start(url).env, ...extra } }) };
    return startCandidate(candidate, upstreamPort, process.execPath);
  },
  /** So many creates at a time, for so long. */
  async load(running, { connections, length, particular }) {
    const cpuBefore = running.cpuUs();
    const told = await load.ask({
      port: running.port,
      scenario: "create4k",
      connections,
      seconds: length,
      particular,
    });
    if (told.error !== undefined) throw new Error(told.error);
    return {
      perSecond: told.requests / (told.elapsedMs / 1000),
      cpuUs: (running.cpuUs() - cpuBefore) / told.requests,
      p50Ms: told.p50Ms,
    };
  },
};

const results = { node: process.versions.node, cpus: cpus().length, rounds, seconds };
try {
  for (const name of names) {
    results[name] = await curves[name](bench);
    console.error(`growth, ${name}: done`);
    console.log(`### ${name}\n\n${table(results[name])}\n`);
  }
} finally {
  upstream.stop();
  load.stop();
}
if (values.out !== undefined) writeFileSync(values.out, `${JSON.stringify(results, null, 2)}\n`);

/** Markdown. */
function table(rows) {
  const columns = Object.keys(rows[0]);
  const text = (value) => {
    if (Array.isArray(value)) return value.map(text).join("–");
    return typeof value === "number" && !Number.isInteger(value) ? value.toPrecision(4) : String(value);
  };
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [
    line(columns),
    line(columns.map(() => "---")),
    ...rows.map((row) => line(columns.map((name) => text(row[name])))),
  ].join("\n");
}
