/**
 * What the tests in Chromium (`CHROMIUM`, default /usr/bin/chromium) share: the page as built, before a gateway and the
 * emulator. Screenshots go to the folder SCREENSHOTS, where that is set.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { env } from "node:process";
import { after } from "node:test";
import { chromium } from "playwright-core";
import { importBuilt, startGateway } from "../../program.mjs";
import { servePage } from "../serve.mjs";

const executablePath = env.CHROMIUM ?? "/usr/bin/chromium";
if (!existsSync(executablePath)) {
  throw new Error(`No Chromium at ${executablePath}. On Debian: apt-get install chromium; elsewhere set CHROMIUM.`);
}
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const { seedRecords } = await importBuilt("emulator/seed.js");
const { startEmulator } = await importBuilt("emulator/server.js");
export const faults = await importBuilt("emulator/faults.js");

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
});
after(() => browser.close());

/**
 * Starts emulator, gateway and page, and opens the page in a browser of its own.
 *
 * @param {import("playwright-core").BrowserContextOptions} options of the browser, such as the colour scheme.
 * @param {{ seed?: object[], address?: string, emulator?: object, variables?: Record<string, string>, config?: object }} start
 *   the records, the address's query, the emulator's settings, the gateway's variables, and what `/config.json` answers.
 */
export async function openPortal(
  options = {},
  { seed = seedRecords(60), address = "", emulator: settings, variables, config } = {},
) {
  const emulator = await startEmulator({ seed, ...settings });
  const gateway = await startGateway({
    PORT: "0",
    GRAPH_BASE_URL: emulator.url,
    ALLOW_LOOPBACK_UPSTREAM: "true",
    AUTH_MODE: "none",
    REQUEST_DEADLINE_MS: "5000",
    ...variables,
  });
  const site = await servePage(gateway.url, 0, config);
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  const page = await context.newPage();
  /** What the page must never do: errors on the console, and requests to other origins. */
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("request", (request) => {
    const url = new URL(request.url());
    const known = [site.url, config?.signIn?.authority].flatMap((each) => (each ? new URL(each).origin : []));
    if (!known.includes(url.origin) && url.protocol !== "data:") complaints.push(request.url());
  });
  await page.goto(`${site.url}${address}`);
  await page.getByRole("main").waitFor();

  return {
    emulator,
    gateway,
    site,
    context,
    page,
    complaints,
    rows: () => page.locator("tbody tr"),
    tab: (name) => page.getByRole("tab", { name }),
    status: (text) => page.getByRole("status").filter({ hasText: text }).waitFor(),
    alert: (text) => page.getByRole("alert").filter({ hasText: text }).first().waitFor(),
    look: (name) => look(page, name),
    async close() {
      for (const each of [context, site, gateway, emulator]) await each.close();
    },
  };
}

/** What axe finds wrong with the page as it is, light and dark; and a picture of it, for those who want to look. */
async function look(page, name) {
  if (env.SCREENSHOTS) await page.screenshot({ path: join(env.SCREENSHOTS, `${name}.png`) });
  await page.evaluate(axe); // past the page's policy, as an extension would
  await proveAccessible(page, name, "axe.run()");
  // In the other scheme only the colours differ.
  const isDark = await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches);
  await page.emulateMedia({ colorScheme: isDark ? "light" : "dark" });
  await proveAccessible(page, `${name} in the other colours`, "axe.run({ runOnly: ['color-contrast'] })");
  await page.emulateMedia({ colorScheme: isDark ? "dark" : "light" });
}

async function proveAccessible(page, name, check) {
  const { violations } = await page.evaluate(check);
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`),
    [],
    name,
  );
}

/** What is not wholly visible in its width: the page where it scrolls sideways, and elements that scroll or are cut. */
export function cutOff(page) {
  return page.evaluate(() => {
    const isHidden = (element) => element.closest(".hidden, thead") !== null;
    const isCut = (element) => {
      const { left, right, width } = element.getBoundingClientRect();
      if (width === 0 || isHidden(element)) return false;
      const isField = element instanceof HTMLInputElement; // the cursor moves its text
      const isWider = element.scrollWidth > element.clientWidth;
      const isClipped = !isField && getComputedStyle(element).overflowX !== "visible" && isWider;
      return left < 0 || right > window.innerWidth + 0.5 || isClipped;
    };
    const { scrollWidth, clientWidth } = document.documentElement;
    const cut = [...document.querySelectorAll("body *")]
      .filter(isCut)
      .map((element) => element.outerHTML.slice(0, 120));
    return scrollWidth > clientWidth ? [`the page has ${scrollWidth} pixels`, ...cut] : cut;
  });
}
