/** The page as a whole, in Chromium: colours, widths, size. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { cutOff, openPortal, seedRecords } from "./portal.mjs";

const maxScriptBytes = 200_000;
const widths = [390, 768, 1280, 1440, 1920];
const longName = `${"x".repeat(97)}@contoso.example`; // 113 characters

for (const [name, seed] of [
  ["the default data", seedRecords()],
  ["names of 113 characters", seedRecords().map((record) => ({ ...record, userPrincipalName: longName }))],
]) {
  for (const colorScheme of ["light", "dark"]) {
    describe(`the page with ${name}, ${colorScheme}`, () => {
      let portal;
      before(async () => {
        portal = await openPortal({ colorScheme }, { seed });
        await portal.rows().nth(11).waitFor();
      });
      after(() => portal.close());

      for (const width of widths) {
        it(`shows all of each row, and nothing that axe finds wrong, at ${width} pixels`, async () => {
          const { page, look } = portal;
          await page.setViewportSize({ width, height: 900 });
          await look(`list-${colorScheme}-${width}${name.startsWith("names") ? "-long" : ""}`);
          assert.deepEqual(await cutOff(page), []);
          for (const button of ["Change purpose", "Delete"]) {
            await portal.rows().first().getByRole("button", { name: button }).click();
            await page.getByRole("dialog").waitFor();
            await look(`${button.split(" ")[0].toLowerCase()}-${colorScheme}-${width}`);
            assert.deepEqual(await cutOff(page), [], button);
            await page.keyboard.press("Escape");
          }
        });
      }
    });
  }
}

describe("the page", () => {
  it("has less than 200 KB of JavaScript, gzipped, without MSAL, the worker and what it loads on demand included", () => {
    const folder = new URL("../dist/assets/", import.meta.url);
    const scripts = readdirSync(folder).filter((name) => name.endsWith(".js") && !/^(msal|redirect)-/.test(name));
    const bytes = scripts.reduce((sum, name) => sum + gzipSync(readFileSync(new URL(name, folder))).length, 0);

    assert.ok(bytes > 0 && bytes < maxScriptBytes, `${bytes} bytes`);
  });
});
