#!/usr/bin/env node
/** Every benchmark, one after the other: `npm run bench`. Writes all figures in one file, the charts, and the page about them. */
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { charts } from "./growth/charts.mjs";
import { section, withSection } from "./growth/section.mjs";

const help = `npm run bench -- [options]
  --quick          few and short measurements: proves that everything runs; the figures mean nothing
  --only <part,…>  peers, growth, pfx, chromium, import (default all); other parts keep the figures that --out has
  --long           also imports 10,000 files at Graph's own quota: 34 minutes more
  --node24, --hive as of npm run bench:peers
  --out <folder>   where results.json, results.svg, growth-*.svg and the page benchmarks.md go (default: nowhere)`;
const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "peers,growth,pfx,chromium,import" },
    long: { type: "boolean", default: false },
    node24: { type: "boolean", default: false },
    hive: { type: "boolean", default: false },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const { quick } = values;
const out = values.out === undefined ? undefined : resolve(process.env.INIT_CWD ?? ".", values.out);
const temporary = mkdtempSync(join(tmpdir(), "gateway-bench-"));
const file = (name) => join(temporary, name);
const read = (path) => JSON.parse(readFileSync(path, "utf8"));
const quickly = (...args) => (quick ? args : []);

const parts = {
  peers() {
    const chosen = [...(values.node24 ? ["--node24"] : []), ...(values.hive ? ["--hive"] : [])];
    const short = quickly("--rounds", "1", "--seconds", "0.5", "--warm-up", "1", "--connections", "16");
    run("run.mjs", ["--out", temporary, ...chosen, ...short]);
    return read(file("results.json"));
  },
  growth() {
    const short = quickly("--rounds", "1", "--seconds", "0.5", "--warm-up", "1");
    run("growth/run.mjs", ["--out", file("growth.json"), ...short]);
    return read(file("growth.json"));
  },
  pfx() {
    run("pfx/run.mjs", ["--out", file("pfx.json"), ...quickly("--rounds", "1", "--seconds", "0.2")]);
    return read(file("pfx.json"));
  },
  chromium() {
    const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
    if (!existsSync(chromium)) {
      console.error(`There is no Chromium at ${chromium}: its figures are left out. CHROMIUM names another path.`);
      return undefined;
    }
    run("pfx/chromium.mjs", ["--out", file("chromium.json"), ...quickly("--rounds", "1", "--seconds", "0.2")]);
    return read(file("chromium.json"));
  },
  import() {
    const atQuota = quick ? "100" : `100,1000${values.long ? ",10000" : ""}`;
    const runs = [
      ["100", atQuota],
      ["500", quick ? "100" : "100,1000,10000"],
    ];
    return runs.flatMap(([quota, files]) => {
      const path = file(`import-${quota}.json`);
      run("import/run.mjs", ["--writes-per-20s", quota, "--files", files, "--out", path]);
      return read(path);
    });
  },
};

if (values.help) {
  console.log(help);
  process.exit();
}
const chosen = values.only.split(",");
if (chosen.some((name) => !Object.hasOwn(parts, name))) {
  console.error(help);
  process.exit(64);
}
if (out !== undefined) mkdirSync(out, { recursive: true });
const previous = out !== undefined && existsSync(join(out, "results.json")) ? read(join(out, "results.json")) : {};
const results = Object.fromEntries(Object.keys(parts).map((name) => [name, previous[name]]));
/** The commit at which each part was measured. */
const commits = { ...previous.commits };
try {
  for (const name of chosen) {
    const measured = parts[name]();
    if (measured === undefined) continue;
    results[name] = measured;
    commits[name] = commit();
    if (out !== undefined) write(); // after each part: a later one may fail
  }
  console.log(section({ ...results, commits }));
} finally {
  rmSync(temporary, { recursive: true, force: true });
}

/** Runs one benchmark as a process, and shows its output. */
function run(script, args) {
  const { status, signal } = spawnSync(process.execPath, [join(import.meta.dirname, script), ...args], {
    stdio: "inherit",
    cwd: join(import.meta.dirname, ".."),
    env: { ...process.env, INIT_CWD: undefined },
  });
  if (status !== 0) throw new Error(`${script} ended with ${status ?? signal}.`);
}

function commit() {
  return execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: import.meta.dirname })
    .toString()
    .trim();
}

function write() {
  const measured = { commits, quick, ...results };
  writeFileSync(join(out, "results.json"), `${JSON.stringify(measured, null, 2)}\n`);
  for (const [name, svg] of Object.entries(charts(results))) writeFileSync(join(out, name), svg);
  if (existsSync(file("results.svg"))) copyFileSync(file("results.svg"), join(out, "results.svg"));
  const page = join(out, "benchmarks.md");
  writeFileSync(page, withSection(existsSync(page) ? readFileSync(page, "utf8") : "", section(measured)));
}
