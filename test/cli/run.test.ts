/** The command line's arguments: what it prints where, and its exit codes. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { run } from "../../packages/cli/src/run.ts";

const { version } = JSON.parse(readFileSync("packages/cli/package.json", "utf8"));

function runWith(...args: string[]): { exitCode: number; stdout: string; stderr: string } {
  let stdout = "";
  let stderr = "";
  const exitCode = run(args, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  return { exitCode, stdout, stderr };
}

describe("intune-pfx", () => {
  it("says what it is for, and where its help is, without arguments", () => {
    const { exitCode, stdout, stderr } = runWith();

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^intune-pfx imports .* Microsoft Intune\.\n/);
    expect(stdout).toContain("intune-pfx --help");
    expect(stderr).toBe("");
  });

  it.each(["--help", "-h"])("%s prints the help, in 80 columns", (argument) => {
    const { exitCode, stdout, stderr } = runWith(argument);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^intune-pfx ${version} - `));
    for (const option of ["-h, --help", "-V, --version"]) expect(stdout).toContain(option);
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stderr).toBe("");
  });

  it.each(["--version", "-V"])("%s prints the versions of the tool and of Node.js", (argument) => {
    const { exitCode, stdout, stderr } = runWith(argument);

    expect(exitCode).toBe(0);
    expect(stdout).toBe(`intune-pfx ${version}, Node.js ${process.versions.node}\n`);
    expect(stderr).toBe("");
  });

  it.each([
    [["--dryrun"], "intune-pfx has no option --dryrun"],
    [["-x"], "intune-pfx has no option -x"],
    [["--constructor"], "intune-pfx has no option --constructor"],
    [["--help", "--verbose"], "intune-pfx has no option --verbose"],
    [["improt"], 'intune-pfx has no command "improt"'],
    [["--", "\u001b[2J"], 'intune-pfx has no command "\\u001b[2J"'],
    [[""], 'intune-pfx has no command ""'],
    [["--version=2"], "--version takes no value"],
  ])("%j is not known: exit code 64, and one sentence", (args, problem) => {
    const { exitCode, stdout, stderr } = runWith(...args);

    expect(exitCode).toBe(64);
    expect(stderr).toBe(`${problem}; 'intune-pfx --help' lists what there is.\n`);
    expect(stdout).toBe("");
  });

  it.each([[["--password", "hunter2"]], [["--password=hunter2"]], [["--constructor=hunter2"]]])(
    "repeats no value of an unknown option: %j",
    (args) => {
      const { exitCode, stdout, stderr } = runWith(...args);

      expect(exitCode).toBe(64);
      expect(stdout + stderr).not.toContain("hunter2");
    },
  );
});
