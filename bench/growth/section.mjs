/** The part of docs/benchmarks.md that a run writes: charts, what to read from each, and the arithmetic of docs/scaling.md. */
import { middleHalf } from "../report.mjs";
import { checks } from "./checks.mjs";

const begin = "<!-- The part below is written by: npm run bench -- --out docs -->";
const end = "<!-- end of the written part -->";
const number = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });
const table = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** The page with the section in the place of the former one, or at its end. */
export function withSection(page, text) {
  const written = `${begin}\n\n${text}\n\n${end}`;
  if (!page.includes(begin)) return `${page.trimEnd()}\n\n${written}\n`.trimStart();
  return page.slice(0, page.indexOf(begin)) + written + page.slice(page.indexOf(end) + end.length);
}

/** Writes the measured figures as Markdown. A part without figures is left out. */
export function section({ commits = {}, peers, growth = {}, pfx, chromium, import: imports }) {
  const blocks = [
    commitsBlock(commits),
    peers && peersBlock(peers),
    (growth.creates || growth.lists || growth.memory || imports) && growthHead(growth),
    growth.creates && createsBlock(growth.creates),
    growth.lists && listsBlock(growth.lists),
    growth.memory && memoryBlock(growth.memory),
    imports && importBlock(imports),
    pfx && pfxBlock(pfx, chromium),
    checksBlock({ growth, imports }),
  ];
  return blocks.filter((block) => block).join("\n\n");
}

/** Parts of one commit are listed together. */
function commitsBlock(commits) {
  const lines = [...new Set(Object.values(commits))].map((commit) => {
    const parts = Object.keys(commits).filter((part) => commits[part] === commit);
    return `- Commit ${commit}: ${parts.join(", ")}.`;
  });
  return lines.length > 0 && `The parts of the benchmark ran with these builds:\n\n${lines.join("\n")}`;
}

function peersBlock({ nodes, cpus, rounds, seconds, results }) {
  const creates = nodes.map((node) =>
    createsTable(
      node,
      results.filter((each) => each.node === node && each.scenario === "create4k" && each.connections === 16),
    ),
  );
  return `## Beside other servers

![Throughput and CPU time per create, compared with a bare server](results.svg)

Candidates take turns: ${rounds} rounds of ${seconds} s each, on ${cpus} cores that the load generator and the stand-in for Graph share. The figures are
medians of the rounds' ratios to the bare server of the same round; in brackets the middle half of the rounds. results.json has every round.

${creates.join("\n\n")}

### Other scenarios

Throughput relative to the bare server, with 16 connections unless said. The last column is the median time of an answer over one connection.

${otherScenarios(nodes, results)}`;
}

/** Creates of 4 KB over 16 connections, the fastest first. */
function createsTable(node, rows) {
  const peers = rows.filter(({ candidate }) => candidate !== "limit");
  const sorted = peers.toSorted((one, other) => other.perSecondToLimit - one.perSecondToLimit);
  const cells = sorted.map(({ candidate, title, perSecondToLimit, perSecondToLimitOfRounds, cpuToLimit, ...each }) => [
    candidate === "gateway" ? `**${title}**` : title,
    withRounds(perSecondToLimit, perSecondToLimitOfRounds),
    cpuToLimit.toFixed(2),
    `${number(each.startMs)} ms`,
    `${number(each.idleMb)} / ${number(each.peakMb)}`,
    each.duties,
  ]);
  const head = ["create, 4 KB, 16 connections", "throughput", "CPU time", "first answer", "MB idle / peak", "duties"];
  const perSecond = (name) => number(rows.find(({ candidate }) => candidate === name)?.perSecond ?? 0);
  return `### Node.js ${node}

On this machine the bare server answers ${perSecond("limit")} creates a second, and this gateway ${perSecond("gateway")}.

${table(head, cells)}`;
}

function withRounds(ratio, ratios) {
  const [from, to] = middleHalf(ratios);
  return `${ratio.toFixed(2)} (${from.toFixed(2)}–${to.toFixed(2)})`;
}

function otherScenarios(nodes, results) {
  const columns = [
    ["create, 128 connections", "create4k", 128],
    ["create, 256 KB", "create256k", 16],
    ["list of 100", "list100", 16],
    ["100 entities", "entities100", 16],
    ["plural create of 200", "plural200", 16],
    ["create, Graph takes 100 ms", "create4kSlow", 1],
  ];
  const candidates = [...new Map(results.map(({ candidate, title }) => [candidate, title]))];
  const rows = nodes.flatMap((node) =>
    candidates.map(([candidate, title]) => [
      `${title.replace(/^limit: .*/, "bare server")}, Node.js ${Number.parseInt(node, 10)}`,
      ...columns.map(([, scenario, connections]) => {
        const found = results.find(
          (each) =>
            each.candidate === candidate &&
            each.node === node &&
            each.scenario === scenario &&
            each.connections === connections,
        );
        if (found === undefined) return "";
        if (scenario === "create4kSlow") return `${found.p50Ms.toFixed(1)} ms`;
        if (candidate === "limit") return "1";
        return withRounds(found.perSecondToLimit, found.perSecondToLimitOfRounds);
      }),
    ]),
  );
  return table(["", ...columns.map(([title]) => title)], rows);
}

