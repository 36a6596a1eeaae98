#!/usr/bin/env node
/**
 * `intune-pfx import` of a folder, against the gateway and the emulator of Graph with a write quota: the rate beside the
 * quota's, the most memory, and the time to the first `created`. Each of the three is a process of its own.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { runnerImport } from "vite";
import { freePort } from "../candidate.mjs";

const root = join(import.meta.dirname, "../..");
const help = `Usage: npm run bench:import -- [--files 1000] [--writes-per-20s 100] [--again] [--out FILE]

  --files N             how many .pfx files; several counts are separated by commas
  --writes-per-20s N    the quota of the gateway and of the emulator
  --again               import the same folder a second time: what is there is looked up and skipped
  --out FILE            where the figures go as JSON`;

const { values } = parseArgs({
  options: {
    files: { type: "string", default: "1000" },
    "writes-per-20s": { type: "string", default: "100" },
    again: { type: "boolean", default: false },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}
const quota = wholeNumber("writes-per-20s", values["writes-per-20s"]);
const counts = values.files.split(",").map((count) => wholeNumber("files", count));

const folder = mkdtempSync(join(tmpdir(), "intune-pfx-bench-"));
const services = [];
const results = [];
try {
  console.log("files\tseconds\tper second\t÷ quota\tpeak memory, MB\tfirst created, s\trequests that create");
  for (const files of counts) {
    const pfxFolder = await makeFiles(files);
    const gateway = await startServices();
    row({ files, ...(await runImport(pfxFolder, gateway)) });
    if (values.again) row({ files, again: true, ...(await runImport(pfxFolder, gateway)) });
    await stopServices();
  }
} finally {
  await stopServices();
  rmSync(folder, { recursive: true, force: true });
}
if (values.out !== undefined) {
  writeFileSync(resolve(process.env.INIT_CWD ?? ".", values.out), `${JSON.stringify(results, null, 2)}\n`);
}

function wholeNumber(option, text) {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  console.error(`--${option} must be a whole number above 0, not "${text}".`);
  process.exit(64);
}

async function makeFiles(count) {
  const { pfxOf } = (await runnerImport(join(root, "test/support/many-pfx.ts"))).module;
  const path = join(folder, String(count));
  mkdirSync(path);
  for (let index = 0; index < count; index += 1) {
    const user = `user${index}@contoso.example`;
    writeFileSync(join(path, `${user}.pfx`), pfxOf(user), { mode: 0o600 });
  }
  return path;
}

/** @returns the addresses of the gateway and of its metrics */
async function startServices() {
  const [emulatorPort, gatewayPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
  await startService("dist/emulator/main.js", {
    EMULATOR_PORT: String(emulatorPort),
    EMULATOR_WRITES_PER_20S: String(quota),
  });
  await startService("dist/main.js", {
    PORT: String(gatewayPort),
    METRICS_PORT: String(metricsPort),
    AUTH_MODE: "passthrough",
    ALLOW_LOOPBACK_UPSTREAM: "true",
    GRAPH_BASE_URL: `http://127.0.0.1:${emulatorPort}`,
    GRAPH_WRITES_PER_20S: String(quota),
  });
  return {
    graphql: `http://127.0.0.1:${gatewayPort}/graphql`,
    metrics: `http://127.0.0.1:${metricsPort}/metrics`,
  };
}

async function startService(script, env) {
  const child = spawn(process.execPath, [script], {
    cwd: root,
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  services.push(child);
  const port = Number(env.EMULATOR_PORT ?? env.PORT);
  for (let tries = 0; tries < 200; tries += 1) {
    if (
      await fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      )
    )
      return;
    if (child.exitCode !== null) throw new Error(`${script} ended with ${child.exitCode}.`);
    await sleep(50);
  }
  throw new Error(`${script} does not answer.`);
}

async function stopServices() {
  for (const child of services.splice(0)) {
    const exited = child.exitCode === null ? once(child, "exit") : undefined;
    child.kill();
    await exited;
  }
}

/** The requests to Graph so far that create; a batch counts once. */
async function createRequestsOf({ metrics }) {
  const text = await (await fetch(metrics)).text();
  const counts = [...text.matchAll(/^graph_upstream_requests_total\{operation="create",.*\} (\d+)$/gm)].map(
    ([, count]) => Number(count),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

async function runImport(pfxFolder, gateway) {
  const requestsBefore = await createRequestsOf(gateway);
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const args = ["import", pfxFolder, "--yes", "--no-input", "--json", "--gateway", gateway.graphql, "--key-name", "K"];
  const child = spawn(
    process.execPath,
    ["packages/cli/bin/intune-pfx.js", ...args, "--key", "examples/import-pfx/connector.pub"],
    {
      cwd: root,
      env: { PATH: process.env.PATH, HOME: folder, INTUNE_PFX_TOKEN: "bench", INTUNE_PFX_PASSWORD: "secret" },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let peakBytes = 0;
  const sampling = setInterval(() => {
    peakBytes = Math.max(peakBytes, peakMemoryBytes(child.pid));
  }, 250);
  let firstCreated;
  let end = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line);
    if (event.type === "item" && event.outcome === "created") firstCreated ??= seconds();
    if (event.type === "end" || event.type === "error") end = event;
  }
  clearInterval(sampling);
  if (end.type !== "end") throw new Error(`The import ended early: ${end.code}.`);
  const total = seconds();
  const createRequests = (await createRequestsOf(gateway)) - requestsBefore;
  return { seconds: total, peakBytes, firstCreated, created: end.created ?? 0, createRequests };
}

/** The most that the process has held so far. Linux only. */
function peakMemoryBytes(pid) {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
  } catch {
    return 0; // it has ended
  }
}

function row({ files, again = false, seconds, peakBytes, firstCreated, created, createRequests }) {
  const perSecond = created / seconds;
  const result = {
    files,
    quota,
    ...(again && { again }),
    seconds,
    perSecond,
    toQuota: perSecond / (quota / 20),
    peakMb: peakBytes / 1e6,
    firstCreatedSeconds: firstCreated,
    createRequests,
  };
  results.push(result);
  const cells = [
    again ? `${files} again` : files,
    seconds.toFixed(1),
    perSecond.toFixed(2),
    result.toQuota.toFixed(3),
    result.peakMb.toFixed(0),
    firstCreated?.toFixed(1) ?? "–",
    createRequests,
  ];
  console.log(cells.join("\t"));
}
