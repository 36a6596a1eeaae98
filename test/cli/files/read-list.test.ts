/** Lists in CSV: what is read of them, and what is said of wrong ones. */
import { cpSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ExitCode } from "../../../packages/cli/src/cli-error.ts";
import { type List, readList } from "../../../packages/cli/src/files/read-list.ts";
import { aFolder, isWindows, put, utf16 } from "./folder.ts";

const vectors = aFolder({ "user1.pfx": "", "user1@contoso.example.pfx": "", "sub/user1.pfx": "" });
cpSync(new URL("../vectors/csv", import.meta.url), vectors, { recursive: true });

/** Reads a list with this content; `a.pfx` and `b.pfx` are beside it. */
function read(content: string | Uint8Array, files: Record<string, string> = {}): Promise<List> {
  const folder = aFolder({ "a.pfx": "", "b.pfx": "", ...files, "users.csv": content });
  return readList("users.csv", { folder });
}

async function rowsOf(content: string | Uint8Array, files?: Record<string, string>) {
  const { rows } = await read(content, files);
  return rows.map(({ line, place, path, problem, ...cells }) => (problem === undefined ? cells : problem.message));
}

async function messageOf(content: string | Uint8Array): Promise<string> {
  const error: unknown = await read(content).catch((error: unknown) => error);
  expect(error).toMatchObject({ name: "CliError", exitCode: ExitCode.USAGE, code: "LIST_INVALID" });
  expect(error).not.toHaveProperty("cause");
  return error instanceof Error ? error.message : "";
}

describe("the lists of the vectors", () => {
  it("with commas", async () => {
    expect(await readList("comma.csv", { folder: vectors })).toEqual({
      rows: [
        {
          line: 2,
          place: "comma.csv:2",
          path: join(vectors, "user1@contoso.example.pfx"),
          user: "user1@contoso.example",
          password: "Passw0rd!",
          purpose: "SMIME_ENCRYPTION",
        },
      ],
      columnsUsed: ["path", "password", "upn", "purpose"],
      columnsIgnored: [],
      hasPasswords: true,
      passwordCount: 1,
    });
  });

  it("with semicolons and a BOM", async () => {
    const { rows, columnsUsed } = await readList("semicolon-bom.csv", { folder: vectors });

    expect(rows).toMatchObject([
      { line: 2, password: 'a;b"c', user: "user1@contoso.example", purpose: "SMIME_SIGNING" },
    ]);
    expect(columnsUsed).toEqual(["File", "Password", "User Principal Name", "Intended Purpose"]);
  });

  it("with tabs in UTF-16, whose folders are separated by backslashes", async () => {
    const { rows } = await readList("tab-utf16.csv", { folder: vectors });

    expect(rows).toEqual([
      {
        line: 2,
        place: "tab-utf16.csv:2",
        path: join(vectors, "sub", "user1.pfx"),
        password: " p w ",
        user: "user1@contoso.example",
      },
    ]);
  });

  it("with rows that can't be used", async () => {
    const { rows, hasPasswords } = await readList("bad-rows.csv", { folder: vectors });

    expect(rows.map(({ place, problem }) => `${place}: ${problem?.message}`)).toEqual([
      'bad-rows.csv:2: purpose "smime" is not known (encryption, signing, wifi, unassigned)',
      "bad-rows.csv:3: undefined",
      "bad-rows.csv:4: there is no file missing.pfx",
    ]);
    expect(hasPasswords).toBe(false);
  });

  it("with a formula, which is a name like any other", async () => {
    const { rows } = await readList("formula.csv", { folder: vectors });

    expect(rows.map(({ problem }) => problem?.message)).toEqual(["there is no file =cmd|calc!A1.pfx"]);
  });

  it("with a quote inside a cell, which is a character like any other", async () => {
    expect(await rowsOf('path,user,password\na.pfx,u"v",x"y\n"b.pfx","u""v",z\r\na.pfx,"w",""""')).toEqual([
      { user: 'u"v"', password: 'x"y' },
      { user: 'u"v', password: "z" },
      { user: "w", password: '"' },
    ]);
    const problem = "column 2: quotes must enclose the whole cell, and be doubled inside it";
    expect(await rowsOf('path,password\na.pfx, "x"\nb"c.pfx,"x"y\na.pfx,z')).toEqual([
      problem,
      problem,
      { password: "z" },
    ]);
  });

  it.each([
    ["broken-quote.csv", "broken-quote.csv: line 3: a quote is not closed"],
    ["empty.csv", "empty.csv: is empty"],
    ["header-only.csv", "header-only.csv: has no rows"],
    ["latin1.csv", 'latin1.csv: is neither UTF-8 nor UTF-16; in Excel choose "CSV UTF-8"'],
    [
      "no-path-column.csv",
      'no-path-column.csv: the first line must have a column "path"\n  (also called file, pfx, p12, filename)',
    ],
    ["twice.csv", 'twice.csv: column "path" is there twice'],
    ["unknown-column.csv", 'unknown-column.csv: column "passwort" is not known; did you mean "password"?'],
  ])("%s is wrong", async (name, message) => {
    await expect(readList(name, { folder: vectors })).rejects.toMatchObject({
      name: "CliError",
      exitCode: ExitCode.USAGE,
      code: "LIST_INVALID",
      message,
    });
  });
});

