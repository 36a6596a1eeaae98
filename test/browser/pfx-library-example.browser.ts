/**
 * `examples/pfx-library/browser`, built and served by Vite with the example's own configuration, in Chromium (`CHROMIUM`,
 * default /usr/bin/chromium).
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { build, type InlineConfig, preview } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { alias } from "../../vitest.config.ts";
import { decryptPassword, vectors } from "../client/vectors.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";

const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
const example = fileURLToPath(new URL("../../examples/pfx-library/browser/", import.meta.url));
const vectorPath = (path: string) => fileURLToPath(new URL(`../client/vectors/${path}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "pfx-library-example-"));

const config: InlineConfig = {
  root: example,
  logLevel: "warn",
  publicDir: join(folder, "public"),
  resolve: { alias },
  build: { outDir: join(folder, "dist"), emptyOutDir: true },
};
let browser: Browser;

beforeAll(async () => {
  if (!existsSync(executablePath)) {
    throw new Error(`No Chromium at ${executablePath}. On Debian: apt-get install chromium; elsewhere set CHROMIUM.`);
  }
  mkdirSync(join(folder, "public"));
  copyFileSync(vectorPath("keys/connector.rsapublicblob"), join(folder, "public/connector-key"));
  await build(config);
  browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
  });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true });
});

/** Fills in the form once for each of `files`, and returns what the page says. */
async function importFiles(gateway: TestGateway, files: readonly { path: string; password: string }[]) {
  const { origin } = new URL(gateway.url);
  const server = await preview({
    ...config,
    preview: { host: "127.0.0.1", port: 0, proxy: { "/graphql": origin } },
  });
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const complaints: string[] = [];
    const sent: string[] = [];
    context.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    context.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
    page.on("worker", (worker) => complaints.push(...(worker.url().startsWith("http:") ? [] : [worker.url()])));
    await page.route("**/favicon.ico", (route) => route.fulfill({ status: 204 }));
    const address = server.httpServer.address();
    const answer = await page.goto(`http://127.0.0.1:${typeof address === "object" ? address?.port : address}/`);
    const said: string[] = [];
    for (const { path, password } of files) {
      await page.locator("[name=pfx]").setInputFiles(path);
      await page.locator("[name=password]").fill(password);
      await page.getByRole("button", { name: "Import" }).click();
      await expect.poll(() => page.locator("output").textContent(), { timeout: 20_000 }).not.toMatch(/^(Importing…)?$/);
      said.push((await page.locator("output").textContent()) ?? "");
      expect(await page.locator("[name=password]").inputValue()).toBe("");
    }
    return {
      said,
      sent,
      complaints,
      policy: answer?.headers()["content-security-policy"],
      workers: page.workers().length,
    };
  } finally {
    await context.close();
    await server.close();
  }
}

describe("the browser example of the PFX library", () => {
  it("imports a file under a strict policy, and explains why other files fail", async () => {
    await using gateway = await startGateway({ config: { authMode: "none" } });
    const o30 = vectorPath("pfx/o30-default.pfx");

    const { said, sent, ...rest } = await importFiles(gateway, [
      { path: o30, password: "Passw0rd!" },
      { path: o30, password: "Passw0rd!" },
      { path: o30, password: "wrong" },
      { path: vectorPath("pfx/o30-legacy.pfx"), password: "Passw0rd!" },
    ]);

    const note = "Note: this certificate serves for encryption and for signing; it is imported for encryption.";
    expect(said).toEqual([
      `Imported for user1@contoso.example. ${note}`,
      `user1@contoso.example has this certificate already. ${note}`,
      "the password does not open this file, or the file is damaged (WRONG_PASSWORD)",
      expect.stringMatching(/^(Imported for|user1@contoso.example has)/),
    ]);
    expect(rest).toEqual({ complaints: [], policy: "default-src 'self'", workers: 0 });
    expect(sent.filter((request) => request.includes("encryptedPfxBlob"))).toHaveLength(3);
    expect(sent.join()).not.toContain("Passw0rd!");
    const [record] = gateway.emulator.records;
    expect(record?.thumbprint).toBe(vectors.find(({ file }) => file === "o30-default.pfx")?.expect?.thumbprint);
    expect(decryptPassword(String(record?.encryptedPfxPassword), "OAEP_SHA512")).toMatch(/^[A-Za-z2-9]{32}$/);
  });
});
