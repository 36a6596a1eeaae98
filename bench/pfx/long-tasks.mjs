#!/usr/bin/env node
/**
 * How long `intune-pfx-client` holds the main thread of a page that prepares files without a worker: the longest task of each
 * preparation, as Chromium's trace has it, on the clock and in CPU time. The page is that of `test/browser`.
 */
import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { runnerImport } from "vite";

const load = async (path) => (await runnerImport(join(import.meta.dirname, "../../test", path))).module;
const { launchChromium, openTab } = await load("browser/chromium.ts");
const { buildPage, servePage } = await load("browser/packed-page.ts");
const { decryptPassword, keyFile, pfxFile } = await load("client/vectors.ts");
const { aCertificate, aPfx, pkcs8Of } = await load("support/pfx.ts");

const publicKey = new TextDecoder().decode(keyFile("connector.spki.pem"));
const keyName = "PFXEncryptionKey";
const intendedPurpose = "SMIME_ENCRYPTION";
const repetitions = 5;

/** Nearly 1 MiB under 3DES: a key, its certificate and 400 others. */
async function largeFile() {
  const { prepareUserPfxCertificate } = await import("intune-pfx-client"); // built by now: the page is made of it
  const user = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const authority = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const own = aCertificate({ publicKey: user.publicKey, rfc822Names: ["user1@contoso.example"] });
  const others = Array.from({ length: 400 }, (_, index) =>
    aCertificate({ publicKey: authority.publicKey, rfc822Names: [`${"a".repeat(1950)}${index}@contoso.example`] }),
  );
  const certificates = [own, ...others].map((der) => ({ der }));
  const plain = aPfx({ keys: [{ der: pkcs8Of(user.privateKey) }], certificates });
  const { input } = await prepareUserPfxCertificate(plain, "secret", { publicKey, keyName, intendedPurpose });
  return {
    pfx: Buffer.from(input.encryptedPfxBlob, "base64"),
    password: decryptPassword(input.encryptedPfxPassword, input.paddingScheme),
  };
}

/** The tasks of the page's main thread, in milliseconds: on the clock, and of them in CPU time. */
async function tasksOf(browser, url, { pfx, password, protection, refusal }) {
  const { context, page } = await openTab(browser, new URL(url).origin);
  await page.goto(url);
  await page.setInputFiles("[name=pfx]", { name: "user.pfx", mimeType: "application/x-pkcs12", buffer: pfx });
  await page.fill("[name=password]", password);
  await page.fill("[name=options]", JSON.stringify({ publicKey, keyName, intendedPurpose, protection }));
  await browser.startTracing(page, { categories: ["__metadata", "disabled-by-default-devtools.timeline"] });
  await page.click("button[value=prepareInPage]");
  const output = page.locator("output:not(:empty)");
  await output.waitFor({ state: "attached" });
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const { error } = JSON.parse(await output.textContent());
  await context.close();
  if (error?.code !== refusal) throw new Error(error?.message ?? "The file is not refused.");
  const mainThreads = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain")
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  return traceEvents
    .filter(({ name, pid, tid }) => name === "RunTask" && mainThreads.has(`${pid} ${tid}`))
    .map(({ dur = 0, tdur = 0 }) => ({ clockMs: dur / 1000, cpuMs: tdur / 1000 }));
}

function medianAndMost(values) {
  const sorted = values.toSorted((one, other) => one - other);
  return `${sorted[Math.floor(sorted.length / 2)].toFixed(0)}, ${sorted.at(-1).toFixed(0)}`;
}

const [browser, files] = await Promise.all([launchChromium(), buildPage()]);
const server = await servePage(files);
try {
  const password = "Passw0rd!";
  const large = await largeFile();
  const cases = [
    ["ordinary, AES", { pfx: pfxFile("w-win-aes.pfx"), password }],
    ["ordinary, AES, kept", { pfx: pfxFile("w-win-aes.pfx"), password, protection: "keep" }],
    ["ordinary, 3DES and RC2", { pfx: pfxFile("o30-legacy.pfx"), password }],
    ["GnuTLS, 600,000 rounds", { pfx: pfxFile("ct38-default.pfx"), password }],
    ["NSS, 600,000 rounds", { pfx: pfxFile("nss3110-default.pfx"), password }],
    [`3DES, ${large.pfx.length} bytes`, large],
    [`3DES, ${large.pfx.length} bytes, to AES`, { ...large, protection: "modern" }],
    ["8 MiB of base64", { pfx: Buffer.alloc(8 * 1024 * 1024, "M"), password, refusal: "NOT_A_PFX" }],
    ["8 MiB of zeros", { pfx: Buffer.alloc(8 * 1024 * 1024), password, refusal: "NOT_A_PFX" }],
  ];
  console.log("median, most | longest task, on the clock | longest task, CPU time | CPU time of all tasks");
  for (const [name, task] of cases) {
    const runs = [];
    for (let run = 0; run < repetitions; run += 1) {
      runs.push(await tasksOf(browser, server.url, { ...task, pfx: Buffer.from(task.pfx) }));
    }
    const longest = (unit) => medianAndMost(runs.map((tasks) => Math.max(...tasks.map((each) => each[unit]))));
    const all = medianAndMost(runs.map((tasks) => tasks.reduce((sum, { cpuMs }) => sum + cpuMs, 0)));
    console.log([name, longest("clockMs"), longest("cpuMs"), all].join(" | "));
  }
} finally {
  await browser.close();
  await server[Symbol.asyncDispose]();
}
