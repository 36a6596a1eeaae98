/** `intune-pfx list`: what is in Intune, and who has nothing there. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { answerStatus } from "../../src/emulator/faults.ts";
import { certificateId } from "../../src/emulator/record.ts";
import type { NewRecord } from "../../src/emulator/server.ts";
import { type CliOptions, TestFolder } from "../support/cli.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { dateOf, inDays, record } from "../support/records.ts";
import { Terminal } from "../support/terminal.ts";

const env = { INTUNE_PFX_TOKEN: "caller-token" };

function list(gateway: TestGateway, folder: TestFolder, args: readonly string[] = [], options: CliOptions = {}) {
  return folder.run(["list", "--gateway", gateway.url, ...args], { env, ...options });
}

const idOf = ({ userPrincipalName, thumbprint }: NewRecord) => certificateId(userPrincipalName, thumbprint);
const signing = { intendedPurpose: "smimeSigning" } as const;

describe("intune-pfx list", () => {
  it("prints a header and uncut columns with tabs where standard output is no terminal", async () => {
    const long = `${"carl.von.braunschweig".repeat(4)}@contoso.example`;
    const old = record("anna@contoso.example", 6);
    const seed = [
      record(long, 43, signing),
      record("Anna@contoso.example", 700),
      old,
      record("bob@contoso.example", -12),
    ];
    await using gateway = await startGateway({ seed });
    using folder = new TestFolder();

    const { exitCode, stdout, stderr } = await list(gateway, folder);

    expect(exitCode).toBe(0);
    const [header, ...lines] = stdout.replace(/\n$/, "").split("\n");
    expect(header).toBe("expires\tdays\tpurpose\tuser\tthumbprint\tid\tnewer");
    expect(lines.map((line) => line.split("\t").slice(0, 4))).toEqual([
      [dateOf(inDays(-12)), "-12", "encryption", "bob@contoso.example"],
      [dateOf(inDays(6)), "6", "encryption", "anna@contoso.example"],
      [dateOf(inDays(43)), "43", "signing", long],
      [dateOf(inDays(700)), "700", "encryption", "Anna@contoso.example"],
    ]);
    expect(lines[1]?.split("\t").slice(4)).toEqual([old.thumbprint, idOf(old), dateOf(inDays(700))]);
    expect(lines[3]?.split("\t")[6]).toBe("");
    expect(stderr).toBe("4 certificates of 3 users.\n");
  });

  it.each([40, 80, 120])("prints a table that fits a terminal of %i columns", async (columns) => {
    const long = `${"carl.von.braunschweig".repeat(3)}@contoso.example`;
    const seed = [record(long, 6), record("bob@contoso.example", 20, signing), record(long, 700)];
    await using gateway = await startGateway({ seed });
    using folder = new TestFolder();
    const terminal = new Terminal({ columns });

    await list(gateway, folder, ["--expiring", "60d"], { io: terminal.io });

    const lines = [...terminal.stdout.split("\n"), ...terminal.stderr.split(/[\r\n]/)];
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(columns);
    expect(terminal.stdout).toMatch(
      columns === 40 ? /^EXPIRES {5}PURPOSE {5}USER$/m : /^EXPIRES +DAYS {2}PURPOSE {5}USER +NEWER ONE$/m,
    );
    expect(terminal.stdout).toContain("carl");
    if (columns > 40) expect(terminal.stdout).toContain(`valid to ${dateOf(inDays(700))}`);
    expect(terminal.stdout.split("\n")).toHaveLength(4);
  });

  it("shows ids on a terminal where the list is of one user, since delete takes them", async () => {
    const anna = record("anna@contoso.example", 6);
    await using gateway = await startGateway({ seed: [anna, record("bob@contoso.example", 20)] });
    using folder = new TestFolder();
    const [wide, narrow] = [new Terminal({ columns: 80 }), new Terminal({ columns: 60 })];

    await list(gateway, folder, ["--user", "ANNA@contoso.example"], { io: wide.io });
    await list(gateway, folder, ["--user", "anna@contoso.example"], { io: narrow.io });

    expect(wide.stdout).toContain(`none\n  ${idOf(anna)}\n`);
    expect(wide.stdout).not.toContain("bob@");
    expect(narrow.stdout).not.toContain(idOf(anna));
    expect(narrow.stderr).toContain("The window is too narrow for ids");
    expect(Math.max(...narrow.stdout.split("\n").map((line) => line.length))).toBeLessThan(60);
  });

  it("selects by days, by expiry, by purpose, and by whether there is a newer one", async () => {
    const seed = [
      record("anna@contoso.example", 60),
      record("anna@contoso.example", 700),
      record("bob@contoso.example", 61),
      record("carl@contoso.example", 5, signing),
      record("carl@contoso.example", 700),
      record("dora@contoso.example", -1),
      record("emil@contoso.example", 0),
    ];
    await using gateway = await startGateway({ seed });
    using folder = new TestFolder();
    const now = inDays(0).getTime() - 60_000;
    const usersOf = async (...args: string[]) => {
      const { stdout, stderr } = await list(gateway, folder, args, { io: { now: () => new Date(now) } });
      const [, ...lines] = stdout.trimEnd().split("\n");
      return [...lines.map((line) => line.split("\t")[3]?.split("@")[0] ?? ""), stderr.trimEnd()];
    };
    const date = dateOf(inDays(60));

    expect(await usersOf("--expiring", "60d")).toEqual([
      "emil",
      "carl",
      "anna",
      `3 certificates of 3 users expire by ${date}; 2 have no newer one of the same purpose ('--no-newer' shows these only).`,
    ]);
    expect(await usersOf("--expiring", "60", "--no-newer")).toEqual([
      "emil",
      "carl",
      `2 certificates of 2 users have no newer one of the same purpose, and expire by ${date}.`,
    ]);
    expect(await usersOf("--expired")).toEqual([
      "dora",
      "1 certificate of 1 user has expired; 1 has no newer one of the same purpose ('--no-newer' shows this only).",
    ]);
    expect(await usersOf("--purpose", "signing")).toEqual(["carl", "1 certificate of 1 user."]);
    expect(await usersOf("--purpose", "wifi", "--expired")).toEqual(["No certificate has expired."]);
  });

  it("limits the list to the users of a CSV or a text file", async () => {
    const seed = [
      record("anna@contoso.example", 6),
      record("bob@contoso.example", 7),
      record("carl@contoso.example", 8),
    ];
    await using gateway = await startGateway({ seed });
    using folder = new TestFolder();
    folder.write(
      "staff.csv",
      "displayName;mail;User Principal Name\r\nAnna;x@else.example;ANNA@contoso.example\r\nBob;;\r\n",
    );
    folder.write("staff.txt", "\uFEFFcarl@contoso.example\r\n\r\n carl@contoso.example\r\n");
    folder.write(
      "many.txt",
      [...Array(30).keys()]
        .map((each) => `u${each}@contoso.example\n`)
        .concat("bob@contoso.example")
        .join(""),
    );
    const usersOf = async (file: string) =>
      (await list(gateway, folder, ["--users", file])).stdout.match(/\w+(?=@contoso)/g);

    expect(await usersOf("staff.csv")).toEqual(["anna"]);
    expect(await usersOf("staff.txt")).toEqual(["carl"]);
    gateway.emulator.reset();
    expect(await usersOf("many.txt")).toEqual(["bob"]);
    expect(gateway.emulator.requests).toHaveLength(1);
  });

  it("names users without a valid certificate of a purpose, and why", async () => {
    const seed = [
      record("anna@contoso.example", 6),
      record("bob@contoso.example", 7, signing),
      record("carl@contoso.example", -30),
      record("Carl@contoso.example", -3),
      record("dora@contoso.example", 900, { startDateTime: inDays(9).toISOString() }),
    ];
    await using gateway = await startGateway({ seed });
    using folder = new TestFolder();
    folder.write(
      "staff.csv",
      `upn\n${["anna", "bob", "carl", "dora", "BOB"].map((each) => `${each}@contoso.example\n`).join("")}`,
    );
    const args = ["--users", "staff.csv", "--purpose", "encryption", "--missing"];

    const { exitCode, stdout, stderr } = await list(gateway, folder, args);
    const { json } = await list(gateway, folder, [...args, "--json"]);

    expect(exitCode).toBe(0);
    expect(stdout).toBe(
      [
        "user\twhy",
        "bob@contoso.example\thas none",
        `carl@contoso.example\tonly expired ones, last on ${dateOf(inDays(-3))}`,
        `dora@contoso.example\tnone is valid before ${dateOf(inDays(9))}`,
        "",
      ].join("\n"),
    );
    expect(stderr).toBe("3 of 4 users in staff.csv have no valid encryption certificate.\n");
    expect(json.map(({ type, why }) => [type, why])).toEqual([
      ["user", "none"],
      ["user", "expired"],
      ["user", "notYetValid"],
      ["end", undefined],
    ]);
  });

  it("says that nobody is missing", async () => {
    await using gateway = await startGateway({ seed: [record("anna@contoso.example", 6)] });
    using folder = new TestFolder();
    folder.write("staff.txt", "anna@contoso.example");

    const { stdout, stderr } = await list(gateway, folder, [
      "--users",
      "staff.txt",
      "--purpose",
      "encryption",
      "--missing",
    ]);

    expect(stdout).toBe("user\twhy\n");
    expect(stderr).toBe("The 1 user in staff.txt has a valid encryption certificate.\n");
  });

  it("writes a CSV for Excel in the place of the table, formulas defused", async () => {
    await using gateway = await startGateway({ seed: [record("=cmd@contoso.example", 6)] });
    using folder = new TestFolder();

    const { exitCode, stdout, stderr } = await list(gateway, folder, ["--csv", "out.csv"]);

    const csv = readFileSync(join(folder.path, "out.csv"), "utf8");
    expect(exitCode).toBe(0);
    expect(csv).toMatch(/^\uFEFFexpires,days,purpose,user,thumbprint,id,newer\r\n/);
    expect(csv).toContain(",encryption,'=cmd@contoso.example,");
    expect(stdout).toBe("");
    expect(stderr).toContain(`Written to ${join(folder.path, "out.csv")}\n`);
  });

  it("keeps the file of --csv where certificates can't be read", async () => {
    await using gateway = await startGateway({
      faults: [answerStatus("GET", /userPfxCertificates/, 403, { times: 9 })],
    });
    using folder = new TestFolder();
    folder.write("out.csv", "of yesterday");

    const { exitCode, stderr } = await list(gateway, folder, ["--csv", "out.csv"]);

    expect(exitCode).toBe(4);
    expect(stderr).toContain("(FORBIDDEN)");
    expect(readFileSync(join(folder.path, "out.csv"), "utf8")).toBe("of yesterday");
  });

  it("writes over a list that it has written, and over no other file", async () => {
    await using gateway = await startGateway({ seed: [record("anna@contoso.example", 6)] });
    using folder = new TestFolder();
    folder.write("other.csv", "path,password\r\na.pfx,x\r\n");
    expect((await list(gateway, folder, ["--csv", "out.csv"])).exitCode).toBe(0);
    gateway.emulator.put(record("bob@contoso.example", 6));

    const again = await list(gateway, folder, ["--csv", "out.csv"]);
    const other = await list(gateway, folder, ["--csv", "other.csv"]);

    expect(again.exitCode).toBe(0);
    expect(readFileSync(join(folder.path, "out.csv"), "utf8").split("\r\n")).toHaveLength(4);
    expect(other.exitCode).toBe(64);
    expect(other.stderr).toContain("other.csv is there already and is no file that this command has written.");
    expect(readFileSync(join(folder.path, "other.csv"), "utf8")).toBe("path,password\r\na.pfx,x\r\n");
  });

  it("writes an object for each certificate with --json, and nothing on standard error", async () => {
    const anna = record("anna@contoso.example", 6);
    await using gateway = await startGateway({ seed: [anna, record("anna@contoso.example", 700)] });
    using folder = new TestFolder();

    const { json, stderr } = await list(gateway, folder, ["--json", "--expiring", "60d"]);

    expect(stderr).toBe("");
    expect(json).toMatchObject([
      {
        type: "certificate",
        id: idOf(anna),
        user: "anna@contoso.example",
        thumbprint: anna.thumbprint,
        purpose: "SMIME_ENCRYPTION",
        days: 6,
        newer: inDays(700).toISOString().replace(".000", ""),
        keyName: "PFXEncryptionKey",
      },
      { type: "end", certificates: 1 },
    ]);
  });

  it.each([
    [["--missing"], "--missing needs --users FILE"],
    [["--missing", "--users", "a.txt"], "--missing needs --purpose"],
    [["--missing", "--users", "a.txt", "--purpose", "signing", "--expired"], "--missing can't be combined"],
    [["--expiring", "soon"], "--expiring takes a number of days"],
    [["--expiring", "5d", "--expired"], "Use only one of --expiring and --expired."],
    [["--user", "anna"], "--user must be a user principal name"],
    [["--user", "a@b.example", "--users", "a.txt"], "Use only one of --user and --users."],
    [["--purpose", "smime"], "--purpose must be one of"],
    [["--users", "none.txt"], "none.txt can't be read: there is no such file."],
    [["anna@contoso.example"], "list takes options only"],
  ])("refuses %j before anything is sent", async (args, problem) => {
    await using gateway = await startGateway();
    using folder = new TestFolder();
    folder.write("a.txt", "anna@contoso.example");

    const { exitCode, stderr, stdout } = await list(gateway, folder, args);

    expect(exitCode).toBe(64);
    expect(stderr).toContain(problem);
    expect(stdout).toBe("");
    expect(gateway.emulator.requests).toEqual([]);
  });

  it.each([
    ["pw.txt", "hunter2-hunter2\n", "pw.txt: line 1: the user is no user principal name\n"],
    [
      "pw.csv",
      "hunter2-hunter2\n",
      'pw.csv: the first line must have a column "user"\n  (also called userPrincipalName, upn, email, mail)\n',
    ],
    [
      "pw.csv",
      'user,password\na@b.example,hunter2\n"b hunter2",x\n',
      "pw.csv: line 3: the user is no user principal name\n",
    ],
    ["pw.csv", 'user,password\na@b.example,"hunter2\n', "pw.csv: line 2: a quote is not closed\n"],
    ["pw.txt", "\n \n", "pw.txt: has no users\n"],
  ])(
    "shows no cell of a file with passwords that is taken for a list of users: %s %j",
    async (name, content, problem) => {
      await using gateway = await startGateway();
      using folder = new TestFolder();
      folder.write(name, content);

      const { exitCode, stderr } = await list(gateway, folder, ["--users", name]);

      expect(exitCode).toBe(64);
      expect(stderr).toBe(problem);
    },
  );

  it("names what is missing: a gateway", async () => {
    using folder = new TestFolder();

    const { exitCode, stderr } = await folder.run(["list"]);

    expect(exitCode).toBe(64);
    expect(stderr).toContain("--gateway URL");
  });
});
