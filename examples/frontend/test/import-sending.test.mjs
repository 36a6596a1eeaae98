/** A run of the import, in Chromium: waits, pauses, faults, and what becomes of secrets. */
import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, it } from "node:test";
import { openImport } from "./import-view.mjs";
import { fileOf, pfx } from "./pfx-files.mjs";
import { faults } from "./portal.mjs";

const many = (count) => Array.from({ length: count }, (_, index) => pfx(`user${index}@contoso.example`));
const create = "/userPfxCertificates";
const batch = "/$batch";
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

let portal;
let emulator;
let page;
let complaints;
beforeEach(() => open());
afterEach(() => portal.close());

async function open(...given) {
  portal = await openImport(...given);
  ({ emulator, page, complaints } = portal);
}

describe("a run", () => {
  it("waits as long as Graph asks, says so, and goes on by itself", async () => {
    emulator.faults.add(faults.throttle("POST", create, 7_000));
    await portal.importAs(many(1));
    await page.getByText(/Microsoft Graph is busy\. Going on in \d s\./).waitFor();
    await portal.look("import-waiting");
    await portal.status("1 imported.");
  });

  it("sends again when the network is back, and nothing twice", async () => {
    await portal.choose(...many(45));
    await portal.unlock("secret");
    await portal.status("45 to import");
    const before = emulator.records.length;
    let requests = 0;
    await page.route("**/graphql", async (route) => {
      if (!(route.request().postData() ?? "").includes("createUserPfxCertificates(")) return route.continue();
      requests += 1;
      if (requests !== 2) return route.continue();
      await route.fetch(); // it arrives, but its answer does not
      await route.abort("internetdisconnected");
    });
    await portal.send();
    await page.getByText("No answer came. Sending again is safe.").waitFor();
    await portal.status(/25 imported, 20 already in Intune\./);

    assert.equal(emulator.records.length, before + 45);
  });

  it("pauses and goes on, also while the list is looked at, and sends once for two clicks", async () => {
    const bodies = portal.requests();
    emulator.faults.add(faults.delayAnswer("POST", batch, 1000, { times: 2 }));
    await portal.choose(...many(45));
    await portal.unlock("secret");
    await portal.button("Import 45 certificates").dblclick();
    await portal.button("Pause").click();
    await portal.status("Paused at 20 of 45");
    assert.equal(await page.evaluate(() => document.activeElement?.tagName === "BODY"), false);
    await portal.look("import-paused");
    await portal.button("Resume").click();
    await portal.tab("Certificates").click();
    await page.getByRole("searchbox").waitFor();
    await portal.tab("Import").click();
    await portal.status("45 imported.");

    assert.deepEqual(
      bodies.map((body) => JSON.parse(body).variables.inputs.length),
      [20, 20, 5],
    );
  });

  it("pauses where somebody must act, and goes on with the same inputs", async () => {
    emulator.faults.add(faults.answerStatus("POST", create, 403));
    const bodies = portal.requests();
    await portal.importAs(many(1));
    await portal.alert("You may not do this.");
    await portal.look("import-forbidden");
    await portal.button("Resume").click();
    await portal.status("1 imported.");

    assert.equal(bodies.length, 2);
    assert.equal(bodies[0], bodies[1]);
  });

  it("says at its row what Graph refuses, and sends that again", async () => {
    emulator.faults.add(faults.answerStatus("POST", create, 400));
    await portal.importAs(many(1));
    await portal.says("user0@contoso.example.pfx", "Most often the user does not exist under this name.");
    await portal.status("1 failed.");
    await portal.look("import-failed");
    await portal.button("Send 1 certificate again").click();
    await portal.status("1 imported.");
  });

  it("asks before the page is left, and forgets the files when another view is", async () => {
    await portal.choose(...many(1));
    await portal.unlock("secret");
    await portal.status("1 to import");
    assert.equal(page.workers().length, 1);
    await portal.tab("Certificates").click();
    await page.getByRole("searchbox").waitFor();
    await portal.tab("Import").click();
    assert.equal(await page.getByRole("rowheader").count(), 0);
    assert.equal(page.workers().length, 0);

    emulator.faults.add(faults.delayAnswer("POST", create, 3000));
    await portal.importAs(many(1));
    await portal.button("Pause").waitFor();
    const asked = page.waitForEvent("dialog");
    const leaving = page.close({ runBeforeUnload: true });
    const dialog = await asked;
    assert.equal(dialog.type(), "beforeunload");
    await dialog.dismiss();
    await leaving;
    await portal.status("1 imported.");
  });
});

