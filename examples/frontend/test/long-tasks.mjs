/**
 * Measures, on this machine, how long the page is busy at a time while it opens and imports files: node test/long-tasks.mjs 1000
 * Prints the seconds of each phase, and the tasks of the page that took more than 50 ms (the browser's own long-task API).
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argv } from "node:process";
import { it } from "node:test";
import { openImport } from "./import-view.mjs";
import { pfx } from "./pfx-files.mjs";

const count = Number(argv[2] ?? 1000);

it(`long tasks with ${count} files`, async () => {
  const portal = await openImport(
    {},
    { emulator: { writeQuota: false }, variables: { GRAPH_WRITES_PER_20S: "100000" } },
  );
  const { page } = portal;
  await page.evaluate(() => {
    globalThis.longTasks = [];
    const note = (entries) => globalThis.longTasks.push(...entries.getEntries().map(({ duration }) => duration));
    new PerformanceObserver(note).observe({ type: "longtask" });
  });
  async function phase(name, work) {
    const startedAt = Date.now();
    await work();
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    const tasks = (await page.evaluate(() => globalThis.longTasks.splice(0))).map(Math.round).sort((a, b) => b - a);
    console.log(
      `${name}: ${seconds} s; ${tasks.length} tasks over 50 ms, the longest ${tasks.slice(0, 5).join(", ")} ms`,
    );
  }
  const patience = { timeout: 600_000 };
  // On the disk: contents that Playwright brings into the page are tasks of the page, too.
  const folder = mkdtempSync(join(tmpdir(), "long-tasks-"));
  const files = Array.from({ length: count }, (_, index) => {
    const { name, buffer } = pfx(`user${index}@contoso.example`);
    const path = join(folder, name);
    writeFileSync(path, buffer);
    return path;
  });
  await phase("chosen, and tried without a password", async () => {
    await portal.choose(...files);
    await page.getByText(/^Checked [\d,]+ files/).waitFor(patience);
  });
  await phase("opened and prepared", async () => {
    await portal.unlock("secret");
    await page.getByText(/^Checked [\d,]+ files: [\d,]+ to import\.$/).waitFor(patience);
  });
  await phase("imported", async () => {
    await portal.send();
    await page.getByText(/^[\d,]+ imported\.$/).waitFor(patience);
  });
  await portal.close();
  rmSync(folder, { recursive: true });
});
