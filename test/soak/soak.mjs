/**
 * The gateway under minutes of mixed faults, looked at from outside: does it keep what it should let go, and does it claim
 * what is not so? `npm run soak -- --minutes 2`. Graph is the emulator, in this process, so that its ledger can be held
 * against what was answered; the gateway is a process of its own. Exit code 1 where a promise is broken.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Agent, fetch } from "undici";
import { startGateway } from "./gateway.mjs";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });
const minutes = Number(values.minutes);
if (!(minutes >= 0.5 && minutes <= 600)) throw new Error("--minutes must be a number from 0.5 to 600");

const perSecond = 50;
const deadlineMs = 2000;
const durationMs = minutes * 60_000;
/** Caches fill, code is compiled: what grows then is no leak. */
const warmUpMs = Math.min(60_000, durationMs / 3);
const sampleMs = 5000;
/** Connections to Graph: kept open for as long as Graph allows, which is longer than this waits. */
const maxConnections = 32;
const limits = {
  heapMbPerMinute: 1,
  fdsAboveRest: maxConnections + 5,
  livenessMs: 2000,
  lateMs: 250,
  lateShare: 0.005,
};

const dist = new URL("../../dist/", import.meta.url);
const { startEmulator } = await import(new URL("emulator/server.js", dist).href);
const faults = await import(new URL("emulator/faults.js", dist).href);

const certificate = "id userPrincipalName thumbprint keyName lastModifiedDateTime";
const operations = {
  create: `mutation ($input: CreateUserPfxCertificateInput!) { createUserPfxCertificate(input: $input) { ${certificate} } }`,
  createMany: `mutation ($inputs: [CreateUserPfxCertificateInput!]!) { createUserPfxCertificates(inputs: $inputs) { results { __typename ... on UserPfxCertificate { id } ... on UserPfxCertificateFailure { code } } } }`,
  read: `query ($id: ID!) { userPfxCertificate(id: $id) { ${certificate} } }`,
  list: `query { userPfxCertificates(first: 50) { nodes { ${certificate} } pageInfo { hasNextPage endCursor } } }`,
  update: `mutation ($id: ID!, $input: UpdateUserPfxCertificateInput!) { updateUserPfxCertificate(id: $id, input: $input) { ${certificate} } }`,
  delete: "mutation ($id: ID!) { deleteUserPfxCertificate(id: $id) }",
};

/** Keeps connections, but for less time than the gateway offers: what it holds at rest is to be its own. */
const dispatcher = new Agent({ keepAliveMaxTimeout: 2000 });

/** Claims of the gateway, by what the ledger knows of them: thumbprints of creates, ids of the rest. */
const claims = { POST: new Map(), PATCH: new Map(), DELETE: new Map() };
/** Writes that took effect, in the same way; of a create the id as well. */
const applied = { POST: new Map(), PATCH: new Map(), DELETE: new Map() };
const live = [];
const breaches = new Set();
const counts = { asked: 0, success: 0, unknown: 0, failed: 0, left: 0, late: 0 };
const codes = {};
const wrong = (what) => breaches.add(what);

const pick = (list) => list[Math.floor(Math.random() * list.length)];
const take = (list) => (list.length === 0 ? undefined : list.splice(Math.floor(Math.random() * list.length), 1)[0]);

const { input: sample } = JSON.parse(readFileSync(new URL("../../operations/variables.json", import.meta.url), "utf8"));

function anInput() {
  return {
    thumbprint: randomUUID().replaceAll("-", "").padEnd(40, "0"),
    intendedPurpose: "SMIME_ENCRYPTION",
    userPrincipalName: `user-${Math.floor(Math.random() * 50)}@contoso.example`,
    startDateTime: "2026-01-01T00:00:00Z",
    expirationDateTime: "2028-01-01T00:00:00Z",
    providerName: "Microsoft Software Key Storage Provider",
    keyName: "PFX encryption key",
    paddingScheme: "OAEP_SHA512",
    encryptedPfxBlob: Buffer.alloc(4096, Math.floor(Math.random() * 256)).toString("base64"),
    encryptedPfxPassword: sample.encryptedPfxPassword,
  };
}

