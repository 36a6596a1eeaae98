/** Changes of listed certificates, in Chromium: questions, undo, focus, and what others did meanwhile. */
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
  await rows().nth(24).waitFor();
});
afterEach(() => portal.close());

const dialog = () => page.getByRole("dialog");
const button = (row, name) => rows().nth(row).getByRole("button", { name });
const answer = (name) => dialog().getByRole("button", { name, exact: true });
const focusedName = () => page.evaluate(() => document.activeElement.textContent);
const writes = () => emulator.requests.filter(({ method }) => method === "PATCH" || method === "DELETE");

describe("a deletion", () => {
  it("asks first, names the certificate, warns of unreadable mail, and is done by the keyboard alone", async () => {
    const { length } = emulator.records;
    const [{ userPrincipalName, thumbprint }] = emulator.records;
    await button(0, /^Delete/).focus();
    await page.keyboard.press("Enter");
    await dialog().getByText(userPrincipalName).first().waitFor();
    await dialog().getByText(thumbprint).waitFor();
    await dialog().getByText("Old mail becomes unreadable.").waitFor();
    await dialog().getByText("This can't be undone").waitFor();
    await look("delete");
    assert.equal(await focusedName(), "Keep");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await status("was deleted. This can't be undone.");

    assert.equal(emulator.records.length, length - 1);
    assert.match(await focusedName(), /^Delete.*user00002@/);
    await look("deleted");
    assert.deepEqual(complaints, []);
  });

  it("does nothing on Enter alone, and on Escape, and gives the focus back", async () => {
    for (const key of ["Enter", "Escape"]) {
      await button(1, /^Delete/).click();
      await dialog().waitFor();
      await page.keyboard.press(key);
      await dialog().waitFor({ state: "detached" });
      assert.match(await focusedName(), /^Delete.*user00002@/, key);
    }

    assert.deepEqual(writes(), []);
  });

  it("does not warn of mail where the certificate encrypts none", async () => {
    emulator.put({ ...emulator.records[0], intendedPurpose: "wifi" });
    await page.reload();
    await rows()
      .filter({ hasText: "Wi-Fi" })
      .getByRole("button", { name: /^Delete/ })
      .click();
    await dialog().waitFor();

    assert.equal(await dialog().getByText("Old mail becomes unreadable.").count(), 0);
  });

  it("is sent once for a double click", async () => {
    emulator.faults.add(faults.delayAnswer("DELETE", /userPfxCertificates/, 300));
    await button(0, /^Delete/).click();
    await answer("Delete").dblclick();
    await status("was deleted");

    assert.equal(writes().length, 1);
  });

  it("is done where somebody else was faster, and says so", async () => {
    await button(0, /^Delete/).click();
    const { id } = emulator.records[0];
    await fetch(`${emulator.url}/v1.0/deviceManagement/userPfxCertificates/${id}`, {
      method: "DELETE",
      headers: { authorization: "Bearer other" },
    });
    await answer("Delete").click();
    await status("is not there any more: it was deleted meanwhile.");

    await rows().filter({ hasText: "user00001@" }).waitFor({ state: "detached" });
    assert.match(await focusedName(), /^Delete.*user00002@/);
  });

  it("stays a question where it fails, with the focus in it, and can be tried again", async () => {
    emulator.faults.add(faults.answerStatus("DELETE", /userPfxCertificates/, 403));
    await button(0, /^Delete/).click();
    await answer("Delete").press("Enter");
    await alert("You may not do this.");
    await look("delete-failed");
    assert.equal(await focusedName(), "Delete");
    await answer("Delete").press("Enter");

    await status("was deleted");
  });

  it("tells the truth where the outcome is unknown, and is safe to repeat", async () => {
    emulator.faults.add(
      faults.dropAnswer("DELETE", /userPfxCertificates/),
      faults.answerStatus("GET", /userPfxCertificates/, 503, { times: 50 }),
    );
    await button(0, /^Delete/).click();
    await answer("Delete").click();
    await alert("Nobody knows yet whether this was done.");
    assert.equal(await rows().count(), 25);
    emulator.faults.clear();
    await answer("Delete").click();
    await status("is not there any more: it was deleted meanwhile.");

    await rows().filter({ hasText: "user00001@" }).waitFor({ state: "detached" });
  });

  it("of the last row leaves the focus on the page's heading", async () => {
    await page.getByRole("searchbox").fill("user00007@contoso.onmicrosoft.com");
    await page.getByRole("searchbox").press("Enter");
    await status("Intune was asked");
    await button(0, /^Delete/).click();
    await answer("Delete").click();
    await status("was deleted");
    await page.getByText("No certificate matches.").waitFor();

    assert.equal(await focusedName(), "Certificates");
  });
});

