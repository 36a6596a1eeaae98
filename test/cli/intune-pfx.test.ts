/** The command's file, in a folder like an installed package's: it checks Node.js before it loads what was built. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

const place = mkdtempSync(join(tmpdir(), "intune-pfx-"));
const dist = join(place, "dist");

beforeAll(() => {
  cpSync("packages/cli/bin", join(place, "bin"), { recursive: true });
  cpSync("packages/cli/package.json", join(place, "package.json"));
});

beforeEach(() => {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
});

afterAll(() => rmSync(place, { recursive: true }));

/** Runs it under a Node.js that says it is of this version. */
function runUnder(version: string): { status: number | null; stdout: string; stderr: string } {
  const pretend = `data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"${version}"}})`;
  const args = ["--import", pretend, join(place, "bin/intune-pfx.js")];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("the command", () => {
  it.each(["18.20.4", "16.20.2", "20.18.3", "9.11.2"])(
    "does not load itself on Node.js %s: exit code 64",
    (version) => {
      writeFileSync(join(dist, "main.js"), 'console.log("loaded");');

      expect(runUnder(version)).toEqual({
        status: 64,
        stdout: "",
        stderr: `intune-pfx needs Node.js 20.19 or later; this is ${version}.\n`,
      });
    },
  );

  it.each(["20.19.0", "22.0.0", "26.1.0"])("loads itself on Node.js %s", (version) => {
    writeFileSync(join(dist, "main.js"), 'console.log("loaded");');

    expect(runUnder(version)).toEqual({ status: 0, stdout: "loaded\n", stderr: "" });
  });

  it("says what to do where it is not built", () => {
    expect(runUnder(process.versions.node)).toEqual({
      status: 64,
      stdout: "",
      stderr: "intune-pfx is not built; in the repository run npm run build.\n",
    });
  });

  it("does not take a missing dependency for a missing build", () => {
    writeFileSync(join(dist, "main.js"), 'import "./missing.js";');

    const { status, stderr } = runUnder(process.versions.node);

    expect(status).toBe(1);
    expect(stderr).toContain("missing.js");
  });
});
