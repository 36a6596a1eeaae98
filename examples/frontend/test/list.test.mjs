/** The list of certificates, in Chromium: filters, order, pages, failures. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { faults, openPortal, seedRecords } from "./portal.mjs";

let portal;
afterEach(() => portal?.close());

/** Opens the list, and waits for the counts of expiring certificates too: else their requests could meet a test's fault. */
async function open(start) {
  portal = await openPortal({}, start);
  await portal.page.locator("tbody tr, .empty, [role=alert]").first().waitFor();
  await portal.page.locator(".chips .count").first().waitFor();
  return portal;
}

const search = async ({ page }, text) => {
  await page.getByRole("searchbox").fill(text);
  await page.getByRole("searchbox").press("Enter");
};
/** The filters that Graph was asked with since the last `emulator.reset()`. */
const askedFilters = ({ emulator }) => emulator.requests.map(({ query }) => query.$filter);
const users = (portal) => portal.rows().locator(".user").allTextContents();
const loadMore = ({ page }) => page.getByRole("button", { name: "Load more" });

describe("the list", () => {
  it("shows 25 certificates, and more with Load more, which passes the focus on when it leaves", async () => {
    const { page, rows, status, look, complaints } = await open();
    await status("25 certificates shown; there are more.");
    assert.equal(await rows().count(), 25);
    await look("list");
    await loadMore(portal).click();
    await rows().nth(49).waitFor();
    await loadMore(portal).press("Enter");
    await rows().nth(59).waitFor();
    await status("60 certificates.");

    assert.equal(await loadMore(portal).count(), 0);
    const focused = page.locator(":focus");
    assert.match(await focused.textContent(), /^Change purpose.*user00051@/);
    assert.deepEqual(complaints, []);
  });

  it("asks Intune for a whole user name", async () => {
    const { emulator, rows, status } = await open();
    emulator.reset();
    await search(portal, "USER00042@contoso.onmicrosoft.com");
    await status("1 certificate. Intune was asked for exactly this user.");

    assert.equal(await rows().count(), 1);
    assert.match(askedFilters(portal).join(), /user00042@contoso/i);
  });

  it("asks Intune for a thumbprint, as a certificate dialog shows it", async () => {
    const { emulator, rows, status } = await open();
    const { thumbprint } = emulator.records[57];
    emulator.reset();
    await search(portal, `\u200e${thumbprint.toUpperCase().replace(/..(?=.)/g, "$&:")}`);
    await status("1 certificate. Intune was asked for exactly this thumbprint.");

    assert.deepEqual(await rows().locator("code").allTextContents(), [thumbprint]);
    assert.match(askedFilters(portal).join(), new RegExp(thumbprint));
  });

  it("searches a part of a name itself, through all certificates, and says so", async () => {
    const { emulator, rows, status, look } = await open();
    emulator.reset();
    await search(portal, "R0005");
    await status("10 certificates with “R0005”. This page searched 60 certificates, all there are.");

    assert.equal(await rows().count(), 10);
    assert.deepEqual(
      askedFilters(portal),
      askedFilters(portal).map(() => undefined),
    );
    await look("list-part");
  });

  it("searches part after part of a large tenant, and says how far it came", async () => {
    const { page, rows, status } = await open({ seed: seedRecords(5100) });
    await search(portal, "user0509");
    await status("0 certificates with “user0509”. This page searched 5,000 certificates, only: there are more.");
    assert.equal(await page.getByText("No certificate matches.").count(), 0);
    await page.getByRole("button", { name: "Read on" }).click();
    await status("10 certificates with “user0509”. This page searched 5,100 certificates, all there are.");

    assert.equal(await rows().count(), 10);
  });

  it("offers to search for a whole name as a part, where Intune has nobody of that name", async () => {
    const { page, rows, status } = await open();
    await search(portal, "0042@contoso.onmicrosoft.com");
    await page.getByText("No certificate matches.").waitFor();
    await page.getByRole("link", { name: "Search all certificates for" }).click();
    await status("1 certificate with");

    assert.equal(await rows().count(), 1);
    assert.notEqual(await page.evaluate(() => document.activeElement.tagName), "BODY");
  });

  it("is filtered by purpose and date", async () => {
    const { page, rows, status } = await open({ seed: seedRecords() });
    await page.getByLabel("Purpose").selectOption("Wi-Fi");
    await page.getByLabel("Expires before").fill("2024-01-01");
    await page.getByRole("button", { name: "Search" }).click();
    await status("1 certificate.");

    assert.match((await rows().allTextContents()).join(), /DiegoS@.*Wi-Fi.*2023-03-01.*expired/);
    assert.equal(await page.locator(":focus").textContent(), "Search");
  });

  it("shows what has expired and what expires soon with one click each, and counts them", async () => {
    const { page, rows, status, look } = await open({ seed: seedRecords() });
    await page.getByRole("link", { name: "Within 30 days : 1" }).waitFor();
    await page.getByRole("link", { name: "Expired : 1" }).click();
    await status("1 certificate, sorted by expiry.");
    assert.match((await users(portal)).join(), /DiegoS/);
    await page.getByRole("link", { name: "Within 30 days : 1" }).click();
    await rows().filter({ hasText: "NestorW" }).waitFor();
    await status("1 certificate, sorted by expiry.");

    assert.equal(await rows().count(), 1);
    assert.equal(await page.title(), "Certificates that expire within 30 days · PFX certificates");
    await look("list-soon");
  });

  it("says “at least” of a count that is too large to be counted", async () => {
    const expired = { startDateTime: "2020-01-01T00:00:00Z", expirationDateTime: "2021-01-01T00:00:00Z" };
    const { page } = await open({ seed: seedRecords(2100).map((record) => ({ ...record, ...expired })) });

    await page.getByRole("link", { name: "Expired : at least 2000" }).waitFor();
  });

  it("sorts only when it has read all certificates, or says that it has not", async () => {
    const seed = seedRecords(150).toReversed();
    const { page, status } = await open({ seed });
    assert.match((await users(portal))[0], /user00150@/);
    await page.getByLabel("Order").selectOption("User, A to Z");
    await page.getByRole("button", { name: "Search" }).click();
    await status("150 certificates, sorted by user.");

    assert.match((await users(portal))[0], /user00001@/);
    assert.match((await users(portal))[24], /user00025@/);
    assert.equal(await page.locator("th[aria-sort=ascending]").textContent(), "User");
  });

  it("keeps the rows where a filter is wrong, and says it at the field", async () => {
    const { page, rows, look } = await open();
    await page.getByRole("searchbox").fill("ab".repeat(32));
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await page.getByText("This is a SHA-256 thumbprint").waitFor();
    assert.equal(await page.locator(":focus").getAttribute("aria-invalid"), "true");
    assert.equal(await page.locator(":focus").getAttribute("type"), "search");
    await look("list-wrong-filter");
    await page.getByRole("searchbox").fill("");
    await page.getByLabel("Expires before").focus();
    await page.keyboard.type("1231");
    await page.getByRole("button", { name: "Search", exact: true }).click();
    await page.getByText("Give a day, a month and a year of four digits.").waitFor();

    assert.equal(await rows().count(), 25);
    assert.equal(await page.locator(":focus").getAttribute("type"), "date");
    assert.equal(await page.getByText("RFC 3339").count(), 0);
  });

  it("leads to the import where nothing is imported yet", async () => {
    const { page, look } = await open({ seed: [] });
    await page.getByText("No certificate is imported yet.").waitFor();
    await look("list-none");
    await page.getByRole("link", { name: "Import certificates" }).press("Enter");

    assert.match(page.url(), /\?view=import$/);
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "MAIN");
  });

  it("shows names of every script and length, each in its own direction", async () => {
    const [first] = seedRecords(1);
    const names = ["👩‍👩‍👧‍👦@contoso.example", "משתמש@דוגמה.example", `${"x".repeat(97)}@contoso.example`];
    const seed = names.map((userPrincipalName) => ({ ...first, userPrincipalName }));
    const { page, status } = await open({ seed });
    assert.deepEqual(await users(portal), names);
    await search(portal, "👩‍👧");
    await status("1 certificate with");

    assert.equal(await page.locator(".user bdi").first().textContent(), names[0]);
  });
});

