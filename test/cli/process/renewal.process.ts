/** Long imports at a gateway that verifies tokens: tokens that end or are refused in the middle. */
import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { keyFile } from "../../client/vectors.ts";
import { TestFolder } from "../../support/cli.ts";
import type { GatewayOptions } from "../../support/gateway.ts";
import { pfxOf } from "../../support/many-pfx.ts";
import { startVerifiedGateway } from "../../support/verified-gateway.ts";
import { startBearerFront } from "./bearer-front.ts";
import { startCli } from "./cli-process.ts";

const connector = ["--key", "key.pub", "--key-name", "K"];

async function start(files: number, front: Parameters<typeof startBearerFront>[1] = {}, options: GatewayOptions = {}) {
  const here = await startVerifiedGateway("app", { writeQuota: false, ...options });
  const between = await startBearerFront(here.gateway.url, front);
  const folder = new TestFolder();
  folder.write("key.pub", keyFile("connector.rsapublicblob"));
  for (let index = 0; index < files; index += 1) {
    const user = `user${index}@contoso.example`;
    folder.write(`pfx/${user}.pfx`, pfxOf(user));
  }
  const { entra, gateway, callers } = here;
  const env = {
    ...here.env,
    INTUNE_PFX_PASSWORD: "secret",
    AZURE_CLIENT_SECRET: entra.credentials.clientSecret,
  };
  const args = ["import", "pfx", ...connector, "--gateway", between.url];
  return {
    gateway,
    entra,
    callers,
    folder,
    between,
    /** An import that the application signs in for. */
    importAsApp: () => startCli([...args, "--auth", "app", ...here.signInOptions], folder.path, env).ended,
    importWith: (tokenFile: string) =>
      startCli([...args, "--token-file", tokenFile], folder.path, {
        INTUNE_PFX_PASSWORD: "secret",
      }).ended,
    users: () => new Set(gateway.emulator.records.map(({ userPrincipalName }) => userPrincipalName)),
    async [Symbol.asyncDispose]() {
      await between[Symbol.asyncDispose]();
      await here[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

describe("tokens that live for four seconds", () => {
  it("are renewed in time all through an import of 100 files", async () => {
    await using here = await start(100, {}, { latencyMs: 1500 });
    here.entra.settings.lifetimeSeconds = 4;
    const { exitCode, stderr } = await here.importAsApp();

    expect(stderr).toMatch(/^100 created, in/m);
    expect(exitCode).toBe(0);
    expect(here.gateway.emulator.records).toHaveLength(100);
    expect(here.users().size).toBe(100);
    const tokens = new Set(here.between.seen.map(({ token }) => token));
    expect(tokens.size).toBeGreaterThanOrEqual(3);
    expect(here.entra.grants("client_credentials")).toHaveLength(tokens.size);
    expect(Math.min(...here.between.seen.map(({ leftMs }) => leftMs))).toBeGreaterThan(0);
    expect(here.between.seen.every(({ status }) => status === 200)).toBe(true);
  });
});

describe("a token file", () => {
  it("is read again when the gateway refuses the token in the middle of an import", async () => {
    const renewed: { write?: () => void } = {};
    await using here = await start(60, {
      isSpoiled: (index) => index === 2,
      onAnswer: (status) => {
        if (status === 401) renewed.write?.();
      },
    });
    const file = here.folder.write("token", await here.callers.issue());
    const second = await here.callers.issue();
    renewed.write = () => writeFileSync(file, `${second}\n`);
    const { exitCode, stderr } = await here.importWith("token");

    expect(stderr).toMatch(/^60 created, in/m);
    expect(exitCode).toBe(0);
    expect(here.users().size).toBe(60);
    expect(here.gateway.emulator.records).toHaveLength(60);
    expect(here.between.seen.filter(({ status }) => status === 401)).toHaveLength(1);
    expect(here.between.seen.at(-1)?.token).toBe(second);
  });
});

describe("a token that is refused", () => {
  it("three times in one run, but never twice in a row, is replaced each time, and the run goes on", async () => {
    await using here = await start(100, { isSpoiled: (index) => [1, 3, 5].includes(index) });
    const { exitCode, stderr } = await here.importAsApp();

    expect(stderr).toMatch(/^100 created, in/m);
    expect(exitCode).toBe(0);
    expect(here.users().size).toBe(100);
    expect(here.gateway.emulator.records).toHaveLength(100);
    expect(here.between.seen.map(({ status }) => status)).toEqual([200, 401, 200, 401, 200, 401, 200, 200, 200]);
    expect(here.entra.grants("client_credentials")).toHaveLength(4);
  });

  it("twice in a row ends the run with 4, and what was done stays", async () => {
    await using here = await start(100, { isSpoiled: (index) => index === 3 || index === 4 });
    const { exitCode, stderr } = await here.importAsApp();

    expect(stderr).toMatch(
      /^Stopped: the gateway does not accept the sign-in of application .+\.\n {2}It said: The access token's signature can't be verified\. \(UNAUTHENTICATED\)$/m,
    );
    expect(stderr).toMatch(/^40 created, 60 not tried, in/m);
    expect(exitCode).toBe(4);
    expect(here.gateway.emulator.records).toHaveLength(40);
    expect(here.entra.grants("client_credentials")).toHaveLength(2);
  });
});
