/** Which files the paths of a command line name. */
import { linkSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ExitCode } from "../../../packages/cli/src/cli-error.ts";
import { type FindOptions, findFiles } from "../../../packages/cli/src/files/find-files.ts";
import { aFolder, anIo, isWindows, put } from "./folder.ts";

async function namesOf(folder: string, paths: readonly string[], options: FindOptions = {}): Promise<string[]> {
  const found = await findFiles(paths, options, anIo(folder).io);
  for (const { path, name } of found) expect(path).toBe(join(folder, name));
  return found.map(({ name }) => name.replaceAll("\\", "/"));
}

function usageError(code: string, message: string | RegExp) {
  return { name: "CliError", exitCode: ExitCode.USAGE, code, message: expect.stringMatching(message) };
}

function exactly(text: string): RegExp {
  return new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);
}

describe("a folder", () => {
  const folder = aFolder({
    "b.pfx": "",
    "a.P12": "",
    "C.PFX": "",
    ".hidden.pfx": "",
    "._a.pfx": "",
    "a.txt": "",
    "users.csv": "",
    pfx: "",
    "x.pfx.bak": "",
    "sub/z.pfx": "",
    "sub/deep/y.p12": "",
    ".git/g.pfx": "",
    "folder.pfx/inside.txt": "",
  });

  it("gives its .pfx and .p12 files of any case, sorted, without hidden ones", async () => {
    expect(await namesOf(folder, ["."])).toEqual(["C.PFX", "a.P12", "b.pfx"]);
  });

  it("gives those of its subfolders with --recursive, after its own", async () => {
    expect(await namesOf(folder, ["."], { recursive: true })).toEqual([
      "C.PFX",
      "a.P12",
      "b.pfx",
      "sub/z.pfx",
      "sub/deep/y.p12",
    ]);
  });

  it("names files below it as the user named it", async () => {
    const [first] = await findFiles([join(folder, "sub")], {}, anIo("/elsewhere").io);

    expect(first).toEqual({ kind: "pfx", path: join(folder, "sub", "z.pfx"), name: join(folder, "sub", "z.pfx") });
  });

  it.skipIf(isWindows)("follows links to files, and not links to folders", async () => {
    const place = aFolder({ "in/a.pfx": "", "out/b.pfx": "", "out/more/c.pfx": "" });
    symlinkSync(join(place, "out/b.pfx"), join(place, "in/link.pfx"));
    symlinkSync(join(place, "out"), join(place, "in/folder"));
    symlinkSync(join(place, "out"), join(place, "in/folder.pfx"));
    symlinkSync(join(place, "in"), join(place, "in/circle"));
    symlinkSync(join(place, "nothing"), join(place, "in/nothing.pfx"));

    expect(await namesOf(place, ["in"], { recursive: true })).toEqual(["in/a.pfx", "in/link.pfx", "in/nothing.pfx"]);
    expect(await namesOf(place, ["in/folder"])).toEqual(["in/folder/b.pfx"]);
  });

  it("without such files is an error, and none with --allow-empty", async () => {
    const place = aFolder({ "empty/a.txt": "", "parent/sub/a.pfx": "" });
    const { io } = anIo(place);

    await expect(findFiles(["empty"], {}, io)).rejects.toMatchObject(
      usageError("NO_PFX_FILES", exactly("empty has no .pfx or .p12 files")),
    );
    await expect(findFiles(["empty"], { recursive: true }, io)).rejects.toThrow("empty has no .pfx or .p12 files");
    await expect(findFiles(["parent"], {}, io)).rejects.toThrow(
      exactly("parent has no .pfx or .p12 files; with --recursive its subfolders are read too"),
    );
    expect(await findFiles(["empty", "parent"], { allowEmpty: true }, io)).toEqual([]);
  });
});

