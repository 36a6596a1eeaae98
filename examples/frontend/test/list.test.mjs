/** The list, in Chromium. */
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { faults, openPortal } from "./portal.mjs";

let portal;
let emulator;
let page;
let complaints;
let rows;
let status;
let alert;
let look;
beforeEach(async () => {
  portal = await openPortal();
  ({ emulator, page, complaints, rows, status, alert, look } = portal);
});
afterEach(() => portal.close());

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