describe("secrets", () => {
  it("neither password nor file stays on the page or in its memory, and no password leaves it", async () => {
    const password = "Canary-Pa55word-of-a-file";
    const sent = [];
    page.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
    const list = fileOf("users.csv", `path,password\nlisted@contoso.example.pfx,${password}-2\n`);
    await portal.choose(list, pfx("listed@contoso.example", { password: `${password}-2` }));
    await portal.says("users.csv:2 listed@contoso.example.pfx", "ready");
    await portal.button("Start over").click();

    await portal.choose(pfx("anna@contoso.example", { password }));
    await page.getByLabel("Password of the file").focus();
    await page.keyboard.insertText(password);
    await page.keyboard.press("Enter");
    await portal.send();
    await portal.status("1 imported.");

    const { encryptedPfxBlob, encryptedPfxPassword } = emulator.records.at(-1);
    const secrets = [password, encryptedPfxBlob, encryptedPfxPassword];
    const held = await everythingHeld();
    for (const secret of secrets) assert.equal(held.includes(secret), false);
    const memory = await memoryOf(page);
    assert.ok(memory.includes("anna@contoso.example"), "the snapshot has the page's texts");
    for (const secret of secrets) assert.equal(memory.includes(secret.slice(0, 60)), false);
    assert.equal(page.workers().length, 0);
    const requests = sent.join("\n");
    assert.ok(requests.includes(encryptedPfxBlob));
    assert.equal(requests.includes(password), false);
    assert.deepEqual(complaints, []);
  });

  it("are kept by a strict policy of the page's server, for the worker too", async () => {
    await portal.choose(...many(1));
    await page.getByLabel("Password of the file").waitFor();
    const [worker] = page.workers();
    const policies = await page.evaluate(async (workerUrl) => {
      const script = document.querySelector("script[type=module]").src;
      const answers = await Promise.all(["/", script, workerUrl, "/config.json"].map((path) => fetch(path)));
      return answers.map(({ headers }) => headers.get("content-security-policy"));
    }, worker.url());
    assert.deepEqual(new Set(policies), new Set([policy]));
    const refused = await page.evaluate(async () => {
      const violations = [];
      document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) =>
        violations.push(effectiveDirective),
      );
      const script = document.createElement("script");
      script.textContent = "window.wasRun = true";
      document.body.append(script);
      await fetch("https://elsewhere.example/").catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 100));
      return [...violations, window.wasRun];
    });
    assert.deepEqual(refused, ["script-src-elem", "connect-src", undefined]);
  });

  /** Every string that the page, its storage and its address hold, joined. */
  function everythingHeld() {
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
});

/** All strings on the page's heap, after the garbage is collected: Apollo's cache and React's state among them. */
async function memoryOf(page) {
  const session = await page.context().newCDPSession(page);
  const chunks = [];
  session.on("HeapProfiler.addHeapSnapshotChunk", ({ chunk }) => chunks.push(chunk));
  await session.send("HeapProfiler.collectGarbage");
  await session.send("HeapProfiler.takeHeapSnapshot");
  return JSON.parse(chunks.join("")).strings.join("\n");
}

describe("the connector's key", () => {
  const fingerprintOf = async (key) => {
    const der = key.export({ type: "spki", format: "der" });
    return Buffer.from(await crypto.subtle.digest("SHA-256", der)).toString("hex");
  };

  it("is the page's, shown by its fingerprint, and can be another one from a file", async () => {
    const sampleKey = createPublicKey(readFileSync(new URL("../../import-pfx/connector.key", import.meta.url)));
    const summary = page.getByText("Encrypted for the connector's key");
    assert.match(await summary.textContent(), new RegExp(`SHA-256 ${(await fingerprintOf(sampleKey)).slice(0, 8)}`));

    await summary.click();
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const pem = { type: "pkcs8", format: "pem" };
    await page.getByLabel("Public key, as a file").setInputFiles(fileOf("wrong.pem", privateKey.export(pem)));
    await page.getByText("This is a private key; never give it away: export the public key (KEY_IS_PRIVATE)").waitFor();
    await portal.look("import-key");
    const right = fileOf("key.pem", publicKey.export({ type: "spki", format: "pem" }));
    await page.getByLabel("Public key, as a file").setInputFiles(right);
    const fingerprint = (await fingerprintOf(publicKey)).replace(/.{8}(?=.)/g, "$& ");
    await page.getByText(fingerprint).waitFor();
  });

  it("is asked for where the page has none", async () => {
    await portal.close();
    await open({}, { config: {} });
    await page.getByText("Choose the connector's public key").waitFor();
    await portal.choose(...many(1));
    await portal.says("user0@contoso.example.pfx", "Choose the connector's public key first");
    const key = readFileSync(new URL("../../import-pfx/connector.pub", import.meta.url));
    await page.getByLabel("Public key, as a file").setInputFiles(fileOf("connector.pub", key));
    await portal.unlock("secret");
    await portal.send();
    await portal.status("1 imported.");
  });
});
