/** Questions on a real terminal: where they appear, and that they end with every signal that ends a run. */
import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { keyFile } from "../../client/vectors.ts";
import { TestFolder } from "../../support/cli.ts";
import { startGateway } from "../../support/gateway.ts";
import { anInput } from "../../support/input.ts";
import { pfxOf } from "../../support/many-pfx.ts";
import { commandFile } from "./cli-process.ts";
import { quoted, TmuxTerminal } from "./tmux-terminal.ts";

function folderWithFiles(): TestFolder {
  const folder = new TestFolder();
  folder.write("key.pub", keyFile("connector.rsapublicblob"));
  for (const user of ["anna", "bob"]) folder.write(`pfx/${user}@contoso.example.pfx`, pfxOf(`${user}@contoso.example`));
  return folder;
}

/** The shell survives the signals that its program gets, and writes down how that ended. */
function started(folder: TestFolder, args: readonly string[], redirection = ""): TmuxTerminal {
  const program = quoted(process.execPath, commandFile, ...args);
  const inner = `echo $$ >pid; exec env HOME="$PWD" INTUNE_PFX_TOKEN=caller-token "$@" ${redirection}`;
  const script = `trap : HUP TERM INT; sh -c '${inner}' sh ${program}; code=$?; stty -a >stty; echo $code >code`;
  return new TmuxTerminal(80, folder.path, script);
}

const read = (folder: TestFolder, name: string) => readFileSync(`${folder.path}/${name}`, "utf8");

async function exitCodeOf(folder: TestFolder): Promise<number> {
  const giveUpAtMs = Date.now() + 10_000;
  while (Date.now() < giveUpAtMs && !(existsSync(`${folder.path}/code`) && read(folder, "code") !== ""))
    await sleep(10);
  return Number(read(folder, "code"));
}

const importArgs = (url: string) => ["import", "pfx", "--key", "key.pub", "--key-name", "K", "--gateway", url];

describe("a question with standard output in a file", () => {
  it("appears on the terminal, and the file has data only", async () => {
    await using gateway = await startGateway();
    using folder = folderWithFiles();
    using terminal = started(folder, [...importArgs(gateway.url), "--dry-run"], ">out.txt");

    await terminal.waitFor("Password for");
    expect(read(folder, "out.txt")).toBe("");
    terminal.type("secret", "Enter");
    await terminal.waitFor("Use it for all");
    terminal.type("Enter");

    expect(await exitCodeOf(folder)).toBe(0);
    expect(read(folder, "out.txt")).toBe(
      "    2  would be imported  user from the file name 2\n\nNothing was changed. The import takes about 1 s (Graph takes 100 in 20 s).\nOnly Graph can tell whether it accepts them.\n",
    );
    expect(terminal.lines().join("\n")).not.toMatch(/would be imported|secret/);
  });

  it("leaves the file empty where a command has no data", async () => {
    await using gateway = await startGateway();
    using folder = folderWithFiles();
    using terminal = started(folder, importArgs(gateway.url), ">out.txt");
    await terminal.waitFor("Password for");
    terminal.type("secret", "Enter");
    await terminal.waitFor("Use it for all");
    terminal.type("Enter");
    await terminal.waitFor("Import 2 certificates");
    terminal.type("y");

    expect(await exitCodeOf(folder)).toBe(0);
    expect(read(folder, "out.txt")).toBe("");
    expect(gateway.emulator.records).toHaveLength(2);
    expect(terminal.lines().join("\n")).toContain("2 created, in");
  });
});

describe.each(["SIGTERM", "SIGHUP", "SIGINT"] as const)("%s", (signal) => {
  type Question = readonly [what: string, asked: string, args: (url: string) => readonly string[]];
  it.each<Question>([
    ["a password", "Password for", importArgs],
    ["consent", "Delete 1 certificate of 1 user", (url) => ["delete", "seeded", "--even-encryption", "--gateway", url]],
    ["a setting", "Gateway", () => ["setup"]],
  ])("ends a question for %s within a second, with 130 and an orderly terminal", async (_, asked, args) => {
    await using gateway = await startGateway();
    const { data } = await gateway.send<{ createUserPfxCertificate: { id: string } }, object>(
      "mutation ($input: CreateUserPfxCertificateInput!) { createUserPfxCertificate(input: $input) { id } }",
      { input: anInput() },
    );
    using folder = folderWithFiles();
    const id = data?.createUserPfxCertificate.id ?? "";
    const all = args(gateway.url).map((arg) => (arg === "seeded" ? id : arg));
    using terminal = started(folder, all);
    await terminal.waitFor(asked);
    expect(terminal.lines().join("\n")).toContain(asked);

    const sinceMs = Date.now();
    process.kill(Number(read(folder, "pid")), signal);
    const exitCode = await exitCodeOf(folder);
    const tookMs = Date.now() - sinceMs;

    expect(exitCode).toBe(130);
    expect(tookMs).toBeLessThan(5000); // without the fix it never ends
    expect(read(folder, "stty").split(/\s+/)).toEqual(expect.arrayContaining(["icanon", "echo"]));
    expect(terminal.lines().join("\n")).toContain("Interrupted.");
    expect(gateway.emulator.records).toHaveLength(1);
  });
});

describe("a terminal that goes away", () => {
  it("ends the question, and with it the run", async () => {
    await using gateway = await startGateway();
    using folder = folderWithFiles();
    const terminal = started(folder, importArgs(gateway.url));
    await terminal.waitFor("Password for");
    terminal[Symbol.dispose]();

    // By the signal: an exit would end in an abort of Node.js, whose dump has passwords in it.
    expect(await exitCodeOf(folder)).toBe(128 + 1);
    expect(gateway.emulator.records).toEqual([]);
  });
});
