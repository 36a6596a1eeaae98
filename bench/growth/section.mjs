/** The part of docs/benchmarks.md that a run writes: charts, what to read from each, and the arithmetic of docs/scaling.md. */
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
export function section({ peers, growth = {}, pfx, chromium, import: imports }) {
  const blocks = [
    peers && peersBlock(peers),
    (growth.creates || growth.lists || growth.memory || imports) && "## How cost grows",
    growth.creates && createsBlock(growth.creates),
    growth.lists && listsBlock(growth.lists),
    growth.memory && memoryBlock(growth.memory),
    imports && importBlock(imports),
    pfx && pfxBlock(pfx, chromium),
    checksBlock({ growth, imports }),
  ];
  return blocks.filter((block) => block).join("\n\n");
}

function peersBlock({ results }) {
  const scenarios = [...new Set(results.map(({ scenario }) => scenario))];
  const keys = [...new Set(results.map(({ candidate, node }) => `${candidate}, Node.js ${node}`))];
  const rows = keys.map((key) => [
    key,
    ...scenarios.map((scenario) => {
      const own = results.filter(
        (each) => each.scenario === scenario && `${each.candidate}, Node.js ${each.node}` === key,
      );
      const shown = own.find(({ connections }) => connections === 16) ?? own[0];
      return shown === undefined ? "" : shown.perSecondToLimit.toFixed(2);
    }),
  ]);
  return `## Beside other servers\n\nThroughput, divided by that of the bare server in the same round.\n\n${table(["candidate", ...scenarios], rows)}`;
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
is free, so a small import is faster than the quota's rate.${hasLong ? "" : " 10,000 files at Graph's quota would take 34 minutes, and were not measured."}

${table(["files", "writes in 20 s", "seconds", "files/s", "÷ quota", "peak memory, MB", "first created, s"], rows)}`;
}

function pfxBlock({ results }, chromium) {
  const names = { open: "open", forge: "open, node-forge", pkijs: "open, PKI.js" };
  const files = [...new Set(results.map(({ file }) => file))];
  const readers = [...new Set(results.map(({ reader }) => reader))];
  const cell = (result) => {
    if (result === undefined) return "";
    return result.error === undefined ? number(result.perSecondAndCore) : "can't read";
  };
  const line = (title, all, key, value) => [
    title,
    ...files.map((file) => cell(all.find((each) => each.file === file && each[key] === value))),
  ];
  const rows = readers.map((reader) => line(`Node.js, ${names[reader] ?? reader}`, results, "reader", reader));
  const inChromium = (chromium?.results ?? []).map(({ protection }) => protection);
  for (const protection of new Set(inChromium))
    rows.push(line(`Chromium, ${protection}`, chromium.results, "protection", protection));
  return `## Files prepared per second and core

\`compatible\` and \`modern\` encrypt the file anew, \`keep\` does not. The files of ct38 and nss3110 have three times 600,000 rounds.

${table(["", ...files], rows)}`;
}

function checksBlock(measured) {
  const rows = checks(measured);
  if (rows.length === 0) return "";
  return `## The arithmetic of scaling.md\n\n${table(["statement", "computed", "measured"], rows)}`;
}
