/** Importing, in Chromium. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { encryptedPassword as password } from "../../program.mjs";
import { faults, openPortal } from "./portal.mjs";

const file = { name: "adele.pfx", mimeType: "application/x-pkcs12", buffer: Buffer.from("a file that nobody may see") };

let portal;
let emulator;
let page;
let complaints;
let tab;
let status;
let alert;
let look;
beforeEach(() => open());
afterEach(() => portal.close());

async function open(options) {
  portal = await openPortal(options);
  ({ emulator, page, complaints, tab, status, alert, look } = portal);
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

    await alert("This can't be done as things are.");
    await look("import-one-duplicate");
  });

  it("shows what the gateway finds wrong at the fields", async () => {
    await fillIn("short");
    await page.getByLabel("Valid until").fill("");
    await submit();
    await alert("This was not accepted.");
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

    await alert("Microsoft Graph gets too many requests.");
    await look("import-one-throttled");
  });

  it("tells the truth where the outcome is unknown", async () => {
    emulator.faults.add(
      faults.dropAnswer("POST", "/userPfxCertificates"),
      faults.answerStatus("GET", "/userPfxCertificates", 503, { times: 50 }),
    );
    await fillIn();
    await submit();

    await alert("Nobody knows yet whether this was done.");
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

describe("the views of the import", () => {
  for (const [name, options] of [
    ["dark", { colorScheme: "dark" }],
    ["phone", { viewport: { width: 390, height: 844 } }],
    ["phone-dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
  ]) {
    it(`have nothing that axe finds wrong: ${name}`, async () => {
      await portal.close();
      await open(options);
      await fillIn("short");
      await submit();
      await alert("This was not accepted.");
      await look(`import-one-invalid-${name}`);
      await tab("Import many").click();
      await look(`import-many-${name}`);

      const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
      assert.equal(scrollWidth, clientWidth);
    });
  }
});