describe("a change of purpose", () => {
  it("is written only after “Change”, not by arrow keys, and can be undone", async () => {
    await button(0, /^Change purpose/).press("Enter");
    await dialog().waitFor();
    await dialog().getByRole("radio", { name: "S/MIME encryption" }).focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await look("purpose");
    assert.deepEqual(writes(), []);
    await page.keyboard.press("Enter");
    await status("The certificate of user00001@contoso.onmicrosoft.com is now for Wi-Fi.");
    assert.match(await focusedName(), /^Change purpose.*user00001@/);
    assert.equal(emulator.records[0].intendedPurpose, "wifi");
    assert.match(await rows().first().textContent(), /Wi-Fi/);
    await look("purpose-changed");
    await page.getByRole("button", { name: "Undo" }).press("Enter");
    await status("is again for S/MIME encryption.");

    assert.equal(emulator.records[0].intendedPurpose, "smimeEncryption");
    assert.match(await focusedName(), /^Change purpose.*user00001@/);
    assert.match(await rows().first().textContent(), /S\/MIME encryption/);
    assert.equal(await page.getByRole("button", { name: "Undo" }).count(), 0);
    assert.deepEqual(complaints, []);
  });

  it("keeps the rows that Load more has brought", async () => {
    await page.getByRole("button", { name: "Load more" }).click();
    await rows().nth(49).waitFor();
    await button(40, /^Change purpose/).click();
    await dialog().getByRole("radio", { name: "VPN" }).check();
    await answer("Change").click();
    await status("is now for VPN.");

    assert.equal(await rows().count(), 50);
    assert.match(await rows().nth(40).textContent(), /VPN/);
  });

  it("asks for another purpose than the present one", async () => {
    await button(0, /^Change purpose/).click();
    await answer("Change").click();
    await alert("Choose another purpose than the present one.");

    assert.deepEqual(writes(), []);
  });

  it("removes the row where somebody else has deleted the certificate", async () => {
    emulator.faults.add(faults.answerStatus("PATCH", /userPfxCertificates/, 404));
    await button(3, /^Change purpose/).click();
    await dialog().getByRole("radio", { name: "VPN" }).check();
    await answer("Change").click();
    await status("is not there any more: it was deleted meanwhile.");

    await rows().filter({ hasText: "user00004@" }).waitFor({ state: "detached" });
  });

  it("says where it can't be undone for lack of permission, and keeps the offer", async () => {
    await button(0, /^Change purpose/).click();
    await dialog().getByRole("radio", { name: "VPN" }).check();
    await answer("Change").click();
    await status("is now for VPN.");
    emulator.faults.add(faults.answerStatus("PATCH", /userPfxCertificates/, 403));
    await page.getByRole("button", { name: "Undo" }).press("Enter");
    await alert("You may not do this.");
    await page.getByRole("button", { name: "Undo" }).press("Enter");

    await status("is again for S/MIME encryption.");
  });

  it("is no longer announced once the list is another one", async () => {
    await button(0, /^Change purpose/).click();
    await dialog().getByRole("radio", { name: "VPN" }).check();
    await answer("Change").click();
    await status("is now for VPN.");
    await page.getByRole("link", { name: /^Expired/ }).click();
    await page.getByText("No certificate matches.").waitFor();

    assert.equal(await page.getByText("is now for VPN.").count(), 0);
  });
});