/** One accident, for the next request that it fits. */
function anAccident() {
  const { answerStatus, dropAnswer, dropRequest, garbleAnswer, floodAnswer, hangAfterApplying } = faults;
  const { hangBeforeApplying, stallAnswer, throttle, truncateAnswer } = faults;
  const where = [pick(["POST", "POST", "GET", "PATCH", "DELETE"]), /./];
  const status = () => pick([500, 502, 503, 504]);
  return pick([
    () => dropRequest(...where),
    () => dropAnswer(...where),
    () => answerStatus(...where, status()),
    () => answerStatus(...where, status(), { apply: true }),
    () => answerStatus(...where, pick([400, 401, 403, 409, 412])),
    () => throttle(...where, 300, pick(["seconds", "fraction", "date", "millisecondsHeader", "nested", "none"])),
    () => hangBeforeApplying(...where),
    () => hangAfterApplying(...where),
    () => truncateAnswer(...where),
    () => stallAnswer(...where),
    () => garbleAnswer(...where, pick(["html", "brokenJson"])),
    () => floodAnswer(...where, 200_000),
  ])();
}

/** @returns the answer; undefined where the client went away. */
async function ask(url, operation, variables) {
  counts.asked += 1;
  const leaves = Math.random() < 0.03;
  const startedAt = performance.now();
  try {
    const response = await fetch(url, {
      dispatcher,
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer soak" },
      body: JSON.stringify({ query: operations[operation], variables }),
      signal: AbortSignal.timeout(leaves ? 1 + Math.floor(Math.random() * 100) : 4 * deadlineMs),
    });
    const answer = await response.json();
    const tookMs = performance.now() - startedAt;
    if (tookMs > deadlineMs + limits.lateMs + lagMs) counts.late += 1;
    const code = answer.errors?.[0]?.extensions?.code;
    count(code);
    return { data: answer.data, code };
  } catch (error) {
    if (!leaves) wrong(`no answer: ${error.cause?.code ?? error.name}`);
    counts.left += 1;
    return undefined;
  }
}

function count(code) {
  if (code === undefined) counts.success += 1;
  else if (code === "OUTCOME_UNKNOWN") counts.unknown += 1;
  else counts.failed += 1;
  if (code !== undefined) codes[code] = (codes[code] ?? 0) + 1;
  if (code === "INTERNAL_SERVER_ERROR") wrong("INTERNAL_SERVER_ERROR");
}

const actions = {
  async create(url) {
    const input = anInput();
    const answer = await ask(url, "create", { input });
    if (answer !== undefined) created(input, answer.code, answer.data?.createUserPfxCertificate.id);
  },
  async createMany(url) {
    const inputs = Array.from({ length: 5 }, anInput);
    const answer = await ask(url, "createMany", { inputs });
    if (answer === undefined) return;
    for (const [index, input] of inputs.entries()) {
      const result = answer.data?.createUserPfxCertificates.results[index];
      created(input, result === undefined ? answer.code : result.code, result?.id);
    }
  },
  async read(url) {
    const id = pick(live) ?? "0123-4567";
    await ask(url, "read", { id });
  },
  list: (url) => ask(url, "list", {}),
  async update(url) {
    const id = take(live);
    if (id === undefined) return;
    const answer = await ask(url, "update", { id, input: { keyName: "changed" } });
    if (answer !== undefined) claims.PATCH.set(id, answer.code);
  },
  async delete(url) {
    const id = take(live);
    if (id === undefined) return;
    const answer = await ask(url, "delete", { id });
    if (answer !== undefined) claims.DELETE.set(id, answer.code);
  },
};
const mix = Object.entries({ create: 20, createMany: 3, read: 30, list: 17, update: 12, delete: 18 }).flatMap(
  ([name, share]) => Array(share).fill(name),
);