describe("a list that fails", () => {
  it("says why in plain words, and tries again without losing the focus", async () => {
    const { emulator, page, rows, alert, look } = await open();
    emulator.faults.add(faults.answerStatus("GET", "/userPfxCertificates", 503, { times: 12 }));
    await page.reload();
    await alert("Microsoft Graph did not answer.");
    assert.equal(await page.getByText("UPSTREAM_UNAVAILABLE").isVisible(), false);
    await page.getByText("Details for your administrator").click();
    await page.getByText("UPSTREAM_UNAVAILABLE").waitFor();
    await look("list-failed");
    emulator.faults.clear();
    await page.getByRole("button", { name: "Try again" }).press("Enter");
    await rows().first().waitFor();

    assert.notEqual(await page.evaluate(() => document.activeElement.tagName), "BODY");
  });

  it("keeps the rows of the filter before", async () => {
    const { emulator, page, rows, alert } = await open();
    emulator.faults.add(faults.answerStatus("GET", "/userPfxCertificates", 403, { times: 12 }));
    await page.getByLabel("Purpose").selectOption("VPN");
    await page.getByRole("button", { name: "Search" }).click();
    await alert("You may not do this.");
    await page.getByText("Below are the certificates from before.").waitFor();

    assert.equal(await rows().count(), 25);
  });

  it("keeps the rows where the next page fails, and goes on from there", async () => {
    const { emulator, page, rows, alert } = await open();
    emulator.faults.add(faults.answerStatus("GET", "/userPfxCertificates", 403));
    await loadMore(portal).click();
    await alert("You may not do this.");
    assert.equal(await rows().count(), 25);
    await page.getByRole("button", { name: "Try again" }).click();

    await rows().nth(49).waitFor();
  });

  it("begins anew where Graph no longer takes the cursor", async () => {
    const { emulator, page, rows, status, alert } = await open({ emulator: { pageSize: 25 } });
    await status("there are more.");
    emulator.faults.add(faults.answerStatus("GET", "/userPfxCertificates", 400));
    await loadMore(portal).click();
    await alert("This was not accepted.");
    emulator.reset();
    await page.getByRole("button", { name: "Try again" }).click();
    await rows().nth(49).waitFor();

    assert.equal(emulator.requests[0].query.$skiptoken, undefined);
    assert.equal(new Set(await users(portal)).size, 50);
  });

  it("counts the seconds down where Graph throttles, outside of what is read out", async () => {
    const { emulator, page, alert, look } = await open();
    emulator.faults.add(faults.throttle("GET", "/userPfxCertificates", 60_000, "seconds", { times: 12 }));
    await page.reload();
    await alert("Microsoft Graph gets too many requests.");
    await page.getByText(/^Try again in \d\d s\.$/).waitFor();

    assert.equal(await page.getByRole("button", { name: "Try again" }).getAttribute("aria-disabled"), "true");
    assert.equal(await page.getByRole("alert").getByText(/\d s/).count(), 0);
    await look("list-throttled");
  });
});
