/** The address, the titles and the tabs, in Chromium. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { openPortal, seedRecords } from "./portal.mjs";

let portal;
afterEach(() => portal?.close());

async function open(address = "") {
  portal = await openPortal({}, { address, seed: seedRecords() });
  return portal;
}

describe("the address", () => {
  it("keeps the filters through a reload, and goes back and forward", async () => {
    const { page, rows, status } = await open();
    await rows().nth(11).waitFor();
    await page.getByRole("searchbox").fill("Adele");
    await page.getByLabel("Purpose").selectOption("S/MIME encryption");
    await page.getByRole("button", { name: "Search" }).click();
    await status("1 certificate with “Adele”");
    assert.equal(new URL(page.url()).search, "?part=Adele&purpose=SMIME_ENCRYPTION");
    assert.equal(await page.title(), "Certificates for S/MIME encryption with “Adele” · PFX certificates");
    await page.reload();
    await status("1 certificate with “Adele”");
    assert.equal(await page.getByRole("searchbox").inputValue(), "Adele");
    assert.equal(await page.getByLabel("Purpose").inputValue(), "SMIME_ENCRYPTION");
    await page.goBack();
    await status("12 certificates.");
    assert.equal(await page.getByRole("searchbox").inputValue(), "");
    assert.equal(await page.title(), "Certificates · PFX certificates");
    await page.goForward();

    await status("1 certificate with “Adele”");
  });

  it("shows a note and the rest of the filters where it has wrong values, and no error", async () => {
    const { page, status, look, complaints } = await open(
      "?purpose=FOO&expiry=never&before=2026-02-31&sort=x&user=Adele&part=b",
    );
    await status("1 certificate with");
    for (const words of [
      "a purpose that does not",
      "an expiry that",
      "not in the calendar",
      "an order that",
      "several things",
    ]) {
      await page.getByRole("alert").filter({ hasText: words }).waitFor();
    }
    await look("address-wrong");

    assert.deepEqual(complaints, []);
  });

  it("never brings the gateway's sentences about a filter to the page", async () => {
    const { page, status } = await open(`?user=${encodeURIComponent('a"b@contoso.example')}&before=20226-01-01`);
    await status("0 certificates with");

    assert.equal(await page.getByText("The address has a date that is not in the calendar.").count(), 1);
    assert.equal(await page.getByText("This was not accepted").count(), 0);
  });

  it("leads to a view, and shows the list with a note where there is no such view", async () => {
    const { page, site, tab } = await open("?view=import");
    assert.match(await page.title(), /^Import/);
    assert.equal(
      await tab(/^Import/)
        .first()
        .getAttribute("aria-selected"),
      "true",
    );
    await page.goto(`${site.url}?view=nonsense`);
    await page.getByRole("alert").filter({ hasText: "a view that does not exist" }).waitFor();
    await page.locator("tbody tr").first().waitFor();

    assert.equal(await tab("Certificates").getAttribute("aria-selected"), "true");
  });

  it("of a link opens in another tab of the browser too", async () => {
    const { page, context } = await open();
    await page.getByRole("link", { name: /^Expired/ }).waitFor();
    const opened = context.waitForEvent("page");
    await page.getByRole("link", { name: /^Expired/ }).click({ modifiers: ["ControlOrMeta"] });
    const other = await opened;
    await other.locator("tbody tr").filter({ hasText: "DiegoS" }).waitFor();

    assert.equal(new URL(page.url()).search, "");
  });
});

describe("the tabs", () => {
  it("are reached by arrows, Home and End, with the focus on the chosen one", async () => {
    const { page, tab } = await open();
    await tab("Certificates").focus();
    const last = page.getByRole("tab").last();
    const chosen = () => page.locator("[role=tab][aria-selected=true]");
    for (const [key, wanted] of [
      ["End", last],
      ["Home", tab("Certificates")],
      ["ArrowLeft", last],
      ["ArrowRight", tab("Certificates")],
    ]) {
      await page.keyboard.press(key);
      assert.equal(await chosen().textContent(), await wanted.textContent(), key);
      assert.equal(await page.locator(":focus").textContent(), await wanted.textContent(), key);
    }
  });

  it("are entries of the history", async () => {
    const { page, tab } = await open();
    await page.getByRole("tab").last().click();
    await page.goBack();

    assert.equal(await tab("Certificates").getAttribute("aria-selected"), "true");
    assert.equal(await page.title(), "Certificates · PFX certificates");
  });
});
