/** The page as a whole, in Chromium: colours, widths, size. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { openPortal } from "./portal.mjs";

const maxScriptBytes = 200_000;

let portal;
afterEach(() => portal?.close());

describe("the page", () => {
  for (const [name, options] of [
    ["dark", { colorScheme: "dark" }],
    ["phone", { viewport: { width: 390, height: 844 } }],
    ["phone-dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
  ]) {
    it(`has nothing that axe finds wrong: ${name}`, async () => {
      portal = await openPortal(options);
      await portal.look(`list-${name}`);

      const { scrollWidth, clientWidth } = await portal.page.evaluate(() => document.documentElement);
      assert.equal(scrollWidth, clientWidth);
    });
  }

  it("has less than 200 KB of JavaScript, gzipped, the worker and what it loads on demand included", () => {
    const folder = new URL("../dist/assets/", import.meta.url);
    const scripts = readdirSync(folder).filter((name) => name.endsWith(".js"));
    const bytes = scripts.reduce((sum, name) => sum + gzipSync(readFileSync(new URL(name, folder))).length, 0);

    assert.ok(bytes > 0 && bytes < maxScriptBytes, `${bytes} bytes`);
  });
});
