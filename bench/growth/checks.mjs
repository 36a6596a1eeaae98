/** Compares the arithmetic of docs/scaling.md with the measured figures. */
const windowSeconds = 20.5;
const number = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });

/** @returns rows of statement, computed, measured. */
export function checks({ growth, imports = [] }) {
  const { creates = [], lists = [], memory = [] } = growth;
  return [...imports.flatMap(importRows), ...listRows(lists), ...createRows(creates), ...memoryRows(memory)];
}

function importRows({ files, quota, seconds, createRequests, again }) {
  if (again || files <= quota) return [];
  const windows = Math.ceil(files / quota) - 1;
  const name = `${number(files)} files at ${quota} writes in 20 s`;
  const waits = windows === 1 ? "1 wait" : `${number(windows)} waits`;
  return [
    [`${name}: ${waits} of 20.5 s`, `${number(windows * windowSeconds)} s`, `${number(seconds)} s`],
    [`${name}: requests in batches of 20`, number(files / 20), number(createRequests)],
  ];
}

function listRows(lists) {
  const rows = lists
    .filter(({ kind, records }) => kind === "all" && records >= 1000)
    .map(({ records, graphRequests }) => [
      `list of ${number(records)}: requests to Graph`,
      number(records / 1000),
      number(graphRequests),
    ]);
  const largest = lists.find(({ kind, records }) => kind === "all" && records === 100_000);
  if (largest === undefined) return rows;
  const seconds = (largest.ms * 100) / 1000;
  return [
    ...rows,
    ["list of 10,000,000: the gateway takes less time than Graph's quota", "< 200 s", `${number(seconds)} s`],
  ];
}

function createRows(creates) {
  const create = creates.find(({ candidate, bytes }) => candidate === "gateway" && bytes === 4096);
  if (create === undefined) return [];
  return [
    ["creates of 4 KB on one core ÷ Graph's quota of 4.88 a second", "hundreds", number(create.perSecond / 4.88)],
    ["CPU time of a create of 4 KB", "0.15 to 0.65 ms", `${number(create.cpuUs / 1000)} ms`],
  ];
}

/** A process under load, and six times the bodies under way. */
function memoryRows(memory) {
  const own = memory.filter(({ candidate }) => candidate === "gateway");
  const underLoad = own.find(({ bytes, underWay }) => bytes === 4096 && underWay === 1);
  if (underLoad === undefined) return [];
  return own
    .filter(({ bytes, underWay }) => bytes === 262_144 && underWay > 1)
    .map(({ bytes, underWay, peakMb }) => {
      const bodiesMb = (underWay * bytes * (4 / 3)) / 1024 / 1024;
      return [
        `peak memory, ${underWay} creates of 256 KB under way`,
        `${number(underLoad.peakMb + 6 * bodiesMb)} MB`,
        `${number(peakMb)} MB`,
      ];
    });
}