describe("the columns", () => {
  it.each([
    ["path", "path"],
    ["FILE", "path"],
    [" Pfx ", "path"],
    ["p12", "path"],
    ["file-name", "path"],
    ["File_Name", "path"],
  ])("%j holds the path", async (name) => {
    const { rows } = await read(`${name}\na.pfx\n`);

    expect(rows).toMatchObject([{ path: expect.stringMatching(/a\.pfx$/) }]);
  });

  it.each(["user", "UPN", "user principal name", "userPrincipalName", "User-Principal_Name", "E-Mail"])(
    "%j holds the user",
    async (name) => {
      expect(await rowsOf(`${name},path\n anna@contoso.com ,a.pfx`)).toEqual([{ user: "anna@contoso.com" }]);
    },
  );

  it("hold the rest, in any order", async () => {
    const header = "Thumb-print;password;Intended Purpose;PASSWORD_FILE;path;serial";
    const thumbprint = "AB CD:".repeat(10);
    const { rows, columnsUsed, columnsIgnored } = await read(`${header}\n ${thumbprint} ; x ; vpn ; b.pfx ; a.pfx ;7`);

    expect(rows).toMatchObject([
      {
        thumbprint: "abcd".repeat(10),
        password: " x ",
        purpose: "VPN",
        passwordFile: expect.stringMatching(/^[/A-Z].*b\.pfx$/),
      },
    ]);
    expect(columnsUsed).toEqual(["Thumb-print", "password", "Intended Purpose", "PASSWORD_FILE", "path"]);
    expect(columnsIgnored).toEqual(["serial"]);
  });

  it("that are not known are ignored, and blank ones not even listed", async () => {
    const { columnsIgnored } = await read("path,serial, Department ,issued\u001b[2J,,\na.pfx,1,2,3,,");

    expect(columnsIgnored).toEqual(["serial", "Department", "issued\uFFFD[2J"]);
  });

  it.each([
    ["path,usr", 'column "usr" is not known; did you mean "user"?'],
    ["path,up n_", undefined],
    ["path,Pass-Wrd", 'column "Pass-Wrd" is not known; did you mean "password"?'],
    ["path,pasword fil", 'column "pasword fil" is not known; did you mean "password file"?'],
    ["path,userPrincipleNam", undefined],
    ["path,userPrincipleName", 'column "userPrincipleName" is not known; did you mean "userPrincipalName"?'],
    ["path,purpsoe", 'column "purpsoe" is not known; did you mean "purpose"?'],
    ["path,thumprint", 'column "thumprint" is not known; did you mean "thumbprint"?'],
    ["file,pth", 'column "pth" is not known; did you mean "path"?'],
    ["path,password2\u001b", 'column "password2\uFFFD" is not known; did you mean "password"?'],
    ["path,comment", undefined],
    ["path,file", 'columns "path" and "file" both mean "path"; leave one of them out'],
    ["path,UPN,e-mail", 'columns "UPN" and "e-mail" both mean "user"; leave one of them out'],
    ["path,Password,PASS WORD", 'column "PASS WORD" is there twice'],
  ])("%s", async (header, problem) => {
    const row = `a.pfx${",".repeat(header.split(",").length - 1)}`;
    if (problem === undefined) expect((await read(`${header}\n${row}`)).rows).toHaveLength(1);
    else expect(await messageOf(`${header}\n${row}`)).toBe(`users.csv: ${problem}`);
  });

  it.each([
    ["path\nx;y.pfx", "x;y.pfx"],
    ["a;path,upn\n1,c.pfx", undefined],
    ["a;b,path\n1,c.pfx", "c.pfx"],
    ["path;a,b\nc.pfx;1", "c.pfx"],
    ['"path";"a,b;c"\n"c.pfx";1', "c.pfx"],
    ["a,b;c\tpath\n1\tc.pfx", "c.pfx"],
    ["path;user;name,file\nc.pfx;1;2", "c.pfx"],
  ])("are separated by what gives a path: %j", async (content, path) => {
    if (path === undefined)
      expect(await messageOf(content)).toBe(
        'users.csv: the first line must have a column "path"\n  (also called file, pfx, p12, filename)',
      );
    else expect(await rowsOf(content)).toEqual([`there is no file ${path}`]);
  });
});

