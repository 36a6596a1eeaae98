/** The command line's arguments: what it prints where, and its exit codes. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { TestFolder } from "../support/cli.ts";

const { version } = JSON.parse(readFileSync("packages/cli/package.json", "utf8"));

async function runWith(...args: string[]) {
  using folder = new TestFolder();
  return folder.run(args);
}

const commands = ["import", "inspect", "list", "delete", "setup", "doctor", "encrypt"];
const topics = ["csv", "passwords", "sign-in", "exit-codes", "environment"];

describe("intune-pfx", () => {
  it("says what it is for, and what to type next, without arguments", async () => {
    const { exitCode, stdout, stderr } = await runWith();
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^intune-pfx imports users' \.pfx files into Microsoft Intune\.\n/);
    for (const next of ["intune-pfx setup", "--dry-run", "intune-pfx --help"]) expect(stdout).toContain(next);
    expect(stderr).toBe("");
  });

  it.each([
    ...["--help", "-h", "help"].map((argument) => [[argument]]),
    ...commands.map((command) => [[command, "--help"]]),
    ...commands.map((command) => [["help", command]]),
    ...topics.map((topic) => [["help", topic]]),
  ])("%j prints help in 80 columns, of ASCII only", async (args) => {
    const { exitCode, stdout, stderr } = await runWith(...args);
    expect(exitCode).toBe(0);
    expect(stdout.length).toBeGreaterThan(100);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(/^[\n\x20-\x7e]*$/.test(stdout)).toBe(true);
    expect(stderr).toBe("");
  });

  it("lists every command in its help, and every option in the help of its command", async () => {
    const { stdout } = await runWith("--help");
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} `, "m"));
    const { optionsOf, isCommand } = await import("../../packages/cli/src/arguments/options.ts");
    for (const command of commands) {
      const { stdout: help } = await runWith(command, "--help");
      const common = new Set(["help", "version", "no-input", "json", "config"]);
      const missing = (isCommand(command) ? optionsOf(command) : []).filter(
        (option) => !common.has(option) && !help.includes(`--${option}`),
      );
      expect({ command, missing }).toEqual({ command, missing: [] });
    }
  });

  it("explains --out, whole ids, and what the answer no ends with", async () => {
    const help = async (...args: string[]) => (await runWith(...args)).stdout.replace(/\s+/g, " ");
    expect(await help("encrypt", "--help")).toContain("mode 0600: only you can read it");
    expect(await help("encrypt", "--help")).toContain("never to a terminal (exit code 64)");
    expect(await help("delete", "--help")).toContain("intune-pfx delete ID");
    expect(await help("delete", "--help")).not.toMatch(/[0-9a-f]{8}\.\.\./);
    expect(await help("import", "--help")).toContain("asks first, and without a terminal needs --yes");
    expect(await help("help", "exit-codes")).toContain("you answered no, and nothing was sent");
  });

  it.each([
    ["--user", "anna@contoso.example", '"user"'],
    ["--thumbprint", "0".repeat(40), '"thumbprint"'],
  ])("%s is for one file: several need a list with the column that is named", async (option, value, column) => {
    using folder = new TestFolder();
    for (const name of ["a.pfx", "b.pfx"]) folder.write(name, "x");
    const { exitCode, stderr } = await folder.run(["inspect", "a.pfx", "b.pfx", option, value]);
    expect(exitCode).toBe(64);
    expect(stderr).toBe(`${option} is for one file; for several, use a list with a column ${column}.\n`);
  });

  it.each(["--version", "-V"])("%s prints the versions of the tool and of Node.js", async (argument) => {
    const { exitCode, stdout } = await runWith(argument);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`intune-pfx ${version}, Node.js ${process.versions.node}\n`);
  });

  it.each<[string[], string]>([
    [["--dryrun"], "intune-pfx has no option --dryrun."],
    [["import", "--dryrun"], "import has no option --dryrun. Did you mean --dry-run?"],
    [["list", "--reprt", "x"], "list has no option --reprt."],
    [["import", "--passwort"], "import has no option --passwort. Did you mean --password-file?"],
    [["import", "--dry"], "import has no option --dry. Did you mean --dry-run?"],
    [["list", "--expire", "60d"], "list has no option --expire. Did you mean --expired?"],
    [["import", "--secret"], "import has no option --secret."],
    [["import", "-x"], "import has no option -x."],
    [["del", "x"], 'intune-pfx has no command "del". Did you mean delete?'],
    [["--constructor"], "intune-pfx has no option --constructor."],
    [["imprt", "x"], 'intune-pfx has no command "imprt". Did you mean import?'],
    [["--", "\u001b[2J"], 'intune-pfx has no command "\uFFFD[2J".'],
    [["import", "x", "--yes=1"], "--yes takes no value"],
    [["import", "x", "--key"], "--key needs a value: --key FILE"],
    [["import", "x", "--key", "--yes"], "--key needs a value: --key FILE"],
    [["import", "x", "--auth", "magic"], "--auth must be one of browser, device-code, az, app, token, none"],
    [["import", "\u2013dry-run"], '"\u2013dry-run" begins with a long dash. Type two hyphens: --dry-run'],
    [
      ["help", "password"],
      "There is no such topic of help. Did you mean passwords? The topics are csv, passwords, sign-in, exit-codes, environment.",
    ],
    [
      ["import"],
      "Nothing was sent: 3 settings are missing.\n\n  --gateway URL    the gateway's address\n  --key FILE       the connector's public key\n  --key-name NAME  that key's name on the connector's machine\n\n'intune-pfx setup' asks for them, tests them and saves them.",
    ],
  ])("%j ends with exit code 64: %s", async (args, message) => {
    const { exitCode, stdout, stderr } = await runWith(...args);
    expect(exitCode).toBe(64);
    expect(stderr).toBe(`${message}\n`);
    expect(stdout).toBe("");
  });

  it.each([
    [["import", "x", "--password", "hunter2"]],
    [["import", "x", "--password=hunter2"]],
    [["--password", "hunter2", "import"]],
    [["--token", "hunter2"]],
    [["list", "--token=hunter2"]],
  ])("%j: secrets on the command line are refused, and not repeated", async (args) => {
    const { exitCode, stdout, stderr } = await runWith(...args);
    expect(exitCode).toBe(64);
    expect(stderr).toMatch(/on the command line are visible to others; use --(password|token)-file/);
    expect(stdout + stderr).not.toContain("hunter2");
  });

  it.each([
    [["--constructor=hunter2"]],
    [["import", "--secret=hunter2"]],
    [["import", "--passwort", "hunter2"]],
    [["--passwort", "hunter2", "import"]],
    [["--passwort=hunter2", "import"]],
    [["list", "--kye", "hunter2hunter2hunter2hunter2"]],
  ])("%j: repeats no value of an unknown option", async (args) => {
    const { exitCode, stdout, stderr } = await runWith(...args);
    expect(exitCode).toBe(64);
    expect(stdout + stderr).not.toContain("hunter2");
  });

  it("tells programs in JSON what ends the run", async () => {
    const { exitCode, json, stderr } = await runWith(
      "import",
      "x",
      "--json",
      "--gateway",
      "https://pfx.contoso.example",
    );
    expect(exitCode).toBe(64);
    expect(json).toEqual([
      {
        v: 1,
        type: "error",
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:]{8}Z$/),
        code: "MISSING",
        message: expect.stringContaining("2 settings are missing"),
        option: "--key",
      },
    ]);
    expect(stderr).toBe("");
  });
});

describe("settings", () => {
  const missing = "Nothing was sent: 2 settings are missing.";

  it("come from the flag, else the variable, else the file, and never from the current folder", async () => {
    using folder = new TestFolder();
    folder.write("config.json", '{"gateway":"https://here.contoso.example"}');
    folder.write("home/.config/intune-pfx/config.json", '{"key":"key.pub"}');
    folder.write("home/.config/intune-pfx/key.pub", "no key");
    const named = await folder.run(["import", "x.pfx"]);
    expect(named.stderr).toContain(missing);
    expect(named.stderr).not.toContain("--key FILE");
    folder.write("x.pfx", "x");
    const given = await folder.run(["import", "x.pfx", "--key-name", "K"], {
      env: { INTUNE_PFX_GATEWAY: "https://pfx.contoso.example" },
    });
    // The key's path is relative to the file that names it.
    expect(given.stderr).toBe(
      `${folder.path}/home/.config/intune-pfx/key.pub: this is no public key in a known form\n`,
    );
    const flag = await folder.run(["import", "x.pfx", "--key-name", "K", "--gateway", "ftp://x"], {
      env: { INTUNE_PFX_GATEWAY: "https://pfx.contoso.example" },
    });
    expect(flag.stderr).toContain("--gateway must be an address");
  });

  it("of --config are those of that file only", async () => {
    using folder = new TestFolder();
    folder.write(
      "home/.config/intune-pfx/config.json",
      '{"gateway":"https://pfx.contoso.example","key":"k","keyName":"K"}',
    );
    folder.write("other.json", '\uFEFF{"gateway":"https://pfx.contoso.example"}');
    const { stderr } = await folder.run(["import", "x", "--config", "other.json"]);
    expect(stderr).toContain(missing);
    const { stderr: absent } = await folder.run(["import", "x", "--config", "absent.json"]);
    expect(absent).toBe("There is no file absent.json.\n");
  });

  it.each([
    ['{"token":"hunter2"}', /"token" is a secret/],
    ['{"pfxPassword":"hunter2"}', /"pfxPassword" is a secret/],
    ['{"gatway":"https://x"}', /"gatway" is not known\. Did you mean "gateway"\?/],
    ['{"gateway":7}', /"gateway" must be a text/],
    ["hunter2", /is not JSON with an object in it/],
  ])("%s in the file is refused", async (text, problem) => {
    using folder = new TestFolder();
    folder.write("home/.config/intune-pfx/config.json", text);
    const { exitCode, stderr } = await folder.run(["import", "x"]);
    expect(exitCode).toBe(64);
    expect(stderr).toMatch(problem);
    expect(stderr).not.toContain("hunter2");
  });

  it.each([
    ["http://pfx.contoso.example", "must begin with https"],
    ["https://user:hunter2@pfx.contoso.example", "must not have a user or a password in it"],
    ["pfx.contoso.example", "must be an address such as"],
  ])("--gateway %s is refused", async (gateway, problem) => {
    const { exitCode, stderr } = await runWith("import", "x", "--gateway", gateway);
    expect(exitCode).toBe(64);
    expect(stderr).toContain(problem);
    expect(stderr).not.toContain("hunter2");
  });
});
