/** The import, in Chromium: from files that are dropped to certificates in the list. */
import assert from "node:assert/strict";
import { constants, createPrivateKey, privateDecrypt } from "node:crypto";
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { openImport } from "./import-view.mjs";
import { fileOf, pfx, sample, sampleFiles } from "./pfx-files.mjs";

const adele = "AdeleV@contoso.onmicrosoft.com";
const alex = "AlexW@contoso.onmicrosoft.com";
const many = (count) => Array.from({ length: count }, (_, index) => pfx(`user${index}@contoso.example`));

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

const recordsOf = (user) => emulator.records.filter(({ userPrincipalName }) => userPrincipalName === user);

describe("the import", () => {
  it("brings four dropped files and a list into the list of certificates", async () => {
    const files = sample(...sampleFiles, "users.csv").map(({ name, buffer }) => [name, buffer.toString("base64")]);
    const transfer = await page.evaluateHandle((files) => {
      const transfer = new DataTransfer();
      for (const [name, base64] of files) {
        transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
      }
      return transfer;
    }, files);
    await page.getByText("Drop .pfx files").dispatchEvent("drop", { dataTransfer: transfer });
    await portal.says("users.csv:5 alex-signing.pfx", "The password does not open this file");
    await portal.says("users.csv:4 alex-encryption.pfx", "ready");
    await page.getByLabel("Password of users.csv:5 alex-signing.pfx", { exact: true }).fill("Cedar-18-Window");
    await page.keyboard.press("Enter");
    await portal.says("users.csv:5 alex-signing.pfx", "ready");
    await portal.send();
    await portal.status("4 imported.");

    const [encryption, signing] = recordsOf(alex).slice(-2);
    assert.deepEqual([encryption?.intendedPurpose, signing?.intendedPurpose].sort(), [
      "smimeEncryption",
      "smimeSigning",
    ]);
    const key = createPrivateKey(readFileSync(new URL("../../import-pfx/connector.key", import.meta.url)));
    const padding = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha512" };
    const password = privateDecrypt(padding, Buffer.from(signing.encryptedPfxPassword, "base64")).toString();
    assert.match(password, /^[A-Za-z2-9]{32}$/);

    await portal.tab("Certificates").click();
    for (const user of [adele, alex]) {
      await page.getByRole("searchbox").fill(user);
      await page.getByRole("searchbox").press("Enter");
      await page.getByRole("cell", { name: user }).nth(1).waitFor();
    }
    assert.deepEqual(complaints, []);
  });

  it("is done by the keyboard alone", async () => {
    await page.getByLabel("Choose files").setInputFiles(sample("adele-encryption.pfx")); // the system's own dialog is no part of the page
    await page.getByLabel("Password of the file").waitFor();
    await page.getByLabel("Choose files").focus();
    for (let step = 0; step < 2; step += 1) await page.keyboard.press("Tab");
    await page.keyboard.type("Tulip-47-Harbor");
    await page.keyboard.press("Enter");
    await portal.status("Checked 1 file: 1 to import."); // until then the button does nothing
    for (let step = 0; step < 20; step += 1) {
      if ((await page.evaluate(() => document.activeElement?.textContent)) === "Import 1 certificate") break;
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    await portal.status("1 imported.");

    assert.notEqual(await page.evaluate(() => document.activeElement?.tagName), "BODY");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Start over");
  });

  it("shows a certificate's facts, and sends user and purpose as corrected", async () => {
    await portal.choose(pfx("anna@contoso.example"));
    await portal.unlock("secret");
    await portal.says("anna@contoso.example.pfx", "ready");
    const row = portal.row("anna@contoso.example.pfx");
    assert.match(await row.textContent(), /\d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d/);

    await row.getByLabel("Purpose of").selectOption("SMIME_SIGNING");
    await portal.says("anna@contoso.example.pfx", "This certificate can't be used for SMIME_SIGNING");
    await portal.look("import-mismatch");
    await row.getByLabel("Purpose of").selectOption("WIFI");
    await row.getByLabel("User of").fill("anna.huber");
    await row.getByLabel("User of").press("Enter");
    await portal.says("anna@contoso.example.pfx", "This is no user principal name: it has no @");
    assert.equal(await row.getByLabel("User of").getAttribute("aria-invalid"), "true");
    await row.getByLabel("User of").fill("anna.huber@contoso.example");
    await row.getByLabel("User of").press("Enter");
    await portal.says("anna@contoso.example.pfx", "Note: this certificate names anna@contoso.example");
    await portal.send();
    await portal.status("1 imported.");

    assert.equal(recordsOf("anna.huber@contoso.example")[0]?.intendedPurpose, "wifi");
  });

  it("asks again where a password is wrong, and gives out what was not imported as a CSV without secrets", async () => {
    const others = ["eve", "max", "=cmd"].map((name) => pfx(`${name}@contoso.example`, { password: "other-Pa55word" }));
    await portal.choose(...many(3), ...others);
    await portal.unlock("secret");
    await portal.status("Checked 6 files: 3 to import, 3 to correct.");
    assert.equal(await page.getByLabel("Password of the 3 files").inputValue(), "");
    await portal.look("import-wrong-password");
    await portal.send();
    await portal.status("3 imported, 3 not sent.");
    const isRed = await page
      .getByRole("status")
      .first()
      .evaluate((status) => getComputedStyle(status).color);
    assert.notEqual(isRed, "rgb(26, 107, 60)");

    const [download] = await Promise.all([page.waitForEvent("download"), portal.button(/Download/).click()]);
    const csv = readFileSync(await download.path(), "utf8");
    assert.equal(csv.split("\r\n").length, 5);
    assert.match(csv, /^\uFEFFsource,user,thumbprint,purpose,expires,outcome,code,message,graphRequestId\r\n/);
    assert.match(csv, /^eve@contoso\.example\.pfx,eve@contoso\.example,,,,failed,WRONG_PASSWORD,/m);
    assert.match(csv, /^'=cmd@contoso\.example\.pfx,'=cmd@contoso\.example,/m);
    assert.equal(csv.includes("secret") || csv.includes("other-Pa55word"), false);
  });

  it("opens a file again when its password comes while the file is being opened", async () => {
    const slow = pfx("eve@contoso.example", { macIterations: 600_000 });
    await portal.choose(...many(1), slow);
    await page.getByLabel("Password of the file").fill("secret");
    await page.keyboard.press("Enter");
    await portal.status("Checked 2 files: 2 to import.");
  });

  it("takes what Intune has already for no failure, and does not send it", async () => {
    await portal.importAs(many(2));
    await portal.status("2 imported.");
    await portal.button("Start over").click();
    const bodies = portal.requests();
    await portal.choose(...many(3));
    await portal.unlock("secret");
    await portal.status("Checked 3 files: 1 to import, 2 already in Intune.");
    await portal.send();
    await portal.status("1 imported, 2 already in Intune.");

    assert.equal(JSON.parse(bodies[0]).variables.inputs.length, 1);
    await portal.look("import-already-there");
  });

  it("takes CONFLICT for no failure: somebody else was faster", async () => {
    await portal.choose(...many(2));
    await portal.unlock("secret");
    await portal.status("2 to import");
    const other = await portal.context.newPage();
    await other.goto(portal.site.url);
    await other.getByRole("tab", { name: "Import" }).click();
    await other.getByLabel("Choose files").setInputFiles(many(1));
    await other.getByLabel("Password of the file").fill("secret");
    await other.keyboard.press("Enter");
    await other.getByRole("button", { name: "Import 1 certificate" }).click();
    await other.getByText("1 imported.").waitFor();
    await portal.send();

    await portal.status("1 imported, 1 already in Intune.");
  });

  it("says that Intune has it for another key", async () => {
    await portal.importAs([pfx("anna@contoso.example")]);
    await portal.status("1 imported.");
    await portal.button("Start over").click();
    await page.getByText("Encrypted for the connector's key").click();
    await page.getByLabel("Key name").fill("NewKey");
    await portal.button("Use these names").click();
    await portal.choose(pfx("anna@contoso.example"));
    await portal.unlock("secret");

    await portal.says("anna@contoso.example.pfx", 'Already in Intune, but for the key "PFXEncryptionKey"');
  });

  it("says in the library's words what is wrong with a file, and takes the others", async () => {
    const past = { notBefore: new Date("2020-01-01"), notAfter: new Date("2021-01-01") };
    await portal.choose(
      fileOf("text.pfx", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
      fileOf("empty.pfx", ""),
      pfx("old@contoso.example", { ...past, keyUsages: ["digitalSignature"] }),
      pfx("kept@contoso.example", past),
      pfx("anna@contoso.example", { name: "bob@contoso.example.pfx" }),
      pfx("twice@contoso.example"),
      pfx("twice@contoso.example", { name: "copy of it.pfx" }),
    );
    const huge = join(tmpdir(), "huge.pfx");
    writeFileSync(huge, "");
    truncateSync(huge, 100_000_000);
    await portal.choose(huge);
    await portal.unlock("secret");
    await portal.says("text.pfx", "This is no PFX file (PKCS #12), or it is damaged; it is PEM text NOT_A_PFX");
    await portal.says("huge.pfx", "The file has 100000000 bytes; at most 8388608 are read TOO_LARGE");
    await portal.says("empty.pfx", "it is empty");
    await portal.says("old@contoso.example.pfx", "This certificate expired on 2021-01-01 EXPIRED");
    await portal.says("kept@contoso.example.pfx", "Note: this certificate expired on 2021-01-01.");
    await portal.says(
      "bob@contoso.example.pfx",
      "The file's name says bob@contoso.example, the certificate anna@contoso",
    );
    await portal.look("import-problems");
    await portal.button(/^Import it all the same/).click();
    await portal.send();
    await portal.status("3 imported");

    assert.equal(recordsOf("old@contoso.example")[0]?.intendedPurpose, "smimeSigning");
    assert.equal(recordsOf("bob@contoso.example").length, 0);
  });

  it("lets one of several certificates be chosen, or takes each", async () => {
    const vector = readFileSync(new URL("../../../test/client/vectors/pfx/w-dual-enc-sig.pfx", import.meta.url));
    const password = "Passw0rd!";
    await portal.choose(fileOf("dual.pfx", vector), fileOf("other.pfx", vector));
    await portal.unlock(password);
    await portal.says("dual.pfx", "This file has 2 certificates with private keys");
    await portal.look("import-several");
    await portal.button("Import every certificate of 2 files").click();
    await portal.status("Checked 4 files: 2 to import, 2 twice.");
  });
});

describe("the CSV list", () => {
  it("says users, passwords and purposes; files that it does not name are left out", async () => {
    const list =
      'path;upn;password;purpose\r\nC:\\exports\\one.pfx;ida@contoso.example;p;q;wifi\r\nsub\\two.pfx;uma@contoso.example;"p;q";WIFI\r\ngone.pfx;x@y.z;;\r\n';
    await portal.choose(
      fileOf("users.csv", list),
      pfx("ida@contoso.example", { name: "one.pfx", password: "p;q" }),
      pfx("uma@contoso.example", { name: "two.pfx", password: "p;q" }),
      pfx("left@contoso.example"),
    );
    await portal.says("users.csv:2", "Has 5 cells; the first line has 4 ROW_INVALID");
    await portal.says("users.csv:3 two.pfx", "ready");
    await portal.says("users.csv:4", "There is no file gone.pfx among those that you chose");
    await page.getByText("Not in the list, and left out: one.pfx, left@contoso.example.pfx.").waitFor();
    await portal.send();
    await portal.status("1 imported");

    assert.equal(recordsOf("uma@contoso.example")[0]?.intendedPurpose, "wifi");
  });

  it("keeps everything from being imported while it is wrong", async () => {
    await portal.choose(fileOf("users.csv", "path,passwort\r\nx.pfx,y\r\n"), fileOf("keyless.json", "[]"));
    await portal.says("users.csv", 'Column "passwort" is not known; did you mean "password"?');
    assert.equal(await portal.button("Import", { exact: true }).getAttribute("aria-disabled"), "true");
    await portal.look("import-broken-list");
  });
});

describe("the JSON of intune-pfx encrypt", () => {
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
    encryptedPfxPassword: JSON.parse(readFileSync(new URL("../../../operations/variables.json", import.meta.url))).input
      .encryptedPfxPassword,
    ...given,
  });

  it("is imported, and what the gateway refuses shows at its row, what its types refuse as well", async () => {
    const wrong = {
      inputs: [input(1), input(2, { thumbprint: "short" }), input(3, { intendedPurpose: "SMIME" }), input(4)],
    };
    await portal.choose(fileOf("out.json", JSON.stringify(wrong)), fileOf("no.json", "{"));
    await portal.says("no.json", "This is no JSON that intune-pfx encrypt writes");
    await portal.send();
    await portal.status("2 imported, 2 failed, 1 not sent.");
    await portal.says("out.json 2", "The gateway does not take this certificate's thumbprint. Prepare the file again.");
    await portal.row("out.json 3").getByText("failed", { exact: true }).waitFor();
    await portal.look("import-refused");
  });

  it("is corrected and sent again where the gateway does not take the user", async () => {
    await portal.choose(
      fileOf("out.json", JSON.stringify({ input: input(1, { userPrincipalName: "a b@contoso.example" }) })),
    );
    await portal.send();
    await portal.says("out.json", "The user can't be taken:");
    const user = portal.row("out.json").getByLabel("User of");
    assert.equal(await user.getAttribute("aria-invalid"), "true");
    await user.fill("ab@contoso.example");
    await user.press("Enter");
    await portal.button("Send 1 certificate again").click();
    await portal.status("1 imported.");

    assert.equal(recordsOf("ab@contoso.example").length, 1);
  });
});