describe("a row", () => {
  it.each([
    ["\n", "LF"],
    ["\r\n", "CRLF"],
    ["\r", "CR"],
  ])("has its line, also after cells of several lines: %j", async (end) => {
    const content = ["path,note", 'a.pfx,"1', "2", '"', "", ",", "b.pfx,x", "c.pfx,x", ""].join(end);
    const { rows } = await read(content);

    expect(rows.map(({ line, place }) => [line, place])).toEqual([
      [2, "users.csv:2"],
      [7, "users.csv:7"],
      [8, "users.csv:8"],
    ]);
  });

  it.each([
    ["a.pfx", "has 1 cell; the first line has 3"],
    ["a.pfx,,,", "has 4 cells; the first line has 3"],
    [" ,anna@contoso.com,", "has no path"],
    ["c.pfx,,", "there is no file c.pfx"],
    ["c\u001b[2J.pfx,,", "there is no file c\uFFFD[2J.pfx"],
    ["sub,,", "sub is no file"],
    ["a.pfx/b,,", "there is no file a.pfx/b"],
    ["a.pfx,,smime", 'purpose "smime" is not known (encryption, signing, wifi, unassigned)'],
    ["a.pfx,,hunter2", "the purpose is not known (encryption, signing, wifi, unassigned)"],
    [`a.pfx,,${"x".repeat(21)}`, "the purpose is not known (encryption, signing, wifi, unassigned)"],
  ])("fails by itself: %s", async (row, problem) => {
    expect(await rowsOf(`path,user,purpose\n${row}\nb.pfx,u,\n`, { "sub/x": "" })).toEqual([problem, { user: "u" }]);
  });

  it("fails by itself where its thumbprint is none", async () => {
    const content = `path,thumbprint\na.pfx,1.2E+39\na.pfx,${"f".repeat(39)}\na.pfx,${"f".repeat(40)}`;

    expect(await rowsOf(content)).toEqual([
      "the thumbprint is not SHA-1: 40 hexadecimal digits",
      "the thumbprint is not SHA-1: 40 hexadecimal digits",
      { thumbprint: "f".repeat(40) },
    ]);
  });

  it.each([
    ["Encryption", "SMIME_ENCRYPTION"],
    ["signing", "SMIME_SIGNING"],
    ["wi-fi", "WIFI"],
    ["unassigned", "UNASSIGNED"],
    ["vpn", "VPN"],
    ["auto", "auto"],
    ["smimeEncryption", "SMIME_ENCRYPTION"],
    ["smimeSigning", "SMIME_SIGNING"],
    ["SMIME_ENCRYPTION", "SMIME_ENCRYPTION"],
    ["SMIME_SIGNING", "SMIME_SIGNING"],
    ["VPN", "VPN"],
    ["WIFI", "WIFI"],
  ])("has the purpose %s", async (name, purpose) => {
    expect(await rowsOf(`path,purpose\na.pfx,${name}`)).toEqual([{ purpose }]);
  });

  it("has its password as it is, and no password where the cell is empty", async () => {
    const content = 'path,password\na.pfx, x \na.pfx,"a""b,\r\nc"\na.pfx,\na.pfx," "\n';
    const { rows, hasPasswords, passwordCount } = await read(content);

    expect(rows.map((row) => (row.problem === undefined ? row.password : "failed"))).toEqual([
      " x ",
      'a"b,\r\nc',
      undefined,
      " ",
    ]);
    expect({ hasPasswords, passwordCount }).toEqual({ hasPasswords: true, passwordCount: 3 });
  });

  it("has paths from the list's folder, and absolute ones", async () => {
    const folder = aFolder({ "lists/a.pfx": "", "b.pfx": "" });
    put(folder, { "lists/users.csv": `path,password file\na.pfx,pw.txt\n../b.pfx,\n${join(folder, "b.pfx")},` });
    const { rows } = await readList("lists/users.csv", { folder });

    expect(rows).toEqual([
      {
        line: 2,
        place: "lists/users.csv:2",
        path: join(folder, "lists", "a.pfx"),
        passwordFile: join(folder, "lists", "pw.txt"),
      },
      { line: 3, place: "lists/users.csv:3", path: join(folder, "b.pfx") },
      { line: 4, place: "lists/users.csv:4", path: join(folder, "b.pfx") },
    ]);
  });

  it.skipIf(isWindows)("has a path with a backslash where there is such a file", async () => {
    const content = "path,password file\nsub\\a.pfx,sub\\pw.txt\nsub\\c.pfx,";
    const both = await read(content, { "sub\\a.pfx": "", "sub/a.pfx": "", "sub/pw.txt": "" });
    const one = await read(content, { "sub/a.pfx": "" });

    expect(both.rows[0]?.path?.endsWith("/sub\\a.pfx")).toBe(true);
    expect(both.rows[0]).toMatchObject({ passwordFile: expect.stringMatching(/\/sub\/pw\.txt$/) });
    expect(one.rows[0]?.path?.endsWith("/sub/a.pfx")).toBe(true);
    expect(one.rows[1]?.problem?.message).toBe("there is no file sub\\c.pfx");
  });
});

