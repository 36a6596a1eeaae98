/**
 * `intune-pfx-client` as a frontend gets it, in Chromium under `default-src 'self'`. What it makes is judged out here, by the
 * connector's private key and by OpenSSL.
 */
import { generateKeyPairSync } from "node:crypto";
import { createSecureContext } from "node:tls";
import { gzipSync } from "node:zlib";
import type { PrepareOptions, Protection } from "intune-pfx-client";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decryptPassword, keyFile, pfxFile, vectors } from "../client/vectors.ts";
import { startGateway } from "../support/gateway.ts";
import { aCertificate, aPfx, pkcs8Of } from "../support/pfx.ts";
import { launchChromium, openTab, type Tab } from "./chromium.ts";
import { buildPage, type PageFiles, type PageServer, servePage, workerPath } from "./packed-page.ts";
import type { Answer } from "./page/prepare.ts";

let browser: Browser;
let files: PageFiles;

beforeAll(async () => {
  [browser, files] = await Promise.all([launchChromium(), buildPage()]);
}, 180_000);

afterAll(() => browser?.close());

interface Visit extends Tab, AsyncDisposable {
  readonly server: PageServer;
}

async function visit(gatewayUrl?: string): Promise<Visit> {
  const server = await servePage(files, gatewayUrl);
  const tab = await openTab(browser, new URL(server.url).origin);
  await tab.page.goto(server.url);
  return {
    server,
    ...tab,
    async [Symbol.asyncDispose]() {
      await tab.context.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

type Action = "prepareInWorker" | "prepareInPage" | "send";

/** Presses a button of the page; what the page shows then. */
async function press(page: Page, action: Action): Promise<string> {
  await page.click(`button[value=${action}]`);
  const output = page.locator("output:not(:empty)");
  await output.waitFor({ state: "attached" });
  return (await output.textContent()) ?? "";
}

interface Choice extends Partial<PrepareOptions> {
  readonly pfx: Uint8Array;
  readonly password?: string;
  readonly action?: Action;
}

async function prepare(page: Page, choice: Choice): Promise<Answer> {
  const { pfx, password = "Passw0rd!", action = "prepareInWorker", ...chosen } = choice;
  const options: PrepareOptions = {
    publicKey: new TextDecoder().decode(keyFile("connector.spki.pem")),
    keyName: "PFXEncryptionKey",
    ...chosen,
  };
  const buffer = Buffer.from(pfx);
  await page.setInputFiles("[name=pfx]", { name: "user.pfx", mimeType: "application/x-pkcs12", buffer });
  await page.fill("[name=password]", password);
  await page.fill("[name=options]", JSON.stringify(options));
  return JSON.parse(await press(page, action));
}

describe("intune-pfx-client in a module worker of Chromium", () => {
  const protections: readonly Protection[] = ["compatible", "modern", "keep"];
  const cases = vectors.flatMap((vector) =>
    protections.map((protection) => ({
      ...vector,
      protection,
      error: vector.error ?? (protection === "keep" ? refusalToKeep(vector.password) : undefined),
    })),
  );
  let page: Page;
  let visited: Visit;

  beforeAll(async () => {
    visited = await visit();
    page = visited.page;
  });

  afterAll(() => visited?.[Symbol.asyncDispose]());

  it.each(cases.filter(({ error }) => error === undefined))(
    "makes the right input of $file, protection $protection",
    async ({ file, password, protection, expect: right }) => {
      const userPrincipalName = "user1@contoso.example";
      const givenUser = right?.users.length === 1 ? {} : { userPrincipalName };

      const { input, error } = await prepare(page, { pfx: pfxFile(file), password, protection, ...givenUser });

      expect(error).toBeUndefined();
      expect(input).toEqual({
        thumbprint: right?.thumbprint,
        intendedPurpose: right?.intendedPurpose,
        userPrincipalName,
        startDateTime: right?.startDateTime,
        expirationDateTime: right?.expirationDateTime,
        providerName: "Microsoft Software Key Storage Provider",
        keyName: "PFXEncryptionKey",
        paddingScheme: "OAEP_SHA512",
        encryptedPfxBlob: expect.any(String),
        encryptedPfxPassword: expect.any(String),
      });
      const stored = Buffer.from(input?.encryptedPfxBlob ?? "", "base64");
      const storedPassword = decryptPassword(input?.encryptedPfxPassword ?? "", "OAEP_SHA512");
      if (protection === "keep") {
        expect(storedPassword).toBe(password);
        expect(stored.equals(pfxFile(file).subarray(0, stored.length))).toBe(true);
        expect(stored.length).toBeGreaterThan(1000);
      } else {
        expect(storedPassword).toMatch(/^[A-HJ-NP-Za-kmnp-z2-9]{32}$/);
        expect(() => createSecureContext({ pfx: stored, passphrase: storedPassword })).not.toThrow();
      }
      expect(visited.complaints).toEqual([]);
    },
  );

  it.each(cases.filter(({ error }) => error !== undefined))(
    "rejects $file with $error, protection $protection",
    async ({ file, password, protection, error }) => {
      const userPrincipalName = "user1@contoso.example";

      const answer = await prepare(page, { pfx: pfxFile(file), password, protection, userPrincipalName });

      expect(answer.input).toBeUndefined();
      expect(answer.error?.code).toBe(error);
      expect(visited.complaints).toEqual([]);
    },
  );
});

function refusalToKeep(password: string): string | undefined {
  if (password === "") return "PASSWORD_EMPTY";
  return /^[\x20-\x7e]+$/.test(password) ? undefined : "PASSWORD_NOT_ASCII";
}

describe("the JavaScript that a worker loads", () => {
  it("has at most 40 KB for AES, and 60 KB with DES and RC2, gzipped", async () => {
    await using visited = await visit();
    const { page, server } = visited;
    const loaded = () => {
      const paths = [...server.asked].filter((path) => path.startsWith(workerPath));
      return paths.reduce((bytes, path) => bytes + gzipSync(files.get(path) ?? "").length, 0);
    };

    await prepare(page, { pfx: pfxFile("w-win-aes.pfx"), protection: "modern" });
    const forAes = loaded();
    await prepare(page, { pfx: pfxFile("o30-legacy.pfx"), protection: "compatible" });
    const forAll = loaded();

    console.log(`gzipped: ${forAes} bytes for AES, ${forAll} with DES and RC2`);
    expect(forAes).toBeGreaterThan(10_000);
    expect(forAes).toBeLessThanOrEqual(40_000);
    expect(forAll).toBeGreaterThan(forAes);
    expect(forAll).toBeLessThanOrEqual(60_000);
  });
});

describe("a file with 600,000 rounds that WebCrypto does not support", () => {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const certificate = aCertificate({ publicKey, userPrincipalNames: ["user1@contoso.example"] });
  const pfx = aPfx({
    keys: [{ der: pkcs8Of(privateKey) }],
    certificates: [{ der: certificate }],
    password: "Passw0rd!",
    macIterations: 600_000,
  });

  it.each([
    ["page", "prepareInPage"],
    ["worker", "prepareInWorker"],
  ] as const)("leaves the %s time for other tasks", async (_, action) => {
    await using visited = await visit();

    const { input, ticks } = await prepare(visited.page, {
      pfx,
      protection: "keep",
      intendedPurpose: "SMIME_SIGNING",
      action,
    });

    expect(input).toBeDefined();
    expect(ticks).toBeGreaterThanOrEqual(10);
    expect(visited.complaints).toEqual([]);
  });
});

describe("a prepared input", () => {
  it("becomes a certificate in Intune when the same page sends it with the typed operation", async () => {
    await using gateway = await startGateway({ config: { authMode: "none" } });
    await using visited = await visit(gateway.url);
    const { page, complaints } = visited;
    const { input } = await prepare(page, { pfx: pfxFile("w-win-3des.pfx") });

    const sent = JSON.parse(await press(page, "send"));

    expect(sent.errors).toBeUndefined();
    expect(gateway.emulator.records).toEqual([
      expect.objectContaining({
        id: sent.data.createUserPfxCertificate.id,
        thumbprint: input?.thumbprint,
        userPrincipalName: "user1@contoso.example",
        encryptedPfxBlob: input?.encryptedPfxBlob,
        encryptedPfxPassword: input?.encryptedPfxPassword,
      }),
    ]);
    expect(complaints).toEqual([]);
  });
});
