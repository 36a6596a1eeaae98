/**
 * The benchmark: candidates in turn, round after round, each compared with the limit of the same round, so that what the
 * machine does besides falls on all of them alike. Nothing here passes or fails.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { candidates, gateway, startCandidate } from "./candidate.mjs";
import { startHelper } from "./helper.mjs";
import { hive, hiveIsInstalled, installHive } from "./hive/candidate.mjs";
import { installedNode24, installNode24 } from "./node24/node.mjs";
import { chart, median, tables } from "./report.mjs";
import { scenarios } from "./scenarios.mjs";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "12" },
    seconds: { type: "string", default: "0.5" },
    "warm-up": { type: "string", default: "5" },
    connections: { type: "string", default: "16,128" },
    processes: { type: "string", default: "1" },
    only: { type: "string", default: "" },
    also: { type: "string" },
    hive: { type: "boolean", default: false },
    node24: { type: "boolean", default: false },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (options.hive && !options.help) installHive();
if (options.node24 && !options.help) installNode24();
const nodes = [{ version: process.versions.node, path: process.execPath }, ...installedNode24()];
const known = { ...candidates, ...(hiveIsInstalled() && { hive }) };
if (options.also !== undefined) {
  const main = resolve(process.env.INIT_CWD ?? ".", options.also);
  known.also = { title: "another build of this gateway", duties: known.gateway.duties, start: () => gateway(main) };
}

const help = `npm run bench:peers -- [options]
  --rounds <n>        rounds of each measurement (default 12): many short ones, as a busy machine changes within seconds
  --seconds <s>       length of one measurement (default 0.5)
  --warm-up <s>       load on each candidate before it is measured: V8 compiles for a while (default 5)
  --connections <n,…> connections, one request under way on each (default 16,128; most scenarios have their own)
  --processes <n>     of each candidate, which take the rounds in turn (default 1): one process of a build may be 6 % faster than the
                      next one, so two builds need several
  --only <name,…>     scenarios and candidates, by name; the limit always takes part (default all)
  --also <main.js>    another build of the gateway, as a candidate "also": what did a change bring?
  --hive              installs Hive Gateway into bench/hive, 500 MB; from then on it is a candidate, "hive"
  --node24            installs Node.js 24 into bench/node24; from then on everything is measured with it as well
  --out <folder>      where results.json and results.svg go (default: nowhere)
scenarios: ${Object.keys(scenarios).join(", ")}
candidates: ${Object.keys(known).join(", ")}`;

if (options.help) {
  console.log(help);
  process.exit();
}

const only = options.only.split(",").filter((name) => name !== "");
const unknown = only.filter((name) => !Object.hasOwn(known, name) && !Object.hasOwn(scenarios, name));
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(", ")}\n${help}`);
  process.exit(64);
}
const chosen = (all) => {
  const names = Object.keys(all).filter((name) => only.includes(name));
  return names.length > 0 ? names : Object.keys(all);
};
const connectionCounts = options.connections.split(",").map(Number);
const seconds = Number(options.seconds);
const rounds = Number(options.rounds);
const processes = Number(options.processes);
const folder = options.out === undefined ? undefined : resolve(process.env.INIT_CWD ?? ".", options.out);
if (folder !== undefined) mkdirSync(folder, { recursive: true });

/**
 * Load before each measurement, as a candidate has waited for its turn for seconds. Right after 9 s of waiting the gateway took a tenth
 * more CPU time for a create than half a second later; the limit took as much as before.
 */
const leadInSeconds = Math.min(0.5, seconds);

const upstream = startHelper("upstream.mjs");
const upstreamPort = await upstream.next();
const load = startHelper("load.mjs");

/** One measurement of one running candidate, after a lead-in that is not measured. */
async function measure(name, process, scenario, connections, length) {
  await upstream.ask({ delayMs: scenarios[scenario].delayMs ?? 0 });
  await send(name, process, scenario, connections, leadInSeconds);
  await upstream.ask({}); // its count begins anew
  const cpuBefore = process.cpuUs();
  const told = await send(name, process, scenario, connections, length);
  const cpuUs = process.cpuUs() - cpuBefore;
  return {
    perSecond: told.requests / (told.elapsedMs / 1000),
    cpuUs: cpuUs / told.requests,
    p50Ms: told.p50Ms,
    p99Ms: told.p99Ms,
    upstreamRequests: (await upstream.ask({})) / told.requests,
  };
}

