/**
 * GraphiQL as built, in Chromium (`CHROMIUM`, default /usr/bin/chromium) that can reach nothing but this machine. Screenshots
 * go to a temporary folder, whose name is printed.
 */
import { mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seedRecords } from "../../src/emulator/seed.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { launchChromium, openTab, type Tab } from "./chromium.ts";

const screenshots = mkdtempSync(join(tmpdir(), "graphiql-screenshots-"));
let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
  console.log(`screenshots: ${screenshots}`);
});

afterAll(() => browser?.close());

interface Visit extends Tab, AsyncDisposable {
  readonly gateway: TestGateway;
}

/** Opens GraphiQL and waits until it knows the schema. */
async function visit(options: BrowserContextOptions = {}): Promise<Visit> {
  const gateway = await startGateway({
    seed: seedRecords(),
    config: { authMode: "none" },
    graphiqlFolder: new URL("../../dist/graphiql/", import.meta.url),
  });
  const { origin } = new URL(gateway.url);
  const tab = await openTab(browser, origin, { viewport: { width: 1440, height: 900 }, ...options });
  const { page } = tab;
  const schema = page.waitForResponse((response) => response.url() === gateway.url);
  await page.goto(new URL("/graphiql", gateway.url).href);
  await schema;
  await page.locator(".graphiql-query-editor .view-line").first().waitFor();
  return {
    gateway,
    ...tab,
    async [Symbol.asyncDispose]() {
      await tab.context.close();
      await gateway[Symbol.asyncDispose]();
    },
  };
}

/** Text as Monaco shows it, whose spaces don't break. */
async function shown(page: Page, editor: string): Promise<string> {
  return (await page.locator(`${editor} .view-line`).allTextContents()).join("\n").replaceAll("\u00a0", " ");
}

async function run(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Execute/ }).click();
}

describe("GraphiQL in Chromium", () => {
  it.each(["light", "dark"] as const)(
    "runs the first sample, loading only from this origin, in %s",
    async (colorScheme) => {
      await using visited = await visit({ colorScheme });
      const { page, complaints, gateway } = visited;

      expect(await page.title()).toBe("GraphiQL · Intune PFX gateway");
      expect(await shown(page, ".graphiql-query-editor")).toContain("CreateUserPfxCertificate");
      await run(page);
      await expect.poll(() => shown(page, ".result-window")).toContain('"thumbprint": "0aaf18962b2cdea9');
      await page.waitForTimeout(1000); // for what the workers have to say about the operation
      await page.screenshot({ path: join(screenshots, `${colorScheme}.png`) });

      expect(gateway.emulator.records.map(({ thumbprint }) => thumbprint)).toContain(
        "0aaf18962b2cdea9a1b28e83c3d41d83e5f6a7b8",
      );
      expect(await page.locator(".squiggly-error").count()).toBe(0);
      expect(complaints).toEqual([]);
    },
  );

  it("has a tab for each sample, the creates first", async () => {
    await using visited = await visit();

    const titles = await visited.page.locator(".graphiql-tab-button").allTextContents();

    expect(titles).toHaveLength(readdirSync("operations").filter((name) => name.endsWith(".graphql")).length);
    expect(titles.slice(0, 2)).toEqual(["CreateUserPfxCertificate", "CreateUserPfxCertificates"]);
  });

  it("sends the user's headers, and stores neither them nor the operation in the browser", async () => {
    await using visited = await visit();
    const { page, complaints } = visited;

    await page.getByRole("button", { name: "Headers" }).click();
    await page.locator(".graphiql-editor-tool .graphiql-editor:not(.hidden) .view-lines").click();
    await page.keyboard.press("Control+A");
    await page.keyboard.press("Delete");
    await page.keyboard.insertText('{ "Authorization": "Bearer canary-7f3a" }');
    const sent = page.waitForRequest((request) => request.method() === "POST");
    await run(page);

    expect((await sent).headers().authorization).toBe("Bearer canary-7f3a");
    await expect.poll(() => shown(page, ".result-window")).toContain("createUserPfxCertificate");
    await page.waitForTimeout(1000); // GraphiQL stores half a second after the last key
    await page.screenshot({ path: join(screenshots, "headers.png") });
    const stored = String(await page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])"));
    expect(stored).not.toMatch(/canary|Pfx|thumbprint/i);
    expect(complaints).toEqual([]);
  });
});
