/**
 * Readers in turn, round after round, each in a process of its own and compared with `open` of the same round, so that what
 * the machine does besides falls on all of them alike. Nothing here passes or fails.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { range } from "../report.mjs";
import { files, readers } from "./readers.mjs";

const vectors = new URL("../../test/client/vectors/", import.meta.url);
const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "1" },
    only: { type: "string", default: "" },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const help = `npm run bench:pfx -- [options]
  --rounds <n>       rounds of each measurement (default 5)
  --seconds <s>      length of one measurement; one file at least (default 1)
  --only <name,…>    files and readers, by name; "open" always takes part (default all)
  --out <file>       where the results go as JSON (default: nowhere)
files: ${Object.keys(files).join(", ")}
readers: ${Object.keys(readers).join(", ")}`;

if (options.help) {
  console.log(help);
  process.exit();
}
const only = options.only.split(",").filter((name) => name !== "");
const unknown = only.filter((name) => !Object.hasOwn(files, name) && !Object.hasOwn(readers, name));
const rounds = Number(options.rounds);
const milliseconds = Number(options.seconds) * 1000;
if (unknown.length > 0 || !(rounds >= 1) || !(milliseconds >= 0)) {
  console.error(`Unknown: ${unknown.join(", ")}\n${help}`);
  process.exit(64);
}
const chosen = (all) => {
  const names = Object.keys(all).filter((name) => only.includes(name));
  return names.length > 0 ? names : Object.keys(all);
};
const names = [...new Set(["open", ...chosen(readers)])];
const answers = JSON.parse(readFileSync(new URL("pfx.json", vectors), "utf8"));

async function startReader(name) {
  const child = fork(new URL("reader.mjs", import.meta.url), [name]);
  const ended = once(child, "exit").then(() => Promise.reject(new Error(`${name} has ended`)));
  ended.catch(() => {}); // at the end all of them do
  const next = () => Promise.race([once(child, "message"), ended]);
  await next();
  return {
    async ask(task) {
      child.send(task);
      return (await next())[0];
    },
    stop: () => child.disconnect(),
  };
}

async function measureFile(file, running) {
  const { password, expect } = answers.find((each) => each.file === file);
  const path = fileURLToPath(new URL(`pfx/${file}`, vectors));
  const task = { path, password, thumbprint: expect.thumbprint, milliseconds };
  const measured = new Map(names.map((name) => [name, []]));
  const errors = new Map();
  for (const name of names) {
    const { error } = await running.get(name).ask(task); // V8 compiles for a while
    if (error !== undefined) errors.set(name, error);
  }
  const able = names.filter((name) => !errors.has(name));
  for (let round = 0; round < rounds; round += 1) {
    // Every round begins with another reader: whichever comes after a heavy one has a hotter machine.
    const order = able.map((_, index) => able[(index + round) % able.length]);
    for (const name of order) measured.get(name).push(await running.get(name).ask(task));
  }
  return names.map((name) => ({
    file,
    reader: name,
    ...(errors.has(name) ? { error: errors.get(name) } : summary(measured.get(name), measured.get("open"))),
  }));
}

/**
 * Medians, of ratios within each round where it is a ratio. What else runs on the machine only lengthens the longest time that
 * the event loop was held, so the least of the rounds is nearest to the reader's own.
 */
function summary(own, open) {
  const of = (property) => median(own.map((each) => each[property]));
  const cpuMs = of("cpuMs");
  return {
    perSecondAndCore: 1000 / cpuMs,
    perSecondAndCoreOfRounds: range(own.map((each) => 1000 / each.cpuMs)),
    cpuMs,
    cpuToOpen: median(own.map((each, round) => each.cpuMs / open[round].cpuMs)),
    wallMs: of("wallMs"),
    heldMs: Math.min(...own.map(({ heldMs }) => heldMs)),
    heldMsWorst: Math.max(...own.map(({ heldMs }) => heldMs)),
  };
}

function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const digits = (value) => value.toFixed(value < 10 ? 2 : 0);
const columns = [
  ["reader", ({ reader }) => readers[reader].title],
  ["files/s and core", ({ perSecondAndCore }) => digits(perSecondAndCore)],
  ["CPU ms", ({ cpuMs }) => digits(cpuMs)],
  ["÷ open", ({ cpuToOpen }) => digits(cpuToOpen)],
  ["wall ms", ({ wallMs }) => digits(wallMs)],
  ["event loop held, ms", ({ heldMs }) => heldMs.toFixed(0)],
];

/** Markdown. */
function table(file, results) {
  const rows = results
    .filter((result) => result.file === file)
    .map((result) =>
      columns.map(([, text], column) => {
        if (column === 0 || result.error === undefined) return text(result);
        return column === 1 ? "can't read" : "";
      }),
    );
  const cells = [columns.map(([name]) => name), ...rows];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const [head, ...lines] = cells.map((row) => {
    const padded = row.map((text, column) => (column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column])));
    return `| ${padded.join(" | ")} |`;
  });
  const rule = `|${widths.map((width, column) => (column === 0 ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  return [`### ${files[file]} (${file})`, "", head, rule, ...lines].join("\n");
}

const results = [];
const running = new Map();
try {
  for (const name of names) running.set(name, await startReader(name));
  for (const file of chosen(files)) {
    results.push(...(await measureFile(file, running)));
    console.error(`${file}: done`);
  }
} finally {
  for (const reader of running.values()) reader.stop();
}
console.log(
  chosen(files)
    .map((file) => table(file, results))
    .join("\n\n"),
);
if (options.out !== undefined) {
  const path = resolve(process.env.INIT_CWD ?? ".", options.out);
  mkdirSync(resolve(path, ".."), { recursive: true });
  const about = { node: process.version, cores: availableParallelism(), rounds, seconds: milliseconds / 1000 };
  writeFileSync(path, `${JSON.stringify({ ...about, results }, null, 2)}\n`);
}
