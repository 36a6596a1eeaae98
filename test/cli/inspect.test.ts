/** `intune-pfx inspect`: files in, facts out; no gateway and no key. */
import { describe, expect, it } from "vitest";
import { pfxFile } from "../client/vectors.ts";
import { TestFolder } from "../support/cli.ts";
import { pfxOf } from "../support/many-pfx.ts";
import { Terminal } from "../support/terminal.ts";

const env = { INTUNE_PFX_PASSWORD: "secret" };
const vectorEnv = { INTUNE_PFX_PASSWORD: "Passw0rd!" };

describe("intune-pfx inspect", () => {
  it("shows certificate, user, key and protection of a file on standard output", async () => {
    using folder = new TestFolder();
    folder.write("user1@contoso.example.pfx", pfxFile("o30-chain.pfx"));

    const { exitCode, stdout, stderr } = await folder.run(["inspect", "user1@contoso.example.pfx"], {
      env: vectorEnv,
    });

    expect(exitCode).toBe(0);
    expect(stdout).toBe(
      [
        "user1@contoso.example.pfx",
        "  encryption  c508569b... valid 2026-01-01 to 2028-01-01  RSA 2048",
        "    for user1@contoso.example",
        "    would be imported for user1@contoso.example, from the file's name",
        "    warning: this certificate serves for encryption and for signing; it is imported for encryption (DUAL_USE)",
        "  and 2 certificates without a private key in this file",
        "  encrypted by AES-256-CBC, PBKDF2 with HMAC-SHA-256, 2048 rounds",
        "  integrity check by HMAC-SHA-256, 2048 rounds",
        "",
      ].join("\n"),
    );
    expect(stderr).toBe("1 file can be imported.\n");
  });

  it("shows a file's failure with its code, goes on with the others, and ends with 1", async () => {
    using folder = new TestFolder();
    folder.write("pfx/a.pfx", pfxOf("a@contoso.example"));
    folder.write("pfx/bob@contoso.example.pfx", pfxOf("bob@contoso.example", { password: "another" }));
    folder.write("pfx/c.pfx", "hello");
    folder.write("pfx/mia@contoso.example.pfx", pfxOf("maria@contoso.example"));

    const { exitCode, stdout, stderr } = await folder.run(["inspect", "pfx"], { env });

    expect(exitCode).toBe(1);
    expect(stdout).toContain(
      "pfx/bob@contoso.example.pfx\n  can't be imported: the password does not open this file, or the file is damaged (WRONG_PASSWORD)\n",
    );
    expect(stdout).toMatch(/^pfx\/c\.pfx\n {2}can't be imported: .* \(NOT_A_PFX\)$/m);
    expect(stdout).toMatch(/can't be imported: the file's name says mia@contoso\.example.* \(USER_DIFFERS\)/);
    expect(stdout).toContain("would be imported for a@contoso.example, from the certificate's UPN");
    expect(stderr).toBe("3 of 4 files can't be imported as they are.\n");
  });

  it("makes the checks of an import: expired for signing, several certificates, the same twice", async () => {
    using folder = new TestFolder();
    const expired = { keyUsages: ["digitalSignature"], notAfter: new Date("2026-02-01T00:00:00Z") } as const;
    folder.write("pfx/a.pfx", pfxOf("a@contoso.example", expired));
    folder.write("pfx/b.pfx", pfxOf("b@contoso.example"));
    folder.write("pfx/c.pfx", pfxOf("b@contoso.example"));
    folder.write("two.pfx", pfxFile("w-dual-enc-sig.pfx"));

    const { exitCode, stdout } = await folder.run(["inspect", "pfx"], { env });
    const allowed = await folder.run(["inspect", "pfx", "--allow-expired"], { env });
    const two = await folder.run(["inspect", "two.pfx"], { env: vectorEnv });
    const all = await folder.run(["inspect", "two.pfx", "--all", "--user", "a@contoso.example"], { env: vectorEnv });

    expect(exitCode).toBe(1);
    expect(stdout).toContain("    can't be imported: this certificate expired on 2026-02-01 (EXPIRED)");
    expect(stdout).toContain("    would be skipped: same as pfx/b.pfx (SAME_AS)");
    expect(allowed.exitCode).toBe(0);
    expect(allowed.stdout).toContain("    warning: this certificate expired on 2026-02-01 (EXPIRED)");
    expect(two.exitCode).toBe(1);
    expect(two.stdout).toMatch(/^ {2}encryption .*\n(.*\n)* {2}signing /m);
    expect(two.stdout).toContain("(SEVERAL_CERTIFICATES)");
    expect(all.exitCode).toBe(0);
    expect(all.stdout.match(/would be imported for a@contoso\.example, from --user/g)).toHaveLength(2);
  });

  it("writes one object for each file with --json, with every fact, and nothing on standard error", async () => {
    using folder = new TestFolder();
    folder.write("a.pfx", pfxOf("a@contoso.example"));
    folder.write("b.pfx", "hello");

    const { exitCode, json, stderr } = await folder.run(["inspect", "a.pfx", "b.pfx", "--json"], { env });

    expect(exitCode).toBe(1);
    expect(stderr).toBe("");
    expect(json.map(({ type }) => type)).toEqual(["file", "file", "end"]);
    expect(json[0]).toMatchObject({
      v: 1,
      source: "a.pfx",
      certificates: [
        {
          subject: "CN=a@contoso.example",
          userPrincipalNames: ["a@contoso.example"],
          hasPrivateKey: true,
          keyAlgorithm: "RSA",
          keyBits: 2048,
          suggestedPurpose: "SMIME_ENCRYPTION",
        },
      ],
      protection: { mac: { algorithm: "HMAC-SHA-256", iterations: 1 }, ciphers: [] },
      items: [{ user: "a@contoso.example", purpose: "SMIME_ENCRYPTION", userSource: "userPrincipalName" }],
      failures: [],
    });
    expect(json[1]).toMatchObject({ source: "b.pfx", items: [], failures: [{ outcome: "failed", code: "NOT_A_PFX" }] });
    expect(json[2]).toMatchObject({ files: 2, failed: 1 });
  });

  it("asks for a file's password once, and shows it nowhere", async () => {
    using folder = new TestFolder();
    folder.write("a.pfx", pfxOf("a@contoso.example", { password: "canary-Zx81" }));
    const terminal = new Terminal({ replies: [["Password for a.pfx:", "canary-Zx81\r"]] });

    const { exitCode } = await folder.run(["inspect", "a.pfx"], { io: terminal.io });

    expect(exitCode).toBe(0);
    expect(terminal.unasked).toEqual([]);
    expect(terminal.stdout).toContain("would be imported for a@contoso.example");
    expect(terminal.stdout + terminal.stderr).not.toContain("canary-Zx81");
  });

  it("has no secret of a list in any output", async () => {
    using folder = new TestFolder();
    const secret = "canary-Zx81-password";
    folder.write("a.pfx", pfxOf("a@contoso.example", { password: secret }));
    folder.write("b.pfx", pfxOf("b@contoso.example", { password: "other" }));
    folder.write("list.csv", `path,password\na.pfx,${secret}\nb.pfx,${secret}\n`);

    for (const more of [[], ["--json"]]) {
      const { stdout, stderr } = await folder.run(["inspect", "list.csv", ...more]);

      expect(stdout).toContain("WRONG_PASSWORD");
      expect(stdout + stderr).not.toContain("canary-Zx81");
    }
  });

  it("shows names without what a terminal would obey", async () => {
    using folder = new TestFolder();
    folder.write("a.pfx", pfxOf("a\u001b[2J@contoso.example"));

    const { stdout } = await folder.run(["inspect", "a.pfx"], { env });

    expect(stdout).not.toContain("\u001b");
    expect(stdout).toContain("for a\uFFFD[2J@contoso.example");
  });

  it("ends with 64 without a path, and with 130 where it is interrupted", async () => {
    using folder = new TestFolder();
    folder.write("a.pfx", pfxOf("a@contoso.example"));
    let interrupt = () => {};

    const without = await folder.run(["inspect"]);
    const interrupted = await folder.run(["inspect", "a.pfx"], {
      env,
      onStart: (given) => (interrupt = given),
      io: {
        now: () => {
          interrupt();
          return new Date();
        },
      },
    });

    expect(without.exitCode).toBe(64);
    expect(interrupted.exitCode).toBe(130);
    expect(interrupted.stderr).toBe("Interrupted. Nothing was changed.\n");
  });
});