async function send(name, process, scenario, connections, length) {
  const particular = known[name].requests?.[scenario];
  const told = await load.ask({ port: process.port, scenario, connections, seconds: length, particular });
  if (told.error !== undefined) throw new Error(`${name}, ${scenario}: ${told.error}`);
  return told;
}

async function runScenario(scenario, node) {
  const { peers, connections: itsConnections } = scenarios[scenario];
  const taking = chosen(known).filter(
    (name) =>
      (peers || ["limit", "gateway", "also"].includes(name)) && (known[name].scenarios?.includes(scenario) ?? true),
  );
  const names = [...new Set(["limit", ...taking])];
  const running = new Map();
  const results = [];
  try {
    for (const name of names) {
      running.set(name, []);
      for (let count = 0; count < processes; count++) {
        running.get(name).push(await startCandidate(known[name], upstreamPort, node.path));
      }
    }
    const idleMb = new Map([...running].map(([name, [process]]) => [name, process.residentMb()]));
    const warmUp = Number(options["warm-up"]);
    for (const [name, all] of running) {
      for (const process of all) await measure(name, process, scenario, 16, warmUp);
    }
    for (const connections of itsConnections ?? connectionCounts) {
      const measured = new Map(names.map((name) => [name, []]));
      for (let round = 0; round < rounds; round++) {
        // Every round begins with another candidate: whoever comes after a heavy one has a hotter machine.
        const order = names.map((_, index) => names[(index + round) % names.length]);
        for (const name of order) {
          const process = running.get(name)[Math.floor(round / names.length) % processes];
          measured.get(name).push(await measure(name, process, scenario, connections, seconds));
        }
      }
      for (const name of names) results.push(summary(name, scenario, connections, measured));
      console.error(`${scenario}, ${connections} connections, Node.js ${node.version}: done`);
    }
    for (const result of results) {
      const [process] = running.get(result.candidate);
      Object.assign(result, {
        node: node.version,
        startMs: process.startMs,
        idleMb: idleMb.get(result.candidate),
        peakMb: process.peakMb(),
        peakMbToLimit: process.peakMb() / running.get("limit")[0].peakMb(),
      });
    }
    return results;
  } finally {
    for (const process of [...running.values()].flat()) await process.stop();
  }
}

/** Medians, of ratios within each round where it is a ratio. */
function summary(candidate, scenario, connections, measured) {
  const own = measured.get(candidate);
  const limit = measured.get("limit");
  const of = (property) => median(own.map((each) => each[property]));
  const toLimit = (property) => median(own.map((each, round) => each[property] / limit[round][property]));
  const { title, duties = "none" } = known[candidate];
  const result = { scenario, connections, candidate, title, duties };
  for (const property of ["perSecond", "cpuUs", "p50Ms", "p99Ms", "upstreamRequests"]) result[property] = of(property);
  const ratios = own.map(({ perSecond }, round) => perSecond / limit[round].perSecond);
  const perSecondToLimitOfRounds = ratios.map((ratio) => Number(ratio.toFixed(3)));
  return { ...result, perSecondToLimit: median(ratios), perSecondToLimitOfRounds, cpuToLimit: toLimit("cpuUs") };
}

const results = [];
try {
  for (const node of nodes) {
    for (const scenario of chosen(scenarios)) results.push(...(await runScenario(scenario, node)));
  }
} finally {
  upstream.stop();
  load.stop();
}
console.log(tables(results));
if (folder !== undefined) {
  const about = { nodes: nodes.map(({ version }) => version), cpus: cpus().length, rounds, seconds };
  writeFileSync(resolve(folder, "results.json"), `${JSON.stringify({ ...about, results }, null, 2)}\n`);
  const svg = chart(results);
  if (svg !== undefined) writeFileSync(resolve(folder, "results.svg"), svg);
}
