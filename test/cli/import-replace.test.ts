/** What an import does about certificates that Intune has for another key, and when it asks. */
import { describe, expect, it } from "vitest";
import { keyFile } from "../client/vectors.ts";
import { type CliOptions, TestFolder } from "../support/cli.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { pfxOf } from "../support/many-pfx.ts";
import { Terminal } from "../support/terminal.ts";

const env = { INTUNE_PFX_TOKEN: "caller-token", INTUNE_PFX_PASSWORD: "secret" };

function folderOf(...users: readonly string[]): TestFolder {
  const folder = new TestFolder();
  folder.write("key.pub", keyFile("connector.rsapublicblob"));
  for (const user of users) folder.write(`pfx/${user}.pfx`, pfxOf(user));
  return folder;
}

function importAs(
  keyName: string,
  gateway: TestGateway,
  folder: TestFolder,
  args: readonly string[] = [],
  options: CliOptions = {},
) {
  const connector = ["--key", "key.pub", "--key-name", keyName, "--gateway", gateway.url];
  return folder.run(["import", "pfx", ...args, ...connector], { env, ...options });
}

const keyNames = ({ emulator }: TestGateway) => emulator.records.map(({ keyName }) => keyName);

describe("OTHER_KEY", () => {
  const advice = [
    "OTHER_KEY: check --key-name first, then --provider and --padding. Devices can't",
    "open files that are sent under a wrong key name. If the connector has a new",
    "key, --replace sends the files again.",
    "",
  ].join("\n");

  it("comes with the advice to check the key's name first, in an import and in a dry run", async () => {
    await using gateway = await startGateway();
    using folder = folderOf("anna@contoso.example");
    const first = await importAs("RightKey", gateway, folder);

    const mistyped = await importAs("RihgtKey", gateway, folder);
    const dryRun = await importAs("RihgtKey", gateway, folder, ["-n"]);

    expect(first.stderr).not.toContain("OTHER_KEY");
    expect(mistyped.exitCode).toBe(1);
    expect(mistyped.stderr).toContain(
      'already in Intune, but for the key "RightKey"; --replace sends it anew (OTHER_KEY)',
    );
    expect(mistyped.stderr).toContain(`\n\n${advice}Put these right and run the same command again`);
    expect(dryRun.stdout).toContain(`\n\n${advice}\nNothing was changed.`);
    expect(Math.max(...advice.split("\n").map(({ length }) => length))).toBeLessThan(80);
  });
});

describe("the question before an import", () => {
  it("names whom the only certificate is for, and no password is asked for twice", async () => {
    await using gateway = await startGateway();
    using folder = folderOf("anna@contoso.example");
    const terminal = new Terminal({
      replies: [
        ["Password for", "secret\r"],
        ["Import this certificate?", "y"],
      ],
    });

    const { exitCode } = await importAs("K", gateway, folder, [], {
      env: { INTUNE_PFX_TOKEN: "caller-token" },
      io: terminal.io,
    });

    expect(exitCode).toBe(0);
    expect(terminal.stderr).toContain("  For        anna@contoso.example, encryption, valid to 2028-01-01\n");
    expect(terminal.stderr.split("Password for").length).toBe(terminal.stderr.split("Import this").length);
    expect(gateway.emulator.records).toHaveLength(1);
  });

  it("comes after each file's own password, which is kept for the file until it is sent", async () => {
    await using gateway = await startGateway();
    using folder = folderOf();
    folder.write("pfx/a@contoso.example.pfx", pfxOf("a@contoso.example", { password: "first" }));
    folder.write("pfx/b@contoso.example.pfx", pfxOf("b@contoso.example", { password: "second" }));
    const terminal = new Terminal({
      replies: [
        ["Password for pfx/a@", "first\r"],
        ["Use it for all that follow?", "n"],
        ["Password for pfx/b@", "second\r"],
        ["Use it for all that follow?", "n"],
        ["Import 2 certificates?", "y"],
      ],
    });

    const { exitCode } = await importAs("K", gateway, folder, [], {
      env: { INTUNE_PFX_TOKEN: "caller-token" },
      io: terminal.io,
    });

    expect(terminal.unasked).toEqual([]);
    expect(exitCode).toBe(0);
    expect(gateway.emulator.records).toHaveLength(2);
  });
});

