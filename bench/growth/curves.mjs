/** One function for each curve: measures it and returns its points. */
import { firstPagePath, lastUser } from "../collection.mjs";
import { median, range } from "../report.mjs";
import { answered, createOf } from "../scenarios.mjs";

const kilobyte = 1024;
const inTurns = ["limit", "gateway"];

/** Creates with 16 connections, by size of the file. The gateway and the limit take turns. */
export async function createsBySize({ start, load, rounds, seconds, warmUpSeconds }) {
  const running = new Map();
  const points = [];
  try {
    for (const name of inTurns) running.set(name, await start(name));
    for (const process of running.values()) {
      await load(process, { connections: 16, length: warmUpSeconds, particular: createOf(4 * kilobyte) });
    }
    for (const kilobytes of [1, 4, 16, 64, 256, 1024]) {
      const task = { connections: 16, length: seconds, particular: createOf(kilobytes * kilobyte) };
      const measured = new Map(inTurns.map((name) => [name, []]));
      for (const process of running.values()) await load(process, task);
      for (let round = 0; round < rounds; round++) {
        const order = round % 2 === 0 ? inTurns : inTurns.toReversed();
        for (const name of order) measured.get(name).push(await load(running.get(name), task));
      }
      for (const name of inTurns) {
        const own = measured.get(name);
        const ratios = own.map(({ perSecond }, round) => perSecond / measured.get("limit")[round].perSecond);
        points.push({
          candidate: name,
          bytes: kilobytes * kilobyte,
          perSecond: median(own.map(({ perSecond }) => perSecond)),
          perSecondToLimit: median(ratios),
          perSecondToLimitOfRounds: range(ratios),
          cpuUs: median(own.map(({ cpuUs }) => cpuUs)),
        });
      }
    }
  } finally {
    for (const process of running.values()) await process.stop();
  }
  return points;
}

/** Memory of a process that has so many creates under way for a while. Each point is a process of its own. */
export async function memoryByRequests({ start, load, seconds, upstream }) {
  // Graph is slow, so that all requests wait for it together.
  await upstream.ask({ delayMs: 500 });
  // The gateway holds bodies of 64 MiB at most: some 180 files of 256 KB. More requests are refused.
  const lines = [
    { candidate: "limit", kilobytes: 4, counts: [1, 10, 100, 1000] },
    { candidate: "gateway", kilobytes: 4, counts: [1, 10, 100, 1000] },
    { candidate: "gateway", kilobytes: 256, counts: [1, 10, 100] },
  ];
  const points = [];
  for (const { candidate, kilobytes, counts } of lines) {
    for (const underWay of counts) {
      const process = await start(candidate, { GRAPH_MAX_CONNECTIONS: "1024" });
      try {
        const idleMb = process.residentMb();
        const particular = createOf(kilobytes * kilobyte);
        const { p50Ms } = await load(process, { connections: underWay, length: 2 * seconds, particular });
        points.push({ candidate, bytes: kilobytes * kilobyte, underWay, idleMb, peakMb: process.peakMb(), p50Ms });
      } finally {
        await process.stop();
      }
    }
  }
  await upstream.ask({ delayMs: 0 });
  return points;
}

const page = `nodes { ${answered.join(" ")} } pageInfo { hasNextPage endCursor }`;
const query = `query List($first: Int, $after: String, $filter: UserPfxCertificateFilter) {
  userPfxCertificates(first: $first, after: $after, filter: $filter) { ${page} }
}`;

/** Time of one list, by records of the collection. Graph has 1,000 on a page; the client asks for 1,000 as well. */
const lists = {
  all: { first: 1000, expected: (records) => records },
  firstPage: { first: 50, isOnePage: true, expected: () => 50 },
  oneUser: { first: 50, filter: { userPrincipalName: lastUser }, expected: () => 1 },
  onePurpose: { first: 50, filter: { intendedPurpose: "SMIME_SIGNING" }, expected: () => 1 },
};

export async function listsBySize({ start, upstream, upstreamUrl, rounds, warmUpSeconds }) {
  const process = await start("gateway");
  const points = [];
  try {
    const url = `http://127.0.0.1:${process.port}/graphql`;
    await upstream.ask({ records: 10_000 });
    for (const end = performance.now() + warmUpSeconds * 1000; performance.now() < end; ) await listAll(url, lists.all);
    for (const records of [100, 1000, 10_000, 100_000]) {
      const measured = new Map(["direct", ...Object.keys(lists)].map((kind) => [kind, []]));
      for (let round = 0; round < rounds; round++) {
        for (const [kind, rows] of measured) {
          await upstream.ask({ records }); // counts from 0
          const startedAt = performance.now();
          const cpuBefore = process.cpuUs();
          const listed = kind === "direct" ? await readDirectly(upstreamUrl) : await listAll(url, lists[kind]);
          const ms = performance.now() - startedAt;
          const cpuMs = (process.cpuUs() - cpuBefore) / 1000;
          const expected = kind === "direct" ? records : lists[kind].expected(records);
          if (listed !== expected) throw new Error(`${kind}: listed ${listed} records, not ${expected}`);
          rows.push({ ms, cpuMs, graphRequests: await upstream.ask({}) });
        }
      }
      for (const [kind, rows] of measured) {
        const of = (property) => median(rows.map((row) => row[property]));
        const msOfRounds = range(rows.map(({ ms }) => ms));
        points.push({
          kind,
          records,
          ms: of("ms"),
          msOfRounds,
          cpuMs: of("cpuMs"),
          graphRequests: of("graphRequests"),
        });
      }
    }
  } finally {
    await process.stop();
  }
  return points;
}

/** @returns the number of certificates. */
async function listAll(url, { first, filter, isOnePage }) {
  let listed = 0;
  let after;
  for (;;) {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer bench-token" },
      body: JSON.stringify({ query, variables: { first, after, filter } }),
    });
    const { data, errors } = await response.json();
    if (errors !== undefined) throw new Error(`the list has errors: ${JSON.stringify(errors[0])}`);
    const { nodes, pageInfo } = data.userPfxCertificates;
    listed += nodes.length;
    if (isOnePage || !pageInfo.hasNextPage) return listed;
    after = pageInfo.endCursor;
  }
}

/** The same without a gateway: the least that a list of all takes. @returns the number of certificates. */
async function readDirectly(upstreamUrl) {
  let listed = 0;
  let url = `${upstreamUrl}${firstPagePath}`;
  while (url !== undefined) {
    const { value, "@odata.nextLink": next } = await (await fetch(url)).json();
    listed += value.length;
    url = next;
  }
  return listed;
}
