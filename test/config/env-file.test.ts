import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { readEnvFile } from "../../src/config/env-file.ts";

const folder = mkdtempSync(join(tmpdir(), "env-file-"));
afterAll(() => rmSync(folder, { recursive: true }));
const canary = "canary-7f3a";

function read(content: string | Buffer) {
  const path = join(folder, ".env");
  writeFileSync(path, content);
  const problems: string[] = [];
  const variables = readEnvFile(path, (rule) => problems.push(rule));
  return { variables, problems };
}

const bigEndian = (text: string) => Buffer.from(text, "utf16le").swap16();

describe("a file of variables", () => {
  it.each([
    "A=1\nB=2",
    "A=1\r\nB=2\r\n",
    "\n\n  A=1\n\n",
    "# comment\nA=1 # comment\nB=2#comment",
    "A = 1\nB= two words \nC =3",
    "A=\nB= # nothing\nC=''",
    "A=\"x\"\nB='x'\nC=`x`\nD=1",
    'A="#"\nB=\'a "b" c\' # comment\nC=`it\'s "x"`',
    "A=\"one\\ntwo\"\nB='one\\ntwo'",
    'A="one\ntwo\n# three\nB=4"\nC=5',
    "A='-----BEGIN KEY-----\nMIIE+/=\n-----END KEY-----'\nB=1",
    'A="not closed\nB=1',
    'A="not closed\n',
    "A=it's\nB=a\"b\nC==\nD=a=b",
    "export A=1\nexport B = 2",
    "A-B=1\nA.B=2\na_b=3",
    "# only a comment",
    "",
  ])("has the values that Node.js reads: %j", (text) => {
    expect(read(text)).toEqual({ variables: { ...parseEnv(text) }, problems: [] });
  });

  it("may be indented, and have tabs, in every version of Node.js", () => {
    const text = "\tA\t=\t1\n  # B=2\n\t\nexport\tC=3\nexport  D=4\n";

    expect(read(text)).toEqual({ variables: { A: "1", C: "3", D: "4" }, problems: [] });
  });

  it.each([
    ["UTF-8 with a byte order mark", "\uFEFFA=ü\nB=2\n"],
    ["UTF-16, little endian", Buffer.from("\uFEFFA=ü\r\nB=2\r\n", "utf16le")],
    ["UTF-16, big endian", bigEndian("\uFEFFA=ü\nB=2\n")],
  ])("may be %s", (_, content) => {
    expect(read(content)).toEqual({ variables: { A: "ü", B: "2" }, problems: [] });
  });

  it.each([
    ["UTF-16 without a byte order mark", Buffer.from("A=1\n", "utf16le")],
    ["UTF-16, big endian, without a byte order mark", bigEndian("A=1\n")],
    ["Latin-1", Buffer.from("A=ü\n", "latin1")],
  ])("must not be %s", (_, content) => {
    expect(read(content)).toEqual({
      variables: {},
      problems: ["must be a file in UTF-8, or in UTF-16 with a byte order mark"],
    });
  });

  it.each([
    `NAME: ${canary}`,
    `URL: https://${canary}.example/?a=b`,
    `set NAME=${canary}`,
    `$env:NAME="${canary}"`,
    `$NAME=${canary}`,
    `setx NAME ${canary}`,
    `"NAME": "${canary}",`,
    `"NAME"=${canary}`,
    `- NAME=${canary}`,
    `\u00A0NAME=${canary}`,
    `\uFEFFNAME=${canary}`,
    `export ${canary}`,
    `export NAME ${canary}`,
    canary,
    `=${canary}`,
    "{",
    `NAME=1\rOTHER=${canary}`,
  ])("must not have a line that is no assignment, which is named by its number: %j", (line) => {
    const { variables, problems } = read(`A="1\n2"\n\n${line}\n# comment\nB=3`);

    expect(problems).toEqual(["line 4 must be NAME=value, a comment or empty"]);
    expect(variables).toEqual({ A: "1\n2", B: "3" });
  });

  it("must not have text after a closing quotation mark: the first one was not closed", () => {
    const { problems } = read(`\nA="${canary}\nGRAPH_CLOUD="usgov"\nB=1`);

    expect(problems).toEqual(["line 3 must have nothing but a comment after the closing quotation mark"]);
  });

  it("has all its problems reported, but not thousands of them", () => {
    expect(read("A: 1\nB=2\nC: 3").problems).toEqual([
      "line 1 must be NAME=value, a comment or empty",
      "line 3 must be NAME=value, a comment or empty",
    ]);
    expect(read(`${canary}\n`.repeat(1000)).problems).toHaveLength(21);
  });

  it("may be absent, but must not be a folder", () => {
    const problems: string[] = [];
    const report = (rule: string) => problems.push(rule);

    expect(readEnvFile(join(folder, "nothing"), report)).toEqual({});
    expect(problems).toEqual([]);
    expect(readEnvFile(folder, report)).toEqual({});
    expect(problems).toEqual(["exists but can't be read"]);
  });
});