describe("the table of failures", () => {
  it("fits the window, in a dry run too: what does not fit goes on below the other files", async () => {
    await using gateway = await startGateway();
    using folder = folderOf();
    const names = ["one", "two", "three"].map((each) => `${each}.${"long".repeat(5)}@contoso.example`);
    for (const name of names) folder.write(`pfx/${name}.pfx`, "no pfx");
    const terminals = [new Terminal(), new Terminal()];
    const [dryRun, real] = terminals;

    await importAs("K", gateway, folder, ["-n"], { io: dryRun?.io ?? {} });
    await importAs("K", gateway, folder, [], { io: real?.io ?? {} });

    const table = names
      .sort()
      .map((name, index) => `${index === 0 ? "       3  NOT_A_PFX  " : " ".repeat(21)}pfx/${name}.pfx`)
      .join(",\n");
    expect(dryRun?.stdout).toContain(table);
    expect(real?.stderr).toContain(table);
    for (const { stdout, stderr } of terminals) {
      expect(Math.max(...`${stdout}\n${stderr}`.split(/[\n\r]/).map(({ length }) => length))).toBeLessThan(80);
    }
  });
});

describe("--replace", () => {
  it.each([[[]], [["--json"]], [["--no-input"]]])(
    "names --yes where nobody can be asked, before anything is sent: %j",
    async (more) => {
      await using gateway = await startGateway();
      using folder = folderOf("anna@contoso.example");
      const io = more.includes("--no-input") ? new Terminal().io : {};

      const { exitCode, stderr, json } = await importAs("K", gateway, folder, ["--replace", ...more], { io });

      expect(exitCode).toBe(64);
      if (more.includes("--json")) expect(json).toMatchObject([{ type: "error", code: "MISSING", option: "--yes" }]);
      else if (!more.includes("--no-input")) {
        expect(stderr).toBe(
          "Nothing was sent: --replace asks before it sends again what Intune has, and nobody can be asked here. Add --yes to agree.\n",
        );
      }
      expect(gateway.emulator.requests).toEqual([]);
    },
  );

  it("replaces without a terminal only with --yes, and a dry run needs neither", async () => {
    await using gateway = await startGateway();
    using folder = folderOf("anna@contoso.example");
    await importAs("OldKey", gateway, folder);

    const dryRun = await importAs("NewKey", gateway, folder, ["--replace", "-n"]);
    const before = keyNames(gateway);
    const replaced = await importAs("NewKey", gateway, folder, ["--replace", "--yes"]);

    expect(dryRun.exitCode).toBe(0);
    expect(dryRun.stdout).toContain("    1  would be sent anew");
    expect(before).toEqual(["OldKey"]);
    expect(replaced.exitCode).toBe(0);
    expect(keyNames(gateway)).toEqual(["NewKey"]);
  });

  it("asks on a terminal; the answer no sends nothing and ends with 0", async () => {
    await using gateway = await startGateway();
    using folder = folderOf("anna@contoso.example");
    await importAs("OldKey", gateway, folder);
    const question = "Import this certificate in the place of the one in Intune?";
    const [no, yes] = [new Terminal({ replies: [[question, "n"]] }), new Terminal({ replies: [[question, "y"]] })];

    const declined = await importAs("NewKey", gateway, folder, ["--replace"], { io: no.io });
    const before = keyNames(gateway);
    const accepted = await importAs("NewKey", gateway, folder, ["--replace"], { io: yes.io });

    expect(no.unasked).toEqual([]);
    expect(declined.exitCode).toBe(0);
    expect(no.stderr).toContain("Nothing was sent.");
    expect(before).toEqual(["OldKey"]);
    expect(accepted.exitCode).toBe(0);
    expect(keyNames(gateway)).toEqual(["NewKey"]);
  });

  it("declined ends with 1 where a file failed before the question", async () => {
    await using gateway = await startGateway();
    using folder = folderOf("anna@contoso.example");
    folder.write("pfx/text.pfx", "no pfx");
    const terminal = new Terminal({ replies: [["Import this certificate?", "n"]] });

    const { exitCode } = await importAs("K", gateway, folder, [], { io: terminal.io });

    expect(terminal.unasked).toEqual([]);
    expect(exitCode).toBe(1);
    expect(gateway.emulator.records).toEqual([]);
  });
});