function created({ thumbprint }, code, id) {
  claims.POST.set(thumbprint, code === undefined ? { id } : { code });
  if (code === undefined) live.push(id);
}

/** Takes the ledger over, so that the emulator needn't keep it. */
function readLedger(emulator) {
  for (const { method, id, thumbprint } of emulator.ledger) {
    const key = method === "POST" ? thumbprint : id;
    applied[method].set(key, [...(applied[method].get(key) ?? []), id]);
  }
  emulator.reset();
}

function compare() {
  for (const [method, ofMethod] of Object.entries(claims)) {
    for (const [key, claim] of ofMethod) {
      const code = method === "POST" ? claim.code : claim;
      const ids = applied[method].get(key) ?? [];
      if (code === undefined && ids.length === 0) wrong(`${method}: success without an effect`);
      if (code === undefined && method === "POST" && !ids.includes(claim.id)) wrong("POST: success with another id");
      const isDefinite = code !== undefined && code !== "OUTCOME_UNKNOWN" && code !== "CONFLICT";
      if (isDefinite && ids.length > 0) wrong(`${method}: ${code}, and an effect all the same`);
    }
  }
  for (const ids of applied.POST.values()) if (ids.length > 1) wrong("more than one record of a key");
}

/** Least squares: by how much `y` grows as `x` does by one, and the standard error of that. */
function slopeOf(points) {
  const sum = (of) => points.reduce((total, point) => total + of(point), 0);
  const [x, y] = [sum((point) => point.x) / points.length, sum((point) => point.y) / points.length];
  const spread = sum((point) => (point.x - x) ** 2);
  const slope = sum((point) => (point.x - x) * (point.y - y)) / spread;
  const rest = sum((point) => (point.y - y - slope * (point.x - x)) ** 2);
  return { slope, error: Math.sqrt(rest / (points.length - 2) / spread) };
}

/** How late this process itself is: the machine may be busy, and that is not the gateway's. */
let lagMs = 0;
let expectedAt = performance.now() + 100;
const lagTimer = setInterval(() => {
  const lateMs = Math.max(0, performance.now() - expectedAt);
  lagMs = Math.max(lateMs, lagMs * 0.97);
  expectedAt = performance.now() + 100;
}, 100);

for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1)); // which ends the gateway too
const watchdog = setTimeout(() => {
  console.error("The soak did not end by itself.");
  process.exit(1);
}, durationMs + 120_000);

const emulator = await startEmulator({ writeQuota: false });
const gateway = await startGateway({
  graphUrl: emulator.url,
  variables: { REQUEST_DEADLINE_MS: String(deadlineMs), GRAPH_MAX_CONNECTIONS: String(maxConnections) },
});
gateway.ended.then((code) => {
  if (!isOver) wrong(`the gateway ended with ${code}: ${gateway.errors}`);
});
let isOver = false;

const fdsAtRest = async () => {
  await wait(5000); // clients' idle connections are closed by then
  return (await gateway.metrics())("process_open_fds");
};
for (const name of ["create", "read", "list"]) await actions[name](gateway.url);
const before = await fdsAtRest();

const startedAt = performance.now();
const elapsedMs = () => performance.now() - startedAt;
const underWay = new Set();
let sent = 0;
const load = setInterval(() => {
  for (; sent < (elapsedMs() / 1000) * perSecond; sent++) {
    const done = actions[pick(mix)](gateway.url).finally(() => underWay.delete(done));
    underWay.add(done);
  }
}, 20);
// One that nothing has met with gives way to another: they are to come one by one, not in a row that opens the breaker.
const accidents = setInterval(() => {
  emulator.faults.clear();
  emulator.faults.add(anAccident());
}, 150);
const livenessTimer = setInterval(() => {
  fetch(new URL("/livez", gateway.url), {
    dispatcher,
    signal: AbortSignal.timeout(Math.round(limits.livenessMs + lagMs)),
  })
    .then((response) => response.arrayBuffer())
    .catch((error) => wrong(`/livez: ${error.name}`));
}, 1000);

