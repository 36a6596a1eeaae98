/** The zip's own command, started as people do: on Windows, or under Wine. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGateway } from "../../support/gateway.ts";
import { placeStandIn, standInVersion } from "./stand-in.ts";
import { readZip, version, zipFile } from "./unzip.ts";
import { startsNode24, Windows } from "./windows.ts";

const examples = fileURLToPath(new URL("../../../examples/import-pfx/", import.meta.url));
const ownNode = "24.21.0";
let windows: Windows;
/** Where the zip is unpacked. */
let place: string;
/** With spaces and letters that no code page has all of. */
let exports: string;
const node = startsNode24 ? ownNode : standInVersion;

beforeAll(async () => {
  windows = await Windows.create();
  place = join(windows.folder, "Program files äß");
  exports = join(windows.folder, "Übergabe ✓ 2026");
  for (const [name, content] of readZip(readFileSync(zipFile))) write(join(place, name), content);
  for (const name of readdirSync(examples)) write(join(exports, name), readFileSync(join(examples, name)));
  write(join(exports, "Jürgen ✓.pfx"), readFileSync(join(examples, "adele-signing.pfx")));
  write(join(windows.folder, "password.txt"), "Tulip-47-Harbor\r\n");
  if (!startsNode24) {
    placeStandIn(windows.folder, join(place, "intune-pfx", "node.exe"));
    console.log(`This Wine is too old for Node.js ${ownNode}: Node.js ${node} runs the bundle, and nothing is sent.`);
  }
});

afterAll(() => windows?.[Symbol.dispose]());

function write(file: string, content: string | Buffer): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content, { mode: 0o600 });
}

function saveSettings(settings: Record<string, string>): void {
  write(join(windows.appData, "intune-pfx", "config.json"), JSON.stringify(settings));
  write(join(windows.appData, "intune-pfx", "connector.pub"), readFileSync(join(examples, "connector.pub")));
}

const start = (args: readonly string[]) => windows.cmd("intune-pfx\\intune-pfx.cmd", args, place);
const password = () => ["--password-file", windows.path(join(windows.folder, "password.txt"))];

describe("intune-pfx.cmd", () => {
  it("tells its version from a folder whose name has spaces", async () => {
    expect(await start(["--version"])).toEqual({
      exitCode: 0,
      stdout: `intune-pfx ${version}, Node.js ${node}\n`,
      stderr: "",
    });
  });

  it("passes on exit codes", async () => {
    expect((await start(["exprot"])).exitCode).toBe(64);
    expect((await start(["inspect", windows.path(join(exports, "alex-signing.pfx")), ...password()])).exitCode).toBe(1);
  });

  it("reads a file by its drive, and names it as it was named", async () => {
    const file = windows.path(join(exports, "Jürgen ✓.pfx"));

    const { exitCode, stdout } = await start(["inspect", file, ...password()]);

    expect(exitCode).toBe(0);
    expect(stdout).toContain(`${file}\n  signing     25aeb6c7`);
  });

  it("finds the files of *, which the command prompt leaves as it is", async () => {
    const pattern = `${windows.path(exports)}\\ADELE*.pfx`;

    const { exitCode, stdout } = await start(["inspect", pattern, ...password(), "--json"]);

    expect(exitCode).toBe(0);
    const names = [...stdout.matchAll(/"source":("(?:[^"\\]|\\.)*")/g)].map(([, name = ""]) => JSON.parse(name));
    expect(names).toEqual(
      ["adele-encryption.pfx", "adele-signing.pfx"].map((name) => `${windows.path(exports)}\\${name}`),
    );
  });

  it("reads a folder, relative and with either slash", async () => {
    for (const name of ["..\\Übergabe ✓ 2026", "../Übergabe ✓ 2026"]) {
      const { stdout } = await start(["inspect", name, ...password()]);

      expect(stdout).toContain("..\\Übergabe ✓ 2026\\Jürgen ✓.pfx\n");
    }
  });

  it("says which file is not there", async () => {
    const { exitCode, stderr } = await start(["inspect", "..\\nothing\\x.pfx"]);

    expect(exitCode).toBe(64);
    expect(stderr).toBe(`There is no file ..\\nothing\\x.pfx in ${windows.path(place)}.\n`);
  });

  it("encrypts with the key that the settings in %APPDATA% name", async () => {
    saveSettings({ key: "connector.pub", keyName: "K" });
    const out = windows.path(join(windows.folder, "variables ü.json"));

    const pattern = `${windows.path(exports)}\\adele*.pfx`;
    const { exitCode, stderr } = await start(["encrypt", pattern, ...password(), "--out", out]);

    expect(stderr).toContain("2 certificates written to ");
    expect(exitCode).toBe(0);
    const { inputs } = JSON.parse(readFileSync(join(windows.folder, "variables ü.json"), "utf8"));
    expect(inputs).toMatchObject([{ keyName: "K" }, { keyName: "K" }]);
  });

  if (startsNode24) {
    it("imports a list into a gateway", async () => {
      await using gateway = await startGateway({ config: { authMode: "none" } });
      saveSettings({ gateway: gateway.url, key: "connector.pub", keyName: "K", auth: "none" });
      const list = windows.path(join(exports, "users.csv"));
      const report = windows.path(join(windows.folder, "report ü.csv"));

      const { exitCode, stderr } = await start(["import", list, "--report", report, "--yes", "--no-input"]);

      expect(stderr).toMatch(/^3 created, 1 failed, in \d+ s$/m);
      expect(stderr).not.toContain("chmod");
      expect(exitCode).toBe(1);
      expect(gateway.emulator.records).toHaveLength(3);
      expect(readFileSync(join(windows.folder, "report ü.csv"), "utf8")).toContain("adele-signing.pfx");
    });
  }
});

it("the zip's own node.exe is one that the system takes for a program", async () => {
  const own = join(windows.folder, "own.exe");
  write(own, readZip(readFileSync(zipFile)).get("intune-pfx/node.exe") ?? "");

  expect((await windows.run(own, ["--version"], place)).stdout.trim()).toBe(`v${ownNode}`);
});