describe("a list", () => {
  it("is UTF-8 with BOM, or UTF-16 with BOM", async () => {
    const content = "path,user\na.pfx,zo\u00eb\u{1f600}@contoso.com";

    expect(await rowsOf(Buffer.from(`\uFEFF${content}`))).toEqual([{ user: "zo\u00eb\u{1f600}@contoso.com" }]);
    expect(await rowsOf(utf16(content))).toEqual([{ user: "zo\u00eb\u{1f600}@contoso.com" }]);
  });

  it.each([
    ["UTF-16 without BOM", Buffer.from("path\na.pfx", "utf16le")],
    ["half a character", Buffer.from([0xff, 0xfe, 0x70])],
    ["half a surrogate pair", Buffer.from([0xff, 0xfe, 0x00, 0xd8])],
    ["a NUL", "path\na.pfx\0"],
    ["a spreadsheet", Buffer.from([0x50, 0x4b, 3, 4, 0x14, 0, 0xe9])],
  ])("is no %s", async (_, content) => {
    expect(await messageOf(content)).toBe('users.csv: is neither UTF-8 nor UTF-16; in Excel choose "CSV UTF-8"');
  });

  it.each([
    ["\uFEFF", "is empty"],
    [" \r\n\r\n", "is empty"],
    ["path,user\n\n , \n", "has no rows"],
    ["\npath\na.pfx", 'the first line must have a column "path"\n  (also called file, pfx, p12, filename)'],
    ["sep=;\npath;user\na.pfx;u", 'the first line must have a column "path"\n  (also called file, pfx, p12, filename)'],
    ['"path', "line 1: a quote is not closed"],
    ['path, "user"\na.pfx,u', "line 1, column 2: quotes must enclose the whole cell, and be doubled inside it"],
    ['path,user\na.pfx,"x\nb.pfx,y\n', "line 2: a quote is not closed"],
    ['path,user\na.pfx,u\nx"y,"a\nb.pfx,y\n', "line 3: a quote is not closed"],
    ['path,user\na.pfx,u\nx"y,"a\nb.pfx,"y"\n', "line 3: a quote is not closed"],
    ['path,user\r\na.pfx,"1\r\n2\r\n3"\r\nb.pfx,"x\r\n', "line 5: a quote is not closed"],
    [
      'path,user\na.pfx,"x\nb.pfx,"y"\n',
      "line 2, column 2: a quote is not closed, or does not enclose the whole cell, or is not doubled inside it",
    ],
  ])("is wrong: %j", async (content, problem) => {
    expect(await messageOf(content)).toBe(`users.csv: ${problem}`);
  });

  it("has no row that is longer than 1 MiB", async () => {
    const problem = "line 2: a quote is not closed, or the row is longer than 1 MiB";

    expect(await messageOf(`path,user\na.pfx,${"x".repeat(1024 * 1024)}\n`)).toBe(`users.csv: ${problem}`);
  });

  it("is at most 64 MiB large", async () => {
    const folder = aFolder({ "users.csv": "path\n" });
    truncateSync(join(folder, "users.csv"), 64 * 1024 * 1024 + 1);

    await expect(readList("users.csv", { folder })).rejects.toThrow("users.csv: is larger than 64 MiB");
  });

  it("has to be there, and a file", async () => {
    const folder = aFolder({ "sub/x": "" });

    await expect(readList("none.csv", { folder })).rejects.toMatchObject({
      exitCode: ExitCode.USAGE,
      code: "LIST_UNREADABLE",
      message: "none.csv can't be read: there is no such file.",
    });
    await expect(readList("sub", { folder })).rejects.toMatchObject({ code: "LIST_UNREADABLE" });
  });

  it("has all its rows in order, however many", async () => {
    const lines = Array.from({ length: 500 }, (_, index) => `a.pfx,${index}@contoso.com`);
    const { rows } = await read(`path,user\n${lines.join("\n")}`);

    expect(rows.map((row) => (row.problem === undefined ? row.user : "failed"))).toEqual(
      lines.map((line) => line.split(",")[1]),
    );
  });
});
