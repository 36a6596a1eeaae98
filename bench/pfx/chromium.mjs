#!/usr/bin/env node
/**
 * Measures files prepared per second and core in Chromium; `run.mjs` measures Node.js. The CPU time includes all threads of the
 * page's process, WebCrypto's too. The page is the one of `test/browser`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build, runnerImport } from "vite";
import { range } from "../report.mjs";
import { files, readers } from "./readers.mjs";

const test = join(import.meta.dirname, "../../test");
const load = async (path) => (await runnerImport(join(test, path))).module;
const protections = ["compatible", "modern", "keep"];
const openers = ["open", "forge", "pkijs"];
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
const openersScript = await bundled("in-page.mjs");
const results = [];
try {
  const system = await browser.newBrowserCDPSession();
  for (const file of chosen) {
    for (const reader of openers) results.push(await measure(system, file, reader, openInPage));
    for (const reader of protections) results.push(await measure(system, file, reader, prepareInPage));
    console.error(`${file}, Chromium: done`);
  }
} finally {
  await browser.close();
  await server[Symbol.asyncDispose]();
}
console.log(`### In Chromium ${browser.version()}\n\n| file | reader | files/s and core | CPU ms |\n|---|---|--:|--:|`);
for (const { file, reader, error, perSecondAndCore, cpuMs } of results) {
  const figures = error === undefined ? [perSecondAndCore.toFixed(1), cpuMs.toFixed(0)] : ["can't read", ""];
  console.log(`| ${[files[file], readers[reader].title, ...figures].join(" | ")} |`);
}
if (values.out !== undefined) {
  const path = resolve(process.env.INIT_CWD ?? ".", values.out);
  const about = { chromium: browser.version(), rounds, seconds: milliseconds / 1000 };
  writeFileSync(path, `${JSON.stringify({ ...about, results }, null, 2)}\n`);
}

/**
 * Measures one reader with one file in a new page, and returns the medians.
 *
 * @param open prepares the page. Returns the function that the page runs in each round.
 */
async function measure(system, file, reader, open) {
  const { context, page } = await openTab(browser, new URL(server.url).origin);
  try {
    await page.goto(server.url);
    const { password, expect } = answers.find((each) => each.file === file);
    const again = await open(page, { file, reader, password, thumbprint: expect.thumbprint });
    await page.evaluate(again, milliseconds); // V8 compiles for a while
    const rows = [];
    for (let round = 0; round < rounds; round += 1) {
      const before = await renderersCpuMs(system);
      const { done, elapsedMs, error } = await page.evaluate(again, milliseconds);
      if (error !== undefined) return { file, reader, error };
      rows.push({ cpuMs: ((await renderersCpuMs(system)) - before) / done, wallMs: elapsedMs / done });
    }
    const [cpuMs, wallMs] = ["cpuMs", "wallMs"].map((unit) => median(rows.map((row) => row[unit])));
    const perSecondAndCoreOfRounds = range(rows.map((row) => 1000 / row.cpuMs));
    return { file, reader, perSecondAndCore: 1000 / cpuMs, perSecondAndCoreOfRounds, cpuMs, wallMs };
  } finally {
    await context.close();
  }
}

async function prepareInPage(page, { file, reader, password }) {
  await page.setInputFiles("[name=pfx]", join(test, "client/vectors/pfx", file));
  await page.fill("[name=password]", password);
  const options = { publicKey, keyName: "K", intendedPurpose: "SMIME_ENCRYPTION", protection: reader };
  await page.fill("[name=options]", JSON.stringify(options));
  return prepareAgain;
}

async function openInPage(page, { file, reader, ...answer }) {
  await page.evaluate(openersScript);
  const base64 = readFileSync(join(test, "client/vectors/pfx", file)).toString("base64");
  await page.evaluate((task) => Object.assign(globalThis, { task }), { base64, reader, ...answer });
  return openAgain;
}

/** Bundles one file and its imports into a script that a page can run. */
async function bundled(entry) {
  const lib = { entry: join(import.meta.dirname, entry), formats: ["iife"], name: "inPage" };
  const [{ output }] = await build({ configFile: false, logLevel: "warn", build: { lib, write: false } });
  return output[0].code;
}

/** In the page: the file again and again, one after the other. */
async function openAgain(milliseconds) {
  const { base64, reader, password, thumbprint } = globalThis.task;
  const file = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const startedAt = performance.now();
  let done = 0;
  try {
    do {
      const found = await globalThis.readers[reader](file, password);
      if (found !== thumbprint) throw new Error(`found the certificate ${found}`);
      done += 1;
    } while (performance.now() - startedAt < milliseconds);
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
  return { done, elapsedMs: performance.now() - startedAt };
}

/** In the page: the form's file again and again, one after the other. */
async function prepareAgain(milliseconds) {
  const form = document.querySelector("form");
  const output = document.querySelector("output");
  const button = document.querySelector("button[value=prepareInPage]");
  const startedAt = performance.now();
  let done = 0;
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
    done += 1;
  } while (performance.now() - startedAt < milliseconds);
  return { done, elapsedMs: performance.now() - startedAt };
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