function growthHead({ node, rounds, seconds }) {
  const how =
    rounds === undefined
      ? ""
      : `\n\nMedians of ${rounds} rounds with Node.js ${node}, creates of ${seconds} s each; results.json has the lowest and the highest. Memory and imports are measured once.`;
  return `## How cost grows${how}`;
}

function createsBlock(creates) {
  const of = (bytes) => creates.find((each) => each.candidate === "gateway" && each.bytes === bytes);
  const [small, large] = [of(4096), of(1024 * 1024)];
  return `![Creates per second by file size](growth-creates.svg)

**File size.** One core creates ${number(small.perSecond)} certificates a second with files of 4 KB, and ${number(large.perSecond)} with files of 1 MB. This is
${small.perSecondToLimit.toFixed(2)} and ${large.perSecondToLimit.toFixed(2)} times the bare server's throughput. Graph's quota is 4.88 a second.`;
}

function listsBlock(lists) {
  const of = (kind, records) => lists.find((each) => each.kind === kind && each.records === records);
  const [all, direct, purpose, user] = ["all", "direct", "onePurpose", "oneUser"].map((kind) => of(kind, 100_000));
  return `![List time by collection size](growth-lists.svg)

**Collection size.** A list of all 100,000 certificates takes ${number(all.ms)} ms and ${number(all.graphRequests)} requests to Graph; without a gateway
${number(direct.ms)} ms. A filter by user is Graph's work: ${number(user.ms)} ms, ${number(user.graphRequests)} request. A filter by purpose is the gateway's: it
reads every page until it has found enough, here ${number(purpose.graphRequests)} requests and ${number(purpose.ms)} ms. The stand-in for Graph answers at once; add the time
that Graph takes for each request.`;
}

function memoryBlock(memory) {
  const of = (bytes, underWay) =>
    memory.find((each) => each.candidate === "gateway" && each.bytes === bytes && each.underWay === underWay);
  return `![Peak memory by creates under way](growth-memory.svg)

**Requests under way.** With files of 4 KB the peak is ${number(of(4096, 1).peakMb)} MB for one create at a time and ${number(of(4096, 1000).peakMb)} MB for 1,000; with
files of 256 KB ${number(of(262_144, 100).peakMb)} MB for 100. The gateway refuses more than 64 MiB of bodies at a time, so the line of 256 KB ends at 100.`;
}

function importBlock(imports) {
  const hasLong = imports.some(({ files, quota }) => files === 10_000 && quota === 100);
  const rows = imports.map(({ files, quota, seconds, perSecond, toQuota, peakMb, firstCreatedSeconds }) => [
    number(files),
    quota,
    number(seconds),
    number(perSecond),
    toQuota.toFixed(2),
    number(peakMb),
    number(firstCreatedSeconds),
  ]);
  return `![Import time by number of files](growth-import.svg)

**Number of files.** \`intune-pfx import\` against the emulator, with Graph's quota of 100 writes in 20 s and with five times that. The first window
is free, so a small import is faster than the quota's rate.${hasLong ? "" : " 10,000 files at Graph's quota take 34 minutes, and are measured with `--long` only."}

${table(["files", "writes in 20 s", "seconds", "files/s", "÷ quota", "peak memory, MB", "first created, s"], rows)}`;
}

function pfxBlock({ node, rounds, results }, chromium) {
  const names = { open: "open", forge: "open, node-forge", pkijs: "open, PKI.js" };
  const files = [...new Set(results.map(({ file }) => file))];
  const readers = [...new Set(results.map(({ reader }) => reader))];
  const cell = (result) => {
    if (result === undefined) return "";
    if (result.error !== undefined) return "can't read";
    const [least, most] = result.perSecondAndCoreOfRounds.map(number);
    return `${number(result.perSecondAndCore)} (${least}–${most})`;
  };
  const line = (title, all, reader) => [
    title,
    ...files.map((file) => cell(all.find((each) => each.file === file && each.reader === reader))),
  ];
  const rows = readers.map((reader) => line(`Node.js, ${names[reader] ?? reader}`, results, reader));
  const inChromium = chromium?.results ?? [];
  for (const reader of new Set(inChromium.map((each) => each.reader)))
    rows.push(line(`Chromium, ${names[reader] ?? reader}`, inChromium, reader));
  const browser = chromium === undefined ? "" : `, and ${chromium.rounds} in Chromium ${chromium.chromium}`;
  return `## Files prepared per second and core

Medians of ${rounds} rounds in Node.js ${node.replace("v", "")}${browser}; in brackets the lowest and the highest. CPU time counts all threads.
\`compatible\` and \`modern\` encrypt the file anew, \`keep\` does not. The files of ct38 and nss3110 have three times 600,000 rounds.

${table(["", ...files], rows)}`;
}

function checksBlock(measured) {
  const rows = checks(measured);
  if (rows.length === 0) return "";
  return `## The arithmetic of scaling.md\n\n${table(["statement", "computed", "measured"], rows)}`;
}
