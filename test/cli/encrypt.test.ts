/** `intune-pfx encrypt`: the variables of the mutation, in a file or on standard output; nothing is sent. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { adviceOnCount } from "../../packages/cli/src/commands/encrypt/variables.ts";
import {
  CreateUserPfxCertificateDocument,
  CreateUserPfxCertificatesDocument,
} from "../../packages/client/src/operations/documents.ts";
import { decryptPassword, keyFile } from "../client/vectors.ts";
import { type CliOptions, TestFolder } from "../support/cli.ts";
import { startGateway } from "../support/gateway.ts";
import { pfxOf } from "../support/many-pfx.ts";
import { Terminal } from "../support/terminal.ts";
import { isWindows } from "./files/folder.ts";

const env = { INTUNE_PFX_PASSWORD: "secret" };

function folderOf(...users: readonly string[]): TestFolder {
  const folder = new TestFolder();
  folder.write("key.pub", keyFile("connector.rsapublicblob"));
  for (const user of users) folder.write(`pfx/${user}.pfx`, pfxOf(user));
  return folder;
}

function encrypt(folder: TestFolder, args: readonly string[], options: CliOptions = {}) {
  return folder.run(["encrypt", ...args, "--key", "key.pub", "--key-name", "PFXEncryptionKey"], { env, ...options });
}

describe("intune-pfx encrypt", () => {
  it("writes one certificate as input to a file that only its owner can read, and the gateway takes it", async () => {
    await using gateway = await startGateway();
    using folder = folderOf("anna@contoso.example");

    const { exitCode, stdout, stderr } = await encrypt(folder, ["pfx", "--out", "out.json"]);

    const file = join(folder.path, "out.json");
    expect(exitCode).toBe(0);
    expect(stdout).toBe("");
    expect(stderr).toBe(`1 certificate written to ${file}. Nothing was sent.\n`);
    if (!isWindows) expect(statSync(file).mode & 0o777).toBe(0o600);
    const variables = JSON.parse(readFileSync(file, "utf8"));
    expect(Object.keys(variables)).toEqual(["input"]);
    expect(decryptPassword(variables.input.encryptedPfxPassword, "OAEP_SHA512")).toMatch(/^\w{32}$/);
    const { errors } = await gateway.send(CreateUserPfxCertificateDocument, variables);
    expect(errors).toBeUndefined();
    expect(gateway.emulator.records).toMatchObject([{ userPrincipalName: "anna@contoso.example" }]);
  });

  it("writes several certificates as inputs to redirected standard output, in ASCII", async () => {
    await using gateway = await startGateway();
    using folder = folderOf("anna@contoso.example", "jürgen@contoso.example");

    const { exitCode, stdout, stderr } = await encrypt(folder, ["pfx"]);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^\{"inputs":\[.*\]\}\n$/);
    expect(stdout).toMatch(/^[\n\x20-\x7e]+$/);
    expect(stderr).toBe("2 certificates written. Nothing was sent.\n");
    const { errors } = await gateway.send(CreateUserPfxCertificatesDocument, JSON.parse(stdout));
    expect(errors).toBeUndefined();
    expect(gateway.emulator.records.map(({ userPrincipalName }) => userPrincipalName)).toContain(
      "jürgen@contoso.example",
    );
  });

  it("shows nothing of it on a terminal: exit code 64, with the way out", async () => {
    using folder = folderOf("anna@contoso.example");
    const terminal = new Terminal();

    const { exitCode } = await encrypt(folder, ["pfx"], { io: terminal.io });

    expect(exitCode).toBe(64);
    expect(terminal.stdout).toBe("");
    expect(terminal.stderr).toContain("--out FILE");
  });

  it("replaces no file, and says so before any file is opened", async () => {
    using folder = folderOf("anna@contoso.example");
    folder.write("pfx/bob@contoso.example.pfx", "no pfx");
    folder.write("out.json", "of yesterday");

    const { exitCode, stderr } = await encrypt(folder, ["pfx", "--out", "out.json"]);

    expect(exitCode).toBe(64);
    expect(stderr).toBe("out.json is there already. Delete it, or name another file.\n");
    expect(readFileSync(join(folder.path, "out.json"), "utf8")).toBe("of yesterday");
  });

  it("says that a file can't be written", async () => {
    using folder = folderOf("anna@contoso.example");

    const { exitCode, stderr } = await encrypt(folder, ["pfx", "--out", "no/out.json"]);

    expect(exitCode).toBe(64);
    expect(stderr).toContain("no/out.json can't be written");
  });

  it.each([["--out", "out.json"], []])("writes nothing where a file fails: %j %j", async (...more) => {
    using folder = folderOf("anna@contoso.example");
    folder.write("pfx/bob@contoso.example.pfx", pfxOf("bob@contoso.example", { password: "another" }));
    const old = { keyUsages: ["digitalSignature"], notAfter: new Date("2026-02-01T00:00:00Z") } as const;
    folder.write("pfx/old@contoso.example.pfx", pfxOf("old@contoso.example", old));

    const { exitCode, stdout, stderr } = await encrypt(folder, ["pfx", ...more]);

    expect(exitCode).toBe(1);
    expect(stdout).toBe("");
    expect(existsSync(join(folder.path, "out.json"))).toBe(false);
    expect(stderr).toContain("pfx/bob@contoso.example.pfx\n  the password does not open this file");
    expect(stderr).toContain("pfx/old@contoso.example.pfx\n  this certificate expired on 2026-02-01 (EXPIRED)\n");
    expect(stderr).toContain("Nothing was written: 2 of 3 certificates failed.\n");
  });

  it("writes facts without the file and its password with --json, which needs --out", async () => {
    using folder = folderOf("anna@contoso.example");

    const without = await encrypt(folder, ["pfx", "--json"]);
    const { exitCode, json, stdout, stderr } = await encrypt(folder, ["pfx", "--json", "--out", "out.json"]);

    expect(without.exitCode).toBe(64);
    expect(without.json).toMatchObject([{ type: "error", code: "MISSING", option: "--out" }]);
    expect(exitCode).toBe(0);
    expect(stderr).toBe("");
    expect(json).toMatchObject([
      { type: "item", outcome: "encrypted", user: "anna@contoso.example", purpose: "SMIME_ENCRYPTION" },
      { type: "end", encrypted: 1, failed: 0, file: join(folder.path, "out.json") },
    ]);
    expect(stdout).not.toMatch(/encryptedPfx|[A-Za-z0-9+/]{100}/);
  });

  it("needs key and key name, and no gateway", async () => {
    using folder = folderOf("anna@contoso.example");

    const { exitCode, stderr } = await folder.run(["encrypt", "pfx", "--out", "out.json"], { env });

    expect(exitCode).toBe(64);
    expect(stderr).toContain("2 settings are missing");
    expect(stderr).not.toContain("--gateway");
  });

  it("says how many a gateway takes in one request where there are more", () => {
    expect(adviceOnCount(200)).toBeUndefined();
    expect(adviceOnCount(201)).toContain("A gateway takes 200 certificates in a request");
  });

  it("has no password in any output", async () => {
    using folder = folderOf();
    folder.write("a.pfx", pfxOf("anna@contoso.example", { password: "canary-Zx81" }));

    for (const more of [[], ["--out", "a.json"], ["--out", "b.json", "--json"]]) {
      const { exitCode, stdout, stderr } = await encrypt(folder, ["a.pfx", ...more], {
        env: { INTUNE_PFX_PASSWORD: "canary-Zx81" },
      });

      expect(exitCode).toBe(0);
      expect(stdout + stderr).not.toContain("canary-Zx81");
    }
    expect(readFileSync(join(folder.path, "a.json"), "utf8")).not.toContain("canary-Zx81");
  });
});
