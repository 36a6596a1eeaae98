/** `intune-pfx setup`: questions, tests, and the file that is saved. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { answerStatus } from "../../src/emulator/faults.ts";
import { keyFile } from "../client/vectors.ts";
import { TestFolder } from "../support/cli.ts";
import { startGateway } from "../support/gateway.ts";
import { record } from "../support/records.ts";
import { Terminal } from "../support/terminal.ts";
import { isWindows } from "./files/folder.ts";

const env = { INTUNE_PFX_TOKEN: "canary-Zx81-token" };
const connector = ["--key", "key.pub", "--key-name", "PFXEncryptionKey"];
const name = "home/.config/intune-pfx/config.json";

function folderWithKey(): TestFolder {
  const folder = new TestFolder();
  folder.write("key.pub", keyFile("connector.rsapublicblob"));
  return folder;
}

function savedIn(folder: TestFolder, file = name): unknown {
  const path = join(folder.path, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}

describe("intune-pfx setup", () => {
  it("asks, tests each answer, and saves no secret, for this user only", async () => {
    await using gateway = await startGateway({ seed: [record("a@contoso.example", 6)] });
    using folder = folderWithKey();
    const terminal = new Terminal({
      replies: [
        ["Gateway address:", `${gateway.url}\r`],
        ["Connector's public key (file):", '"key.pub"\r'],
        ["Key name:", "PFXEncryptionKey\r"],
      ],
    });

    const { exitCode } = await folder.run(["setup"], { env, io: terminal.io });

    const key = join(folder.path, "key.pub");
    expect(exitCode).toBe(0);
    expect(terminal.stdout).toBe("");
    expect(terminal.stderr).toContain("  It answers. It wants you to sign in.\n");
    expect(terminal.stderr).toContain("  Signed in: by token.\n");
    expect(terminal.stderr).toMatch(/ {2}RSA, 2048 bits, SHA-256 [0-9a-f]{8} [0-9a-f]{8} \.\.\. [0-9a-f]{8}\n/);
    expect(terminal.stderr).toMatch(/^ {4}([0-9a-f]{8} ){7}[0-9a-f]{8}$/m);
    // This machine's path would not be the connector's.
    expect(terminal.stderr).toContain("Compare this with: intune-pfx doctor --key KEYFILE\n");
    expect(terminal.stderr.replace(/\s+/g, " ")).toContain(
      '1 of 1 certificates in this tenant name "PFXEncryptionKey". Good.',
    );
    expect(terminal.stderr.replace(/\s+/g, " ")).toContain(`Saved in ${join(folder.path, name)} (no secrets).`);
    expect(savedIn(folder)).toEqual({ gateway: gateway.url, key, keyName: "PFXEncryptionKey" });
    if (!isWindows) {
      expect(statSync(join(folder.path, name)).mode & 0o777).toBe(0o600);
      expect(statSync(join(folder.path, name, "..")).mode & 0o777).toBe(0o700);
    }
    expect(readdirSync(join(folder.path, name, ".."))).toEqual(["config.json"]);
    expect(terminal.stderr + readFileSync(join(folder.path, name), "utf8")).not.toContain("canary-Zx81");
  });

  it("asks for nothing that is given, and what it saved serves other commands", async () => {
    await using gateway = await startGateway({ seed: [record("a@contoso.example", 6)] });
    using folder = folderWithKey();

    const { exitCode, stdout } = await folder.run(["setup", "--no-input", "--gateway", gateway.url, ...connector], {
      env,
    });
    const doctor = await folder.run(["doctor"], { env });

    expect(exitCode).toBe(0);
    expect(stdout).toBe("");
    expect(doctor.exitCode).toBe(0);
    expect(doctor.stdout).toContain("ok    key name    1 of 1");
  });

  // Windows lets administrators only make links.
  it.skipIf(isWindows)("keeps what else is in the file, offers what is set, and leaves a link a link", async () => {
    await using gateway = await startGateway({ seed: [record("a@contoso.example", 6)] });
    using folder = folderWithKey();
    const elsewhere = folder.write(
      "elsewhere.json",
      JSON.stringify({ protection: "modern", gateway: gateway.url, key: "key.pub", keyName: "PFXEncryption" }),
    );
    mkdirSync(join(folder.path, name, ".."), { recursive: true });
    symlinkSync(elsewhere, join(folder.path, name));
    const key = join(folder.path, "key.pub");
    const terminal = new Terminal({
      replies: [
        ["Gateway address:", "\r"],
        ["Key name:", "Key\r"],
      ],
    });

    const { exitCode } = await folder.run(["setup", "--key", "key.pub"], { env, io: terminal.io });

    expect(exitCode).toBe(0);
    expect(savedIn(folder, "elsewhere.json")).toEqual({
      gateway: gateway.url,
      key,
      keyName: "PFXEncryptionKey",
      protection: "modern",
    });
  });

  it("asks for what the sign-in needs, and ends where it can't be had", async () => {
    await using gateway = await startGateway();
    using folder = folderWithKey();
    const terminal = new Terminal({
      replies: [
        ["Tenant (name or id):", "contoso.example\r"],
        ["Client id of the sign-in app:", "5f0c0000-0000-4000-8000-000000009a31\r"],
        ["Scope:", "api://pfx-gateway/.default\r"],
      ],
    });

    const { exitCode } = await folder.run(["setup", "--gateway", gateway.url, "--auth", "device-code", ...connector], {
      env: { INTUNE_PFX_TEST_AUTHORITY: "http://127.0.0.1:9" },
      io: terminal.io,
    });

    expect(terminal.unasked).toEqual([]);
    expect(exitCode).not.toBe(0);
    expect(savedIn(folder)).toBeUndefined();
  });

  it("names everything that is missing where nobody can be asked", async () => {
    await using gateway = await startGateway();
    using folder = folderWithKey();

    const all = await folder.run(["setup"]);
    const some = await folder.run([
      "setup",
      "--json",
      "--gateway",
      gateway.url,
      "--auth",
      "device-code",
      "--scope",
      "api://a/.default",
    ]);

    expect(all.exitCode).toBe(64);
    expect(all.stderr).toBe(
      [
        "Nothing was saved: 3 settings are missing, and nobody can be asked here.",
        "",
        "  --gateway URL      the gateway's address",
        "  --key FILE         the connector's public key",
        "  --key-name NAME    that key's name on the connector's machine",
        "",
      ].join("\n"),
    );
    expect(some.exitCode).toBe(64);
    expect(some.json).toMatchObject([{ type: "error", code: "MISSING", option: "--key" }]);
    for (const option of ["--key FILE", "--key-name NAME", "--tenant ID", "--client-id ID"]) {
      expect(some.json[0]?.message).toContain(option);
    }
    expect(gateway.emulator.requests).toEqual([]);
  });

  it.each([
    ["a key that is private", ["--key", "private.pem", "--key-name", "PFXEncryptionKey"], "this is a private key"],
    ["a key that is not there", ["--key", "none.pub", "--key-name", "PFXEncryptionKey"], "there is no such file"],
    [
      "another key name",
      ["--key", "key.pub", "--key-name", "PFXEncryptKey"],
      'is in no certificate of this tenant; 1 of 1 name "PFXEncryptionKey"',
    ],
  ])("saves nothing for %s, and ends with 1", async (_, args, problem) => {
    await using gateway = await startGateway({ seed: [record("a@contoso.example", 6)] });
    using folder = folderWithKey();
    folder.write("private.pem", keyFile("connector.key"));

    const { exitCode, stderr } = await folder.run(["setup", "--gateway", gateway.url, ...args], { env });

    expect(exitCode).toBe(1);
    expect(stderr).toContain(problem);
    expect(stderr).toMatch(/Nothing was saved\.$|run setup on a terminal\.\nNothing was saved\.$/m);
    expect(savedIn(folder)).toBeUndefined();
  });

  it("saves nothing where nothing answers, and ends with 1", async () => {
    await using gateway = await startGateway();
    await gateway.stop();
    using folder = folderWithKey();

    const { exitCode, stderr } = await folder.run(["setup", "--gateway", gateway.url, ...connector], { env });

    expect(exitCode).toBe(1);
    expect(stderr).toContain("Nothing answers at 127.0.0.1");
    expect(savedIn(folder)).toBeUndefined();
  });

  it.each([
    [401, env, "UNAUTHENTICATED"],
    [403, env, "FORBIDDEN"],
    [401, {}, "choose one with --auth"],
  ])("saves nothing where the sign-in is not accepted (%i), and ends with 4", async (status, given, problem) => {
    await using gateway = await startGateway({ faults: [answerStatus("GET", /userPfx/, status, { times: 9 })] });
    using folder = folderWithKey();

    const { exitCode, stderr } = await folder.run(["setup", "--gateway", gateway.url, ...connector], { env: given });

    expect(exitCode).toBe(4);
    expect(stderr).toContain(problem);
    expect(stderr).toContain("Nothing was saved.");
    expect(savedIn(folder)).toBeUndefined();
  });

  it("saves a key name that is new in the tenant where a person says so", async () => {
    await using gateway = await startGateway({ seed: [record("a@contoso.example", 6)] });
    const run = async (folder: TestFolder, key: string) => {
      const terminal = new Terminal({ replies: [["Save it all the same?", key]] });
      const args = ["setup", "--gateway", gateway.url, "--key", "key.pub", "--key-name", "NewKey"];
      return (await folder.run(args, { env, io: terminal.io })).exitCode;
    };
    using agreed = folderWithKey();
    using declined = folderWithKey();

    expect(await run(agreed, "y")).toBe(0);
    expect(await run(declined, "\r")).toBe(1);
    expect(savedIn(agreed)).toMatchObject({ keyName: "NewKey" });
    expect(savedIn(declined)).toBeUndefined();
  });

  it("writes to the file that --config names, and an object with --json", async () => {
    await using gateway = await startGateway({ seed: [record("a@contoso.example", 6)] });
    using folder = folderWithKey();
    const args = ["setup", "--json", "--config", "team/config.json", "--gateway", gateway.url, ...connector];

    const { exitCode, json, stderr } = await folder.run([...args, "--provider", "TPM"], { env });

    expect(exitCode).toBe(0);
    expect(stderr).toBe("");
    expect(json.at(-1)).toMatchObject({
      type: "saved",
      file: join(folder.path, "team/config.json"),
      keyName: "PFXEncryptionKey",
    });
    expect(savedIn(folder, "team/config.json")).toMatchObject({ provider: "TPM", keyName: "PFXEncryptionKey" });
    expect(savedIn(folder)).toBeUndefined();
  });

  it("replaces no file by rename on Windows", async () => {
    await using gateway = await startGateway({ seed: [record("a@contoso.example", 6)] });
    using folder = folderWithKey();
    const file = folder.write("config.json", "{}");
    const before = statSync(file).ino;
    const args = ["setup", "--config", "config.json", "--gateway", gateway.url, ...connector];

    const { exitCode } = await folder.run(args, { env, platform: "win32" });

    expect(exitCode).toBe(0);
    expect(statSync(file).ino).toBe(before);
  });

  it("says where the file can't be written", async () => {
    await using gateway = await startGateway({ seed: [record("a@contoso.example", 6)] });
    using folder = folderWithKey();
    writeFileSync(join(folder.path, "home"), "a file where a folder should be");

    const { exitCode, stderr } = await folder.run(["setup", "--gateway", gateway.url, ...connector], { env });

    expect(exitCode).toBe(64);
    expect(stderr).toContain("config.json can't be written");
  });
});
