/** The import's table, in Chromium: every width, light and dark, long names, and a thousand files. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { openImport } from "./import-view.mjs";
import { fileOf, pfx } from "./pfx-files.mjs";
import { cutOff } from "./portal.mjs";

const widths = [390, 768, 1280, 1920];
const longName = `${"x".repeat(97)}@contoso.example`; // 113 characters
const past = { notBefore: new Date("2020-01-01"), notAfter: new Date("2021-01-01") };

for (const colorScheme of ["light", "dark"]) {
  describe(`the import with names of 113 characters, ${colorScheme}`, () => {
    let portal;
    before(async () => {
      portal = await openImport({ colorScheme });
    });
    after(() => portal.close());

    async function lookAtAllWidths(state) {
      for (const width of widths) {
        await portal.page.setViewportSize({ width, height: 900 });
        await portal.look(`import-${state}-${colorScheme}-${width}`);
        assert.deepEqual(await cutOff(portal.page), [], `${state} at ${width} pixels`);
      }
    }

    it("shows all of each row, and nothing that axe finds wrong, from the first file to the last outcome", async () => {
      await lookAtAllWidths("empty");
      await portal.choose(
        pfx(longName),
        pfx(longName, { ...past, name: `${"y".repeat(109)}.pfx` }),
        pfx(longName, { password: "other", name: `${"z".repeat(109)}.pfx` }),
        fileOf(`${"w".repeat(109)}.pfx`, "no file"),
      );
      await portal.status("Checked 4 files");
      await portal.page.getByText("Encrypted for the connector's key").click();
      await lookAtAllWidths("locked");
      await portal.page.getByText("Encrypted for the connector's key").click();
      await portal.unlock("secret");
      await portal.status("Checked 4 files: 2 to import, 2 to correct.");
      await lookAtAllWidths("checked");
      await portal.send();
      await portal.status("2 imported, 2 not sent.");
      await lookAtAllWidths("done");
    });
  });
}

describe("a thousand files", () => {
  let portal;
  before(async () => {
    portal = await openImport({}, { emulator: { writeQuota: false }, variables: { GRAPH_WRITES_PER_20S: "100000" } });
  });
  after(() => portal.close());

  it("are opened and imported, fifty rows at a time; three have another password", async () => {
    const { page, emulator } = portal;
    const users = Array.from({ length: 1000 }, (_, index) => `user${index}@contoso.example`);
    const before = emulator.records.length;
    const isOther = (index) => [7, 500, 999].includes(index);
    await portal.choose(...users.map((user, index) => pfx(user, isOther(index) ? { password: "other" } : {})));
    await portal.unlock("secret");
    await page.getByText("Checked 1,000 files: 997 to import, 3 to correct.").waitFor({ timeout: 300_000 });
    assert.equal(await page.getByRole("rowheader").count(), 50);
    await portal.button("Next").click();
    await page.getByText("51 to 100 of 1,000").waitFor();
    await page.getByLabel("To correct 3").check();
    assert.equal(await page.getByRole("rowheader").count(), 3);
    await portal.unlock("other");
    await page.getByText("Checked 1,000 files: 1,000 to import.").waitFor();
    await portal.send();
    await page.getByText("1,000 imported.").waitFor({ timeout: 300_000 });

    assert.equal(emulator.records.length, before + 1000);
    assert.equal(new Set(emulator.records.map(({ thumbprint }) => thumbprint)).size, before + 1000);
  });
});
