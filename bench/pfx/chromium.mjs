#!/usr/bin/env node
/**
 * Measures files prepared per second and core in Chromium; `run.mjs` measures Node.js. The CPU time includes all threads of the
 * page's process, WebCrypto's too. The page is the one of `test/browser`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { runnerImport } from "vite";
import { files } from "./readers.mjs";

const test = join(import.meta.dirname, "../../test");
const load = async (path) => (await runnerImport(join(test, path))).module;
const protections = ["compatible", "modern", "keep"];
const help = `node bench/pfx/chromium.mjs [options]; it needs Chromium at /usr/bin/chromium or where CHROMIUM says
  --rounds <n>     rounds of each measurement (default 5)
  --seconds <s>    length of one measurement; one file at least (default 1)
  --only <name,…>  files: ${Object.keys(files).join(", ")} (default all)
  --out <file>     where the figures go as JSON (default: nowhere)`;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "1" },
    only: { type: "string", default: Object.keys(files).join(",") },
    out: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit();
}
const chosen = values.only.split(",");
const rounds = Number(values.rounds);
const milliseconds = Number(values.seconds) * 1000;
if (chosen.some((file) => !Object.hasOwn(files, file)) || !(rounds >= 1) || !(milliseconds >= 0)) {
  console.error(help);
  process.exit(64);
}

const { launchChromium, openTab } = await load("browser/chromium.ts");
const { buildPage, servePage } = await load("browser/packed-page.ts");
const answers = JSON.parse(readFileSync(join(test, "client/vectors/pfx.json"), "utf8"));
const publicKey = readFileSync(join(test, "client/vectors/keys/connector.spki.pem"), "utf8");
const browser = await launchChromium();
const server = await servePage(await buildPage());
const results = [];
try {
  const system = await browser.newBrowserCDPSession();
  for (const file of chosen) {
    for (const protection of protections) results.push(await measure(system, file, protection));
    console.error(`${file}, Chromium: done`);
  }
} finally {
  await browser.close();
  await server[Symbol.asyncDispose]();
}
console.log(
  `### In Chromium ${browser.version()}\n\n| file | protection | files/s and core | CPU ms |\n|---|---|--:|--:|`,
);
for (const { file, protection, perSecondAndCore, cpuMs } of results) {
  console.log(`| ${files[file]} | ${protection} | ${perSecondAndCore.toFixed(1)} | ${cpuMs.toFixed(0)} |`);
}
if (values.out !== undefined) {
  const path = resolve(process.env.INIT_CWD ?? ".", values.out);
  const about = { chromium: browser.version(), rounds, seconds: milliseconds / 1000 };
  writeFileSync(path, `${JSON.stringify({ ...about, results }, null, 2)}\n`);
}

/** The medians of one file in a page of its own. */
async function measure(system, file, protection) {
  const { context, page } = await openTab(browser, new URL(server.url).origin);
  try {
    await page.goto(server.url);
    await page.setInputFiles("[name=pfx]", join(test, "client/vectors/pfx", file));
    await page.fill("[name=password]", answers.find((each) => each.file === file).password);
    const options = { publicKey, keyName: "K", intendedPurpose: "SMIME_ENCRYPTION", protection };
    await page.fill("[name=options]", JSON.stringify(options));
    await page.evaluate(prepareAgain, milliseconds); // V8 compiles for a while
    const rows = [];
    for (let round = 0; round < rounds; round += 1) {
      const before = await renderersCpuMs(system);
      const { prepared, elapsedMs, error } = await page.evaluate(prepareAgain, milliseconds);
      if (error !== undefined) throw new Error(`${file}: ${error}`);
      rows.push({ cpuMs: ((await renderersCpuMs(system)) - before) / prepared, wallMs: elapsedMs / prepared });
    }
    const [cpuMs, wallMs] = ["cpuMs", "wallMs"].map((unit) => median(rows.map((row) => row[unit])));
    return { file, protection, perSecondAndCore: 1000 / cpuMs, cpuMs, wallMs };
  } finally {
    await context.close();
  }
}

/** In the page: the form's file again and again, one after the other. */
async function prepareAgain(milliseconds) {
  const form = document.querySelector("form");
  const output = document.querySelector("output");
  const button = document.querySelector("button[value=prepareInPage]");
  const startedAt = performance.now();
  let prepared = 0;
  do {
    const answered = new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        if (output.value === "") return;
        observer.disconnect();
        resolve(JSON.parse(output.value));
      });
      observer.observe(output, { childList: true, characterData: true, subtree: true });
    });
    form.requestSubmit(button);
    const { error } = await answered;
    if (error !== undefined) return { error: error.message };
    prepared += 1;
  } while (performance.now() - startedAt < milliseconds);
  return { prepared, elapsedMs: performance.now() - startedAt };
}

/** CPU time of all of Chromium's page processes: one page is open. */
async function renderersCpuMs(system) {
  const { processInfo } = await system.send("SystemInfo.getProcessInfo");
  return processInfo.filter(({ type }) => type === "renderer").reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0);
}

function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
