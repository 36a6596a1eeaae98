/**
 * The page as built, in Chromium (`CHROMIUM`, default /usr/bin/chromium), before a gateway and the emulator. Screenshots go to
 * the folder SCREENSHOTS, where that is set.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { env } from "node:process";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { importBuilt, encryptedPassword as password, startGateway } from "../../program.mjs";
import { servePage } from "../serve.mjs";

const executablePath = env.CHROMIUM ?? "/usr/bin/chromium";
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const maxScriptBytes = 150_000;
const file = { name: "adele.pfx", mimeType: "application/x-pkcs12", buffer: Buffer.from("a file that nobody may see") };

let browser;
let faults;
let seed;
let startEmulator;
before(async () => {
  if (!existsSync(executablePath)) {
    throw new Error(`No Chromium at ${executablePath}. On Debian: apt-get install chromium; elsewhere set CHROMIUM.`);
  }
  faults = await importBuilt("emulator/faults.js");
  ({ seedRecords: seed } = await importBuilt("emulator/seed.js"));
  ({ startEmulator } = await importBuilt("emulator/server.js"));
  browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
  });
});
after(() => browser?.close());

let emulator;
let gateway;
let site;
let context;
let page;
let complaints;
beforeEach(() => open());
afterEach(close);

async function open(options = {}) {
  emulator = await startEmulator({ seed: seed(25) });
  gateway = await startGateway({
    PORT: "0",
    GRAPH_BASE_URL: emulator.url,
    ALLOW_LOOPBACK_UPSTREAM: "true",
    AUTH_MODE: "none",
    REQUEST_DEADLINE_MS: "5000",
  });
  site = await servePage(gateway.url, 0);
  context = await browser.newContext({ viewport: { width: 1200, height: 860 }, ...options });
  page = await context.newPage();
  complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.origin !== new URL(site.url).origin && url.protocol !== "data:") complaints.push(request.url());
  });
  await page.goto(site.url);
  await page.locator("tbody tr").first().waitFor();
}

async function close() {
  for (const each of [context, site, gateway, emulator]) await each?.close();
}

const rows = () => page.locator("tbody tr");
const tab = (name) => page.getByRole("tab", { name });
const status = (text) => page.getByRole("status").filter({ hasText: text }).waitFor();
const alert = (text) => page.getByRole("alert").filter({ hasText: text }).first().waitFor();

/** What axe finds wrong with the page as it is; and a picture of it, for those who want to look. */
async function look(name) {
  if (env.SCREENSHOTS) await page.screenshot({ path: join(env.SCREENSHOTS, `${name}.png`) });
  await page.evaluate(axe); // past the page's policy, as an extension would
  const { violations } = await page.evaluate("axe.run()");
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`),
    [],
    name,
  );
}

async function fillIn(thumbprint = "ab".repeat(20)) {
  await tab("Import one").click();
  await page.getByLabel("User").fill("MeganB@contoso.example");
  await page.getByLabel("PFX file").setInputFiles(file);
  await page.getByLabel("Encrypted password").fill(password);
  await page.getByLabel("Thumbprint").fill(thumbprint);
  await page.getByLabel("Valid from").fill("2026-01-01");
  await page.getByLabel("Valid until").fill("2028-01-01");
}

const submit = () => page.getByRole("button", { name: "Import", exact: true }).click();

/** Every string that the page, its storage and its address hold, joined. */
async function everythingHeld() {
  return page.evaluate(() =>
    [
      document.documentElement.outerHTML,
      ...[...document.querySelectorAll("input")].map(({ value }) => value),
      JSON.stringify({ ...localStorage, ...sessionStorage }),
      location.href,
      document.cookie,
    ].join("\n"),
  );
}

const manifest = (...inputs) => ({
  name: "certificates.json",
  mimeType: "application/json",
  buffer: Buffer.from(JSON.stringify(inputs)),
});
const input = (number, given = {}) => ({
  thumbprint: String(number).padStart(40, "0"),
  intendedPurpose: "SMIME_SIGNING",
  userPrincipalName: `user${number}@contoso.example`,
  startDateTime: "2026-01-01T00:00:00Z",
  expirationDateTime: "2028-01-01T00:00:00Z",
  providerName: "Microsoft Software Key Storage Provider",
  keyName: "PFXEncryptionKey",
  paddingScheme: "OAEP_SHA512",
  encryptedPfxBlob: "AAAA",
  encryptedPfxPassword: password,
  ...given,
});

describe("the list", () => {
  it("shows ten and, page by page, all of them", async () => {
    assert.equal(await rows().count(), 10);
    await look("list");
    await page.getByRole("button", { name: "Load more" }).click();
    await rows().nth(19).waitFor();
    await page.getByRole("button", { name: "Load more" }).click();
    await rows().nth(24).waitFor();

    assert.equal(await page.getByRole("button", { name: "Load more" }).count(), 0);
    assert.deepEqual(complaints, []);
  });

  it("is filtered by user, and says so where nothing matches", async () => {
    const { userPrincipalName } = emulator.records[3];
    const wanted = emulator.records.filter((record) => record.userPrincipalName === userPrincipalName).length;
    await page.getByRole("searchbox").fill(userPrincipalName.toUpperCase());
    await page.getByRole("searchbox").press("Enter");
    await page.waitForFunction((count) => document.querySelectorAll("tbody tr").length === count, wanted);
    assert.equal((await rows().getByText(userPrincipalName).count()) >= wanted, true);

    await page.getByRole("searchbox").fill("nobody@contoso.example");
    await page.getByRole("searchbox").press("Enter");
    await page.getByText("No certificate matches.").waitFor();
    await look("list-empty");
  });

  it("has a certificate deleted after a question, by the keyboard alone", async () => {
    const { length } = emulator.records;
    await rows()
      .first()
      .getByRole("button", { name: /Delete/ })
      .focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await look("delete");
    await page.keyboard.press("Enter");
    await status("was deleted");

    assert.equal(emulator.records.length, length - 1);
  });

  it("gives a certificate another purpose", async () => {
    await rows().first().getByRole("combobox").selectOption("WIFI");
    await status("is now for Wi-Fi");

    assert.equal(emulator.records.filter(({ intendedPurpose }) => intendedPurpose === "wifi").length > 0, true);
  });

  it("says what is wrong where Graph fails, and tries again", async () => {
    emulator.faults.add(faults.answerStatus("GET", "/userPfxCertificates", 503, { times: 3 }));
    await page.reload();
    await alert("UPSTREAM_UNAVAILABLE");
    await look("list-failed");
    await page.getByRole("button", { name: "Try again" }).click();

    await rows().first().waitFor();
  });
});

describe("importing one", () => {
  it("stores it, and keeps neither file nor password", async () => {
    await fillIn();
    await look("import-one");
    await submit();
    await status("Imported for MeganB@contoso.example.");

    const stored = emulator.records.find(({ thumbprint }) => thumbprint === "ab".repeat(20));
    assert.equal(stored?.userPrincipalName, "MeganB@contoso.example");
    const held = await everythingHeld();
    for (const secret of [password, file.buffer.toString("base64"), file.buffer.toString()]) {
      assert.equal(held.includes(secret), false);
    }
    assert.deepEqual(complaints, []);
  });

  it("is done by the keyboard alone", async () => {
    await tab("Certificates").focus();
    await page.keyboard.press("ArrowRight");
    await page.getByLabel("PFX file").setInputFiles(file); // the system's own dialog is no part of the page
    await page.keyboard.press("Tab");
    const type = async (...texts) => {
      for (const text of texts) {
        await page.keyboard.type(text);
        await page.keyboard.press("Tab");
      }
    };
    await type("MeganB@contoso.example", "S/MIME s", "", password, "cd".repeat(20), "");
    await page.getByLabel("Valid from").focus();
    await page.keyboard.type("01012026");
    await page.getByLabel("Valid until").focus();
    await page.keyboard.type("01012028");
    await page.keyboard.press("Enter");

    await status("Imported for MeganB@contoso.example.");
  });

  it("says CONFLICT of a duplicate", async () => {
    await fillIn();
    await submit();
    await status("Imported");
    await fillIn();
    await submit();

    await alert("CONFLICT");
    await look("import-one-duplicate");
  });

  it("shows what the gateway finds wrong at the fields", async () => {
    await fillIn("short");
    await page.getByLabel("Valid until").fill("");
    await submit();
    await alert("BAD_USER_INPUT");
    await look("import-one-invalid");

    const described = async (label) => {
      const id = (await page.getByLabel(label).getAttribute("aria-describedby"))?.split(" ").at(-1);
      return page.evaluate((id) => document.getElementById(id)?.textContent, id);
    };
    assert.match(await described("Thumbprint"), /40 hexadecimal/);
    assert.equal(await page.getByLabel("Valid until").getAttribute("aria-invalid"), "true");
    assert.equal(await page.getByLabel("User").getAttribute("aria-invalid"), "false");
  });

  it("counts the seconds down where Graph throttles", async () => {
    emulator.faults.add(faults.throttle("POST", "/userPfxCertificates", 60_000));
    await fillIn();
    await submit();

    await alert(/Try again in \d\d s/);
    await look("import-one-throttled");
  });

  it("tells the truth where the outcome is unknown", async () => {
    emulator.faults.add(
      faults.dropAnswer("POST", "/userPfxCertificates"),
      faults.answerStatus("GET", "/userPfxCertificates", 503, { times: 50 }),
    );
    await fillIn();
    await submit();

    await alert("OUTCOME_UNKNOWN");
    await page.getByText("it will not be stored twice").waitFor();
  });
});

describe("importing many", () => {
  const choose = (...inputs) => page.getByLabel("Certificates", { exact: true }).setInputFiles(manifest(...inputs));

  it("shows the progress, what failed and why, and sends only that again", async () => {
    await tab("Import many").click();
    const inputs = Array.from({ length: 45 }, (_, number) => input(number));
    emulator.faults.add(faults.answerStatus("POST", "/$batch", 403, { skip: 1 }));
    await choose(...inputs, input(45, { thumbprint: "short" }));
    await page.getByRole("button", { name: "Import 46 certificates" }).click();
    await status("25 imported, 21 failed, 0 to go");
    await look("import-many-failed");
    await page.getByRole("button", { name: "Retry what failed" }).click();
    await status("20 imported, 1 failed, 0 to go");
    await page.getByText("BAD_USER_INPUT").waitFor();

    const stored = emulator.records.map(({ thumbprint }) => thumbprint);
    assert.equal(new Set(stored).size, stored.length);
    assert.equal(
      inputs.every(({ thumbprint }) => stored.includes(thumbprint)),
      true,
    );
    assert.deepEqual(complaints, []);
  });

  it("refuses what is no list", async () => {
    await tab("Import many").click();
    await page
      .getByLabel("Certificates", { exact: true })
      .setInputFiles({ name: "x.json", mimeType: "application/json", buffer: Buffer.from("{") });

    await page.getByText("This is no JSON array of certificates.").waitFor();
    await look("import-many-unreadable");
  });
});

describe("the page", () => {
  for (const [name, options] of [
    ["dark", { colorScheme: "dark" }],
    ["phone", { viewport: { width: 390, height: 844 } }],
    ["phone-dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
  ]) {
    it(`has nothing that axe finds wrong: ${name}`, async () => {
      await close();
      await open(options);
      await look(`list-${name}`);
      await fillIn("short");
      await submit();
      await alert("BAD_USER_INPUT");
      await look(`import-one-invalid-${name}`);
      await tab("Import many").click();
      await look(`import-many-${name}`);

      const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
      assert.equal(scrollWidth, clientWidth);
    });
  }

  it("loads less than 150 KB of JavaScript, gzipped", () => {
    const folder = new URL("../dist/assets/", import.meta.url);
    const scripts = readdirSync(folder).filter((name) => name.endsWith(".js"));
    const bytes = scripts.reduce((sum, name) => sum + gzipSync(readFileSync(new URL(name, folder))).length, 0);

    assert.ok(bytes > 0 && bytes < maxScriptBytes, `${bytes} bytes`);
  });
});
