/** The curves as pictures, by the name of their file. */
import { lineChart } from "./line-chart.mjs";

const number = (value) => value.toLocaleString("en", { maximumSignificantDigits: value < 100 ? 2 : 3 });
const size = (bytes) => (bytes < 1024 * 1024 ? `${bytes / 1024} KB` : `${bytes / 1024 / 1024} MB`);
const duration = (ms) => (ms < 1000 ? `${number(ms)} ms` : `${number(ms / 1000)} s`);
const names = { gateway: "this gateway", limit: "bare server" };

/** @param results of the whole benchmark: `growth` and `import`, each only if it was measured. */
export function charts({ growth = {}, import: imports }) {
  const { creates, lists, memory } = growth;
  return {
    ...(creates && { "growth-creates.svg": createsChart(creates) }),
    ...(lists && { "growth-lists.svg": listsChart(lists) }),
    ...(memory && { "growth-memory.svg": memoryChart(memory) }),
    ...(imports && { "growth-import.svg": importChart(imports) }),
  };
}

function createsChart(creates) {
  const line = (candidate) => ({
    title: names[candidate],
    points: creates
      .filter((each) => each.candidate === candidate)
      .map(({ bytes, perSecond }) => ({ x: bytes, y: perSecond })),
  });
  return lineChart({
    title: "Creates per second by file size, 16 connections",
    x: { title: "size of the file", text: size },
    y: { title: "creates per second, one core", text: number },
    series: [line("gateway"), line("limit")],
  });
}

function listsChart(lists) {
  const line = (kind, title) => ({
    title,
    points: lists.filter((each) => each.kind === kind).map(({ records, ms }) => ({ x: records, y: ms })),
  });
  return lineChart({
    title: "List time by collection size, with a Graph that answers at once",
    x: { title: "certificates in the collection", text: number },
    y: { title: "time until the whole answer", text: duration },
    series: [
      line("all", "all, 1,000 a page"),
      line("direct", "all, without a gateway"),
      line("onePurpose", "one purpose, one match"),
      line("firstPage", "first 50"),
      line("oneUser", "one user"),
    ],
  });
}

function memoryChart(memory) {
  const line = (candidate, kilobytes) => ({
    title: `${names[candidate]}, ${kilobytes} KB`,
    points: memory
      .filter((each) => each.candidate === candidate && each.bytes === kilobytes * 1024)
      .map(({ underWay, peakMb }) => ({ x: underWay, y: peakMb })),
  });
  return lineChart({
    title: "Peak memory by creates under way",
    x: { title: "creates under way", text: number },
    y: { title: "peak resident memory of the process", text: (value) => `${number(value)} MB` },
    series: [line("gateway", 4), line("gateway", 256), line("limit", 4)],
  });
}

function importChart(imports) {
  const quotas = [...new Set(imports.map(({ quota }) => quota))];
  return lineChart({
    title: "Import time by number of files",
    x: { title: "files in the folder", text: number },
    y: { title: "time until the end of the import", text: duration },
    series: quotas.map((quota) => ({
      title: `${quota} writes in 20 s`,
      points: imports
        .filter((each) => each.quota === quota)
        .map(({ files, seconds }) => ({ x: files, y: seconds * 1000 })),
    })),
  });
}