describe("a file", () => {
  const folder = aFolder({
    "anna.PFX": "",
    "b.p12": "",
    "users.CSV": "",
    "users.tsv": "",
    "anna.txt": "",
    LICENSE: "",
  });

  it("is taken by its extension, in the order of the paths", async () => {
    const found = await findFiles(["users.tsv", "b.p12", "anna.PFX", "users.CSV"], {}, anIo(folder).io);

    expect(found.map(({ name, kind }) => [name, kind])).toEqual([
      ["users.tsv", "list"],
      ["b.p12", "pfx"],
      ["anna.PFX", "pfx"],
      ["users.CSV", "list"],
    ]);
  });

  it.each([
    ["anna.txt", "anna.txt: .txt files are not read as lists. A list ends in .csv or .tsv."],
    ["LICENSE", "LICENSE: files without an extension are not read as lists. A list ends in .csv or .tsv."],
    ["*.txt", "*.txt: .txt files are not read as lists. A list ends in .csv or .tsv."],
  ])("of another kind is an error: %s", async (name, message) => {
    await expect(findFiles([name], {}, anIo(folder).io)).rejects.toMatchObject(
      usageError("NOT_A_LIST", exactly(message)),
    );
  });

  it.each([
    ["bob.pfx", `There is no file bob.pfx in ${folder}.`],
    ["exprots", `There is no file or folder exprots in ${folder}.`],
    [join(folder, "none", "a.csv"), `There is no file ${join(folder, "none", "a.csv")}.`],
    ["anna.PFX/b.pfx", `There is no file anna.PFX/b.pfx in ${folder}.`],
    ["*/b.pfx", `There is no file */b.pfx in ${folder}. * and ? work in the last part of a path only.`],
    ["a\u001b[2Jb.pfx", `There is no file a\uFFFD[2Jb.pfx in ${folder}.`],
  ])("that is not there is an error: %s", async (name, message) => {
    await expect(findFiles([name], {}, anIo(folder).io)).rejects.toMatchObject(
      usageError("FILE_NOT_FOUND", exactly(message)),
    );
  });

  it("that is reached twice appears once, where it was reached first", async () => {
    const paths = [
      "b.p12",
      ".",
      "./anna.PFX",
      join(folder, "b.p12"),
      `../${folder.split(/[\\/]/).at(-1)}`,
      "users.tsv",
      "users.tsv",
    ];
    const found = await findFiles(paths, {}, anIo(folder).io);

    expect(found.map(({ name }) => name)).toEqual(["b.p12", "anna.PFX", "users.tsv"]);
  });

  it.skipIf(isWindows)("appears once through a linked folder, and again under another name", async () => {
    const place = aFolder({ "in/a@contoso.com.pfx": "" });
    symlinkSync(join(place, "in"), join(place, "linked"));
    symlinkSync(join(place, "in/a@contoso.com.pfx"), join(place, "b@contoso.com.pfx"));
    linkSync(join(place, "in/a@contoso.com.pfx"), join(place, "c@contoso.com.pfx"));

    expect(await namesOf(place, ["in", "linked", "."])).toEqual([
      "in/a@contoso.com.pfx",
      "b@contoso.com.pfx",
      "c@contoso.com.pfx",
    ]);
  });

  it.skipIf(isWindows)("that can't be looked at is an error", async () => {
    const place = aFolder();
    symlinkSync("circle.pfx", join(place, "circle.pfx"));

    await expect(findFiles(["circle.pfx"], {}, anIo(place).io)).rejects.toMatchObject(
      usageError("FILE_UNREADABLE", exactly("circle.pfx can't be read: its link leads in a circle.")),
    );
    await expect(findFiles(["/dev/null"], {}, anIo(place).io)).rejects.toMatchObject(
      usageError("FILE_UNREADABLE", /neither a file nor a folder/),
    );
  });
});

