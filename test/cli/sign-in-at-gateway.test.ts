/** The command line's sign-in at a gateway that verifies tokens: which ones it takes, and what people and programs are told. */
import { describe, expect, it } from "vitest";
import { keyFile } from "../client/vectors.ts";
import { TestFolder } from "../support/cli.ts";
import { pfxOf } from "../support/many-pfx.ts";
import { Terminal } from "../support/terminal.ts";
import { startVerifiedGateway, type VerifiedGateway } from "../support/verified-gateway.ts";

const appEnv = ({ entra, env }: VerifiedGateway) => ({
  ...env,
  AZURE_CLIENT_SECRET: entra.credentials.clientSecret,
});

describe("--auth app", () => {
  it.each(["list", "import"])("is told by a gateway of mode obo that it acts for users only: %s", async (command) => {
    await using here = await startVerifiedGateway("obo");
    using folder = new TestFolder();
    folder.write("key.pub", keyFile("connector.rsapublicblob"));
    folder.write("anna@contoso.example.pfx", pfxOf("anna@contoso.example"));
    const work = command === "list" ? [] : ["anna@contoso.example.pfx", "--key", "key.pub", "--key-name", "K"];

    const args = [command, ...work, "--gateway", here.gateway.url, "--auth", "app", ...here.signInOptions];
    const { exitCode, stderr } = await folder.run(args, { env: { ...appEnv(here), INTUNE_PFX_PASSWORD: "secret" } });

    expect(stderr).toContain("(FORBIDDEN)\n  this gateway acts for users only: sign in as a person");
    expect(exitCode).toBe(4);
    expect(here.gateway.emulator.requests).toEqual([]);
  });

  it("is told which role it needs where that is what it lacks", async () => {
    await using here = await startVerifiedGateway("app");
    here.entra.settings.tokens = { ...Object(here.entra.settings.tokens), roles: ["Other.All"] };
    using folder = new TestFolder();

    const args = ["list", "--gateway", here.gateway.url, "--auth", "app", ...here.signInOptions];
    const { exitCode, stderr } = await folder.run(args, { env: appEnv(here) });

    expect(stderr).toContain("An application needs the role Pfx.ReadWrite.All");
    expect(stderr).not.toContain("users only");
    expect(exitCode).toBe(4);
  });

  it("is taken by a gateway of mode app", async () => {
    await using here = await startVerifiedGateway("app");
    using folder = new TestFolder();

    const args = ["list", "--gateway", here.gateway.url, "--auth", "app", ...here.signInOptions];
    const { exitCode, stderr } = await folder.run(args, { env: appEnv(here) });

    expect(stderr).toBe("No certificate.\n");
    expect(exitCode).toBe(0);
  });
});

describe("--json", () => {
  it("has the address and the code of a device sign-in on standard output before anybody waits", async () => {
    await using here = await startVerifiedGateway("obo");
    here.entra.settings.devicePolls = ["authorization_pending"];
    using folder = new TestFolder();

    const args = ["list", "--json", "--gateway", here.gateway.url, "--auth", "device-code", ...here.signInOptions];
    const { exitCode, json, stderr } = await folder.run(args, { env: here.env });

    expect(json.map(({ type }) => type)).toEqual(["sign-in", "end"]);
    expect(json[0]).toEqual({
      v: 1,
      type: "sign-in",
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      url: "https://microsoft.com/devicelogin",
      userCode: "ABCD1234",
    });
    expect(stderr).toBe("");
    expect(exitCode).toBe(0);
  });

  it("has the address that a browser must open", async () => {
    await using here = await startVerifiedGateway("obo");
    using folder = new TestFolder();
    const terminal = new Terminal({ isOutputShown: false });

    const args = ["list", "--json", "--gateway", here.gateway.url, "--auth", "browser", ...here.signInOptions];
    const run = folder.run(args, { env: here.env, io: terminal.io });
    let [line] = terminal.stdout.split("\n");
    while (!line) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      [line] = terminal.stdout.split("\n");
    }
    const { type, url } = JSON.parse(line);
    await fetch(url);

    expect((await run).exitCode).toBe(0);
    expect(type).toBe("sign-in");
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]+\/oauth2\/v2\.0\/authorize\?/);
    expect(terminal.stderr).toBe("");
  });
});

describe("the plan of --json", () => {
  it("has only the number of files where they are sent as they are opened", async () => {
    const { json } = await importTwo([]);
    expect(json.map(({ type }) => type)).toEqual(["start", "note", "plan", "item", "item", "end"]);
    expect(json.find(({ type }) => type === "plan")).toEqual({
      v: 1,
      type: "plan",
      at: expect.any(String),
      files: 2,
    });
  });

  it("has what would become of them where nothing is sent", async () => {
    const { json } = await importTwo(["--dry-run"]);
    expect(json.find(({ type }) => type === "plan")).toMatchObject({
      files: 2,
      toImport: 2,
      alreadyThere: 0,
      failed: 0,
    });
  });
});

async function importTwo(more: readonly string[]) {
  await using here = await startVerifiedGateway("app");
  using folder = new TestFolder();
  folder.write("key.pub", keyFile("connector.rsapublicblob"));
  for (const user of ["anna", "bob"]) folder.write(`pfx/${user}@contoso.example.pfx`, pfxOf(`${user}@contoso.example`));
  const args = ["import", "pfx", "--json", "--key", "key.pub", "--key-name", "K", "--gateway", here.gateway.url];
  const env = { ...appEnv(here), INTUNE_PFX_PASSWORD: "secret" };
  return await folder.run([...args, "--auth", "app", ...here.signInOptions, ...more], { env });
}
