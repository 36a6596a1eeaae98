/** Imports, from files to records: the command line in front, gateway and emulator behind. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { answerStatus, dropAnswer, throttle } from "../../src/emulator/faults.ts";
import { decryptPassword, keyFile, pfxFile } from "../client/vectors.ts";
import { type CliOptions, TestFolder } from "../support/cli.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { pfxOf } from "../support/many-pfx.ts";

const env = { INTUNE_PFX_TOKEN: "caller-token", INTUNE_PFX_PASSWORD: "secret" };

function folderOf(users: readonly string[]): TestFolder {
  const folder = new TestFolder();
  folder.write("key.pub", keyFile("connector.rsapublicblob"));
  for (const user of users) folder.write(`pfx/${user}.pfx`, pfxOf(user));
  return folder;
}

function importInto(
  gateway: TestGateway,
  folder: TestFolder,
  args: readonly string[] = ["pfx"],
  options: CliOptions = {},
) {
  const connector = ["--key", "key.pub", "--key-name", "PFXEncryptionKey", "--gateway", gateway.url];
  return folder.run(["import", ...args, ...connector], { env, ...options });
}

const users = (count: number) => Array.from({ length: count }, (_, index) => `user${index + 1}@contoso.example`);

describe("intune-pfx import", () => {
  it("imports a folder, and skips what is there when it is run again", async () => {
    await using gateway = await startGateway();
    using folder = folderOf(users(3));

    const first = await importInto(gateway, folder);
    const second = await importInto(gateway, folder);

    expect(first.exitCode).toBe(0);
    expect(first.stderr).toMatch(/^3 created, in \d+ s$/m);
    expect(first.stdout).toBe("");
    expect(second.exitCode).toBe(0);
    expect(second.stderr).toMatch(/^3 already in Intune, in \d+ s$/m);
    expect(gateway.emulator.records).toHaveLength(3);
    const record = gateway.emulator.records.find(
      ({ userPrincipalName }) => userPrincipalName === "user1@contoso.example",
    );
    expect(record).toMatchObject({
      keyName: "PFXEncryptionKey",
      intendedPurpose: "smimeEncryption",
      paddingScheme: "oaepSha512",
    });
    expect(decryptPassword(record?.encryptedPfxPassword ?? "", "OAEP_SHA512")).toMatch(/^\w{32}$/);
  });

  it("fails a file on its own, says why, and ends with 1", async () => {
    await using gateway = await startGateway();
    using folder = folderOf(users(2));
    folder.write("pfx/bob@contoso.example.pfx", pfxOf("bob@contoso.example", { password: "another" }));
    folder.write("pfx/mia@contoso.example.pfx", pfxOf("maria@contoso.example"));
    folder.write("pfx/text.pfx", "hello");

    const { exitCode, stderr } = await importInto(gateway, folder);

    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      "pfx/bob@contoso.example.pfx\n  the password does not open this file, or the file is damaged (WRONG_PASSWORD)\n",
    );
    expect(stderr).toContain("the file's name says mia@contoso.example, the certificate maria@contoso.example");
    expect(stderr).toMatch(/^2 created, 3 failed, in/m);
    expect(stderr).toMatch(/^ {7}1 {2}USER_DIFFERS +pfx\/mia@contoso\.example\.pfx$/m);
    expect(gateway.emulator.records).toHaveLength(2);
  });

  it("takes users, passwords and purposes from a list", async () => {
    await using gateway = await startGateway();
    using folder = folderOf([]);
    folder.write("a.pfx", pfxOf("a@contoso.example", { password: 'p,"ä' }));
    folder.write("b.pfx", pfxOf("b@contoso.example", { password: "b", keyUsages: ["digitalSignature"] }));
    folder.write(
      "list.csv",
      'path;upn;password;purpose;note\r\na.pfx;else@contoso.example;"p,""ä";wifi;x\r\nb.pfx;;b;;\r\nc.pfx;;;;\r\n',
    );

    const { exitCode, stderr } = await importInto(gateway, folder, ["list.csv"], {
      env: { INTUNE_PFX_TOKEN: "caller-token" },
    });

    expect(exitCode).toBe(1);
    expect(stderr).toContain("Columns used: path, upn, password, purpose. Ignored: note.");
    expect(stderr).toMatch(/^list\.csv:4 c\.pfx$/m);
    expect(stderr).toMatch(/^list\.csv still has 2 passwords: delete it if nobody needs it\.$/m);
    expect(
      gateway.emulator.records.map(({ userPrincipalName, intendedPurpose }) => [userPrincipalName, intendedPurpose]),
    ).toEqual([
      ["else@contoso.example", "wifi"],
      ["b@contoso.example", "smimeSigning"],
    ]);
  });

  it("sends nothing where a list is wrong", async () => {
    await using gateway = await startGateway();
    using folder = folderOf(users(1));
    folder.write("list.csv", "path,passwort\npfx/user1@contoso.example.pfx,geheim\n");
    const { exitCode, stderr } = await importInto(gateway, folder, ["pfx", "list.csv"]);
    expect(exitCode).toBe(64);
    expect(stderr).toBe('list.csv: column "passwort" is not known; did you mean "password"?\n');
    expect(gateway.emulator.requests).toEqual([]);
  });

  it("skips a certificate that comes twice in one run", async () => {
    await using gateway = await startGateway();
    using folder = folderOf(users(1));
    folder.write("again/user1@contoso.example.p12", pfxOf("user1@contoso.example"));
    const { exitCode, json } = await importInto(gateway, folder, ["pfx", "again", "--json"]);
    expect(exitCode).toBe(0);
    expect(json.filter(({ type }) => type === "item")).toMatchObject([
      { outcome: "skipped", message: "same as pfx/user1@contoso.example.pfx" },
      { outcome: "created", source: "pfx/user1@contoso.example.pfx" },
    ]);
  });

  it("imports every certificate of a file with --all, and asks which one without", async () => {
    await using gateway = await startGateway();
    using folder = folderOf([]);
    folder.write("dual.pfx", pfxFile("w-dual-enc-sig.pfx"));
    const password = { env: { ...env, INTUNE_PFX_PASSWORD: "Passw0rd!" } };
    const refused = await importInto(gateway, folder, ["dual.pfx"], password);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("import all with --all");
    const { exitCode } = await importInto(gateway, folder, ["dual.pfx", "--all"], password);
    expect(exitCode).toBe(0);
    expect(gateway.emulator.records.map(({ intendedPurpose }) => intendedPurpose)).toEqual([
      "smimeEncryption",
      "smimeSigning",
    ]);
  });

  it("does not fail for what Intune has already and has expired since", async () => {
    await using gateway = await startGateway();
    using folder = folderOf([]);
    folder.write(
      "old.pfx",
      pfxOf("old@contoso.example", {
        keyUsages: ["digitalSignature"],
        notBefore: new Date("2020-01-01"),
        notAfter: new Date("2022-01-01"),
      }),
    );
    const refused = await importInto(gateway, folder, ["old.pfx"]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("this certificate expired on 2022-01-01 (EXPIRED)");
    expect((await importInto(gateway, folder, ["old.pfx", "--allow-expired"])).exitCode).toBe(0);
    const { exitCode, stderr } = await importInto(gateway, folder, ["old.pfx"]);
    expect(exitCode).toBe(0);
    expect(stderr).toContain("1 already in Intune");
  });

  it("says that a record is for another key or purpose, and sends it anew with --replace", async () => {
    await using gateway = await startGateway();
    using folder = folderOf(users(2));
    const old = ["import", "pfx", "--key", "key.pub", "--key-name", "OldKey", "--gateway", gateway.url];
    expect((await folder.run(old, { env })).exitCode).toBe(0);

    const otherKey = await importInto(gateway, folder);
    const otherPurpose = await folder.run([...old, "--purpose", "wifi"], { env });
    const replaced = await importInto(gateway, folder, ["pfx", "--replace", "--yes"]);

    expect(otherKey.exitCode).toBe(1);
    expect(otherKey.stderr).toContain(
      'already in Intune, but for the key "OldKey"; --replace sends it anew (OTHER_KEY)',
    );
    expect(otherKey.stderr).toContain("(KEY_NAME_NEW)");
    expect(otherPurpose.stderr).toContain(
      "already in Intune, but for the purpose encryption; --replace sends it anew (OTHER_PURPOSE)",
    );
    expect(replaced.exitCode).toBe(0);
    expect(replaced.stderr).toMatch(/^2 replaced, in/m);
    expect(gateway.emulator.records.map(({ keyName }) => keyName)).toEqual(["PFXEncryptionKey", "PFXEncryptionKey"]);
  });

  it("changes nothing in a dry run, and counts what it would do", async () => {
    await using gateway = await startGateway();
    using folder = folderOf(users(2));
    const { exitCode, stdout, stderr } = await importInto(gateway, folder, ["pfx", "-n"]);
    expect(exitCode).toBe(0);
    expect(stdout).toBe(
      [
        "    2  would be imported  user from the file name 2",
        "",
        "Nothing was changed. The import takes about 1 s (Graph takes 100 in 20 s).",
        "Only Graph can tell whether it accepts them.",
        "",
      ].join("\n"),
    );
    expect(stderr).toMatch(/^Checked 2 files in \d+ s: 2 to import\.$/m);
    expect(gateway.emulator.records).toEqual([]);
  });

  it("writes what became of each file for Excel, formulas defused", async () => {
    await using gateway = await startGateway();
    using folder = folderOf(users(1));
    folder.write("=cmd.pfx", "x");
    const { exitCode, stderr } = await importInto(gateway, folder, ["pfx", "=cmd.pfx", "--report", "out.csv"]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`Report: ${join(folder.path, "out.csv")}`);
    const [header, ...rows] = readFileSync(join(folder.path, "out.csv"), "utf8").split("\r\n");
    expect(header).toBe("\uFEFFsource,user,thumbprint,purpose,expires,outcome,code,message,graphRequestId");
    expect(rows).toHaveLength(3);
    expect(rows).toContainEqual(
      expect.stringMatching(
        /^pfx\/user1@contoso\.example\.pfx,user1@contoso\.example,[0-9a-f]{40},encryption,2028-01-01T00:00:00Z,created,,,$/,
      ),
    );
    expect(rows).toContainEqual(expect.stringMatching(/^'=cmd\.pfx,,,,,failed,NOT_A_PFX,/));
  });

  it("writes over no file but an earlier report", async () => {
    await using gateway = await startGateway();
    using folder = folderOf(users(1));
    const pfx = join(folder.path, "pfx/user1@contoso.example.pfx");
    const before = readFileSync(pfx);
    const refused = await importInto(gateway, folder, ["pfx", "--report", "pfx/user1@contoso.example.pfx"]);
    expect(refused.exitCode).toBe(64);
    expect(refused.stderr).toBe(
      "pfx/user1@contoso.example.pfx is there already and is no file that this command has written. Choose another name.\n",
    );
    expect(readFileSync(pfx).equals(before)).toBe(true);
    expect((await importInto(gateway, folder, ["pfx", "--report", "out.csv"])).exitCode).toBe(0);
    expect((await importInto(gateway, folder, ["pfx", "--report", "out.csv"])).exitCode).toBe(0);
  });

  it("refuses a report that can't be written before anything is sent", async () => {
    await using gateway = await startGateway();
    using folder = folderOf(users(1));
    const { exitCode, stderr } = await importInto(gateway, folder, ["pfx", "--report", "no/such/out.csv"]);
    expect(exitCode).toBe(64);
    expect(stderr).toBe("no/such/out.csv can't be written (ENOENT).\n");
    expect(gateway.emulator.records).toEqual([]);
  });

  it.each([
    ["a private key", "connector.key", "this is a private key; never give it away: export the public key"],
    ["an elliptic-curve key", "ec.spki.pem", "the connector's key must be an RSA key"],
  ])("refuses %s as --key before anything is sent", async (_, key, problem) => {
    await using gateway = await startGateway();
    using folder = folderOf(users(1));
    folder.write("key.pub", keyFile(key));
    const { exitCode, stderr } = await importInto(gateway, folder);
    expect(exitCode).toBe(64);
    expect(stderr).toBe(`${join(folder.path, "key.pub")}: ${problem}\n`);
    expect(gateway.emulator.requests).toEqual([]);
  });
});

describe("an import under faults", () => {
  const posts = /userPfxCertificates/;
  it("waits as long as Graph asks, and shows it as no error", async () => {
    await using gateway = await startGateway({ faults: [throttle("POST", posts, 90_000)] });
    using folder = folderOf(users(2));
    const { exitCode, json, waitedMs } = await importInto(gateway, folder, ["pfx", "--json"]);
    expect(exitCode).toBe(0);
    expect(json.filter(({ type }) => type === "wait")).toMatchObject([{ seconds: 90, code: "THROTTLED" }]);
    expect(waitedMs).toBeGreaterThanOrEqual(90_000);
    expect(gateway.emulator.records).toHaveLength(2);
  });

  it("stores each certificate once although answers are lost", async () => {
    await using gateway = await startGateway({
      faults: [dropAnswer("POST", posts, { times: 3 }), answerStatus("POST", posts, 503, { times: 3 })],
    });
    using folder = folderOf(users(30));
    const { exitCode, stderr } = await importInto(gateway, folder);
    expect(stderr).toMatch(/^(30 created|\d+ created, \d+ already in Intune), in/m);
    expect(exitCode).toBe(0);
    expect(gateway.emulator.records).toHaveLength(30);
  });

  it("stops after ten minutes without one success, and says how to go on", async () => {
    await using gateway = await startGateway();
    using folder = folderOf(users(3));
    await gateway.stop();
    const { exitCode, stderr, waitedMs } = await importInto(gateway, folder);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^Stopped: nothing went through for 10 min/m);
    expect(stderr).toContain("Nothing answers at 127.0.0.1");
    expect(waitedMs).toBeGreaterThanOrEqual(600_000);
    expect(waitedMs).toBeLessThan(660_000);
  });

  it("ends with 4 where the token is refused twice in a row", async () => {
    await using gateway = await startGateway({ faults: [answerStatus("GET", posts, 401, { times: 99 })] });
    using folder = folderOf(users(1));
    const { exitCode, stderr } = await importInto(gateway, folder);
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(
      /^Stopped: the gateway does not accept the sign-in\.\n {2}It said: .+ \(UNAUTHENTICATED\)$/m,
    );
  });

  it("ends with 4 where a permission is missing, with the gateway's words", async () => {
    await using gateway = await startGateway({ faults: [answerStatus("POST", posts, 403, { times: 99 })] });
    using folder = folderOf(users(1));
    const { exitCode, stderr } = await importInto(gateway, folder);
    expect(exitCode).toBe(4);
    expect(stderr).toContain("(FORBIDDEN)");
    expect(stderr).toContain("An import needs the scope Pfx.ReadWrite and an Intune role");
    expect(stderr).toMatch(/^1 not tried, in/m);
  });

  it("finishes what is under way at the first Ctrl-C, ends with 130, and goes on when it is run again", async () => {
    await using gateway = await startGateway({ latencyMs: 50 });
    using folder = folderOf(users(60));
    let interrupt = () => {};
    let waits = 0;
    const first = await importInto(gateway, folder, ["pfx"], {
      onStart: (given) => (interrupt = given),
      io: {
        now: () => {
          // Once the first records are there, a request is under way or has just ended.
          if (gateway.emulator.records.length >= 20 && waits++ === 0) interrupt();
          return new Date();
        },
      },
    });
    expect(first.exitCode).toBe(130);
    expect(first.stderr).toMatch(/created, .*\d+ not tried, in/);
    expect(first.stderr).toContain("Run the same command again to go on.");
    const stored = gateway.emulator.records.length;
    expect(stored).toBeLessThan(60);

    const second = await importInto(gateway, folder);

    expect(second.exitCode).toBe(0);
    expect(second.stderr).toContain(`${60 - stored} created, ${stored} already in Intune`);
    expect(gateway.emulator.records).toHaveLength(60);
  });
});

describe("secrets", () => {
  it("are in no output, report or error", async () => {
    await using gateway = await startGateway();
    const secret = "canary-Zx81-password";
    using folder = folderOf(users(1));
    folder.write("mine.pfx", pfxOf("mine@contoso.example", { password: secret }));
    folder.write("wrong.pfx", pfxOf("wrong@contoso.example", { password: "other" }));
    folder.write("list.csv", `path,password\nmine.pfx,${secret}\nwrong.pfx,${secret}\n`);
    const token = "canary-Zx81-token";
    for (const more of [[], ["--json"], ["-n"]]) {
      const { stdout, stderr } = await importInto(gateway, folder, ["list.csv", "--report", "out.csv", ...more], {
        env: { INTUNE_PFX_TOKEN: token },
      });
      const report = readFileSync(join(folder.path, "out.csv"), "utf8");
      expect(`${stdout}${stderr}${report}`).not.toContain("canary-Zx81");
      expect(`${stdout}${stderr}`).toContain("WRONG_PASSWORD");
    }
  });

  it("in a password file that is named as a path are not printed", async () => {
    await using gateway = await startGateway();
    using folder = folderOf([]);
    folder.write("pw.csv", "hunter2-hunter2\n");
    const { exitCode, stderr } = await importInto(gateway, folder, ["pw.csv"]);
    expect(exitCode).toBe(64);
    expect(stderr).toBe('pw.csv: the first line must have a column "path"\n  (also called file, pfx, p12, filename)\n');
  });
});