describe("a pattern", () => {
  const folder = aFolder({
    "a1.pfx": "",
    "a2.PFX": "",
    "b1.p12": "",
    ".c.pfx": "",
    "a.txt": "",
    "a.csv": "",
    "b.csv": "",
  });
  mkdirSync(join(folder, "a9.pfx"));
  put(folder, { "sub/a3.pfx": "", "sub/[a].pfx": "" });

  it.each([
    ["*", ["a1.pfx", "a2.PFX", "b1.p12"]],
    ["a?.*", ["a1.pfx", "a2.PFX"]],
    ["*.p12", ["b1.p12"]],
    ["*.csv", ["a.csv", "b.csv"]],
    ["sub/*3.pfx", ["sub/a3.pfx"]],
    ["./sub/[?].pfx", ["sub/[a].pfx"]],
  ])("%s gives %j", async (pattern, expected) => {
    expect(await namesOf(folder, [pattern, "b1.p12"])).toEqual([...new Set([...expected, "b1.p12"])]);
  });

  it.each([
    ["win32", ["a1.pfx", "a2.PFX"]],
    ["darwin", ["a1.pfx", "a2.PFX"]],
    ["linux", ["a1.pfx"]],
  ] as const)("minds case as %s does", async (platform, expected) => {
    const found = await findFiles(["a*.pfx"], {}, anIo(folder, { platform }).io);

    expect(found.map(({ name }) => name)).toEqual(expected);
  });

  it.each([
    ["z*.pfx", "There is no file z*.pfx. Name the folder: intune-pfx import ."],
    ["sub/*.p12", "There is no file sub/*.p12. Name the folder: intune-pfx import sub"],
    [".*.pfx", "There is no file .*.pfx. Name the folder: intune-pfx import ."],
    ["none/*.pfx", `There is no file or folder none in ${folder}.`],
  ])("that fits nothing is an error, also with --allow-empty: %s", async (pattern, message) => {
    await expect(findFiles([pattern], { allowEmpty: true }, anIo(folder).io)).rejects.toMatchObject(
      usageError("FILE_NOT_FOUND", exactly(message)),
    );
  });

  it.skipIf(isWindows)("is a name where a file has that name", async () => {
    const place = aFolder({ "a*.pfx": "", "ab.pfx": "" });

    expect(await namesOf(place, ["a*.pfx"])).toEqual(["a*.pfx"]);
  });

  it("suggests a folder that can be pasted, for the command that runs", async () => {
    const place = aFolder({ "my files/a.txt": "" });
    const errorOn = (platform: NodeJS.Platform) =>
      findFiles(["my files/*.pfx"], { command: "inspect" }, anIo(place, { platform }).io);

    await expect(errorOn("win32")).rejects.toThrow('Name the folder: intune-pfx inspect "my files"');
    await expect(errorOn("linux")).rejects.toThrow("Name the folder: intune-pfx inspect 'my files'");
  });
});

describe("a path that can't be meant", () => {
  it.each([
    ["–dry-run", '"–dry-run" begins with a long dash. Type two hyphens: --dry-run'],
    ["—dry-run", '"—dry-run" begins with a long dash. Type two hyphens: --dry-run'],
    ["–-dry-run", '"–-dry-run" begins with a long dash. Type two hyphens: --dry-run'],
    ["–n", '"–n" begins with a long dash. Type a hyphen: -n'],
    ["—password=hunter2", '"—password" begins with a long dash. Type two hyphens: --password'],
  ])("%s begins with a long dash", async (path, message) => {
    const { io } = anIo(aFolder());

    await expect(findFiles(["hunter2", path, "hunter2"], {}, io)).rejects.toMatchObject(
      usageError("LONG_DASH", exactly(message)),
    );
  });

  it("is empty, as an unset variable of a script", async () => {
    const { io } = anIo(aFolder({ "a.pfx": "" }));

    await expect(findFiles([""], {}, io)).rejects.toMatchObject(usageError("PATH_EMPTY", /^A path is empty/));
  });

  it("has the quote that Windows makes of a backslash before a quote", async () => {
    const folder = aFolder();
    const path = 'C:\\my files" --yes';

    await expect(findFiles([path], {}, anIo(folder, { platform: "win32" }).io)).rejects.toMatchObject(
      usageError("PATH_QUOTED", /Leave out the \\ before the closing quote/),
    );
    await expect(findFiles([path], {}, anIo(folder, { platform: "linux" }).io)).rejects.toThrow("There is no file");
  });
});