const samples = [];
while (elapsedMs() < durationMs && !gateway.isEnded) {
  await wait(Math.min(sampleMs - (elapsedMs() % sampleMs), durationMs - elapsedMs()) + 1);
  if (gateway.isEnded) break;
  try {
    await gateway.collect();
    const metric = await gateway.metrics();
    const heapMb = metric("nodejs_heap_size_used_bytes") / 1e6;
    const fds = metric("process_open_fds");
    const delayMs = metric("nodejs_eventloop_lag_p99_seconds") * 1000;
    samples.push({ atMs: elapsedMs(), heapMb, fds });
    if (samples.length % 2 === 0) {
      const { asked, success, unknown, failed, left } = counts;
      const seconds = String(Math.round(elapsedMs() / 1000)).padStart(4);
      console.log(
        `${seconds} s  asked ${asked}: ${success} success, ${failed} failed, ${unknown} unknown, ${left} left; ` +
          `heap ${heapMb.toFixed(1)} MB, fds ${fds}, loop p99 ${delayMs.toFixed(0)} ms, records ${emulator.records.length}, under way ${underWay.size}`,
      );
    }
  } catch (error) {
    wrong(`no metrics: ${error.message}`);
  }
  readLedger(emulator);
}
clearInterval(load);
clearInterval(accidents);
emulator.faults.clear();
clearInterval(livenessTimer);
await Promise.all(underWay);
clearInterval(lagTimer);
let after = Number.NaN;
if (!gateway.isEnded) after = await fdsAtRest();
readLedger(emulator);
isOver = true;
const exitCode = await gateway.close();
if (exitCode !== 0) wrong(`exit code ${exitCode} after SIGTERM`);
if (gateway.errors !== "") wrong(`standard error: ${gateway.errors.slice(0, 500)}`); // unhandled rejections end up there
await emulator.close();
readLedger(emulator); // what was sent for clients that had gone
compare();

const measured = samples.filter(({ atMs }) => atMs >= warmUpMs);
const { slope, error } = slopeOf(measured.map(({ atMs, heapMb }) => ({ x: atMs / 60_000, y: heapMb })));
const fdsPeak = Math.max(...samples.map(({ fds }) => fds));
// Requests under way are in the heap as well. In two minutes they scatter it by more than the limit; in ten they don't matter.
if (!(slope - 2 * error < limits.heapMbPerMinute)) wrong(`the heap grows by ${slope.toFixed(2)} MB a minute`);
if (!(after <= before + limits.fdsAboveRest)) wrong(`descriptors at rest: ${before} before, ${after} after`);
// Single ones are the machine's: it may keep the gateway, and not this process, from running.
if (counts.late > counts.asked * limits.lateShare) wrong(`${counts.late} answers later than the deadline`);
if (counts.success < counts.asked / 2) wrong("most requests failed: nothing is told by that");

console.log(
  `\n${counts.asked} requests in ${minutes} minutes; ${counts.late} answered late; errors by code: ${JSON.stringify(codes)}
heap after full collections: ${slope.toFixed(2)} ± ${(2 * error).toFixed(2)} MB a minute over ${measured.length} samples (limit ${limits.heapMbPerMinute}), last ${samples.at(-1)?.heapMb.toFixed(1)} MB
descriptors: ${before} at rest before, ${fdsPeak} at the most, ${after} at rest after (limit ${before + limits.fdsAboveRest})
claims held against the ledger: ${claims.POST.size} creates, ${claims.PATCH.size} updates, ${claims.DELETE.size} deletions
${breaches.size === 0 ? "PASSED" : `FAILED:\n  ${[...breaches].join("\n  ")}`}`,
);
clearTimeout(watchdog);
process.exit(breaches.size === 0 ? 0 : 1);
