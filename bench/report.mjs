/** The run in tables, and one picture of it. */
import { scenarios } from "./scenarios.mjs";

export function median(values) {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The lowest and the highest value. */
export const range = (values) => [Math.min(...values), Math.max(...values)];

const withTwoDigits = (ratios) => ratios.map((ratio) => ratio.toFixed(2));

/** The bounds of the middle half. */
export function middleHalf(values) {
  const sorted = values.toSorted((one, other) => one - other);
  return [0.25, 0.75].map((share) => sorted[Math.round(share * (sorted.length - 1))]);
}

const columns = [
  ["candidate", ({ candidate }) => candidate],
  ["requests/s", ({ perSecond }) => perSecond.toFixed(0)],
  ["÷ limit", ({ perSecondToLimit }) => perSecondToLimit.toFixed(2)],
  ["half of the rounds", ({ perSecondToLimitOfRounds: all }) => withTwoDigits(middleHalf(all)).join("–")],
  ["CPU µs", ({ cpuUs }) => cpuUs.toFixed(0)],
  ["÷ limit", ({ cpuToLimit }) => cpuToLimit.toFixed(2)],
  ["CPU µs/item", ({ cpuUs, scenario }) => (cpuUs / scenarios[scenario].items).toFixed(0)],
  ["p50 ms", ({ p50Ms }) => p50Ms.toFixed(2)],
  ["p99 ms", ({ p99Ms }) => p99Ms.toFixed(2)],
  ["upstream", ({ upstreamRequests }) => upstreamRequests.toFixed(1)],
  ["peak MB", ({ peakMb }) => peakMb.toFixed(0)],
  ["idle MB", ({ idleMb }) => idleMb.toFixed(0)],
  ["start ms", ({ startMs }) => startMs.toFixed(0)],
  ["duties", ({ duties }) => duties],
];

/** Markdown: one table for each scenario and number of connections. Peak memory is that of all of a scenario. */
export function tables(results) {
  const groups = Map.groupBy?.(results, keyOf) ?? groupBy(results, keyOf);
  return [...groups.values()].map(table).join("\n\n");
}

const keyOf = ({ scenario, connections, node }) => `${scenario} ${connections} ${node}`;

function groupBy(values, key) {
  const groups = new Map();
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value]);
  return groups;
}

/** The first and the last column are words, the others figures. */
const isText = (column) => column === 0 || column === columns.length - 1;

function table(rows) {
  const [{ scenario, connections, node }] = rows;
  const cells = [columns.map(([name]) => name), ...rows.map((row) => columns.map(([, text]) => text(row)))];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  const lines = cells.map((row) => {
    const padded = row.map((text, column) =>
      isText(column) ? text.padEnd(widths[column]) : text.padStart(widths[column]),
    );
    return `| ${padded.join(" | ")} |`;
  });
  const rule = `|${widths.map((width, column) => (isText(column) ? "-".repeat(width + 2) : `${"-".repeat(width + 1)}:`)).join("|")}|`;
  const title = `${scenarios[scenario].title}, ${connections} connection${connections === 1 ? "" : "s"}, Node.js ${node}`;
  return [`### ${title}`, "", lines[0], rule, ...lines.slice(1)].join("\n");
}

const barHeight = 22;
const left = 390;
const width = 920;

/** Creates of 4 KB on 16 connections, or what else was measured first, as bars; undefined where nothing compares. */
export function chart(results) {
  const isMain = ({ scenario, connections }) => scenario === "create4k" && connections === 16;
  const first = results.find(isMain) ?? results[0];
  if (first === undefined) return undefined;
  const rows = results
    .filter((each) => keyOf(each) === keyOf(first) && each.candidate !== "also")
    .sort((one, other) => other.perSecondToLimit - one.perSecondToLimit);
  const longest = Math.max(...rows.map(({ perSecondToLimit }) => perSecondToLimit));
  const bars = rows.map(({ title, candidate, perSecondToLimit, cpuToLimit }, index) => {
    const y = 44 + index * (barHeight + 8);
    const length = Math.max(2, (perSecondToLimit / longest) * (width - left - 190));
    const fill = candidate === "gateway" ? "#0b6bcb" : "#9aa5b1";
    const figures = `${perSecondToLimit.toFixed(2)} · CPU × ${cpuToLimit.toFixed(1)}`;
    return [
      `<text x="${left - 10}" y="${y + 15}" text-anchor="end">${escapeXml(title)}</text>`,
      `<rect x="${left}" y="${y}" width="${length.toFixed(0)}" height="${barHeight}" rx="3" fill="${fill}"/>`,
      `<text x="${(left + length + 8).toFixed(0)}" y="${y + 15}">${figures}</text>`,
    ].join("\n");
  });
  const height = 44 + rows.length * (barHeight + 8) + 12;
  const title = `${scenarios[first.scenario].title}, ${first.connections} connections: throughput and CPU per request, the limit = 1`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="${escapeXml(title)}">
<rect width="${width}" height="${height}" fill="#ffffff"/>
<g fill="#1f2933">
<text x="14" y="24" font-weight="600">${escapeXml(title)}</text>
${bars.join("\n")}
</g>
</svg>
`;
}

export function escapeXml(text) {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
