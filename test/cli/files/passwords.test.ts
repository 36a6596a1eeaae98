/** Which passwords a file is tried with. */
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { inspectPfx, PfxError } from "intune-pfx-client";
import { describe, expect, it } from "vitest";
import { ExitCode } from "../../../packages/cli/src/cli-error.ts";
import type { FileWithPassword } from "../../../packages/cli/src/files/own-password.ts";
import { type PasswordPrompt, Passwords } from "../../../packages/cli/src/files/passwords.ts";
import type { PasswordOptions } from "../../../packages/cli/src/files/shared-password.ts";
import { pfxFile } from "../../client/vectors.ts";
import { aFolder, anIo, type IoOptions, isWindows, put, rejection } from "./folder.ts";

const folder = aFolder({
  "a.pfx": "",
  "a.txt": "beside\r\n",
  "b.pfx": "",
  "shared.txt": "shared\n",
  "own.txt": "own file\n",
  "empty.txt": "",
  "line.txt": "\n",
});

type Answer = Awaited<ReturnType<PasswordPrompt["askPassword"]>>;

interface Setup extends IoOptions {
  readonly options?: PasswordOptions;
  readonly answers?: readonly Answer[];
}

/** Passwords, and what was asked. */
async function setUp({ options = {}, answers, ...ioOptions }: Setup) {
  const questions: string[] = [];
  const left = [...(answers ?? [])];
  const prompt: PasswordPrompt = {
    async askPassword(fileName, { isRetry }) {
      questions.push(isRetry ? `${fileName} again` : fileName);
      return left.shift();
    },
  };
  const { io } = anIo(folder, ioOptions);
  return { passwords: await Passwords.read(options, io, answers && { prompt }), questions };
}

/** Opens a file whose password is `right`; returns what was tried, and what came of it. */
async function open(passwords: Passwords, right: string, file: Partial<FileWithPassword> = {}) {
  const tried: string[] = [];
  const name = file.name ?? "a.pfx";
  let end: string;
  try {
    const { result, source } = await passwords.open({ path: join(folder, name), name, ...file }, async (password) => {
      tried.push(password);
      if (password !== right) throw new PfxError("WRONG_PASSWORD", "the password does not open this file");
      return password;
    });
    end = result === right ? source : "another result";
  } catch (error) {
    end = error instanceof Error && "code" in error ? String(error.code) : "no code";
  }
  return { tried, end };
}

const all = { password: "list", passwordFile: join(folder, "own.txt") };
const beside = { passwordBeside: ".txt" };
const shared = { passwordFile: "shared.txt" };

describe("the password given for a file", () => {
  it.each([
    ["the list's", all, { ...beside, ...shared }, "list", "list"],
    ["the list's password file's", { ...all, password: "" }, { ...beside, ...shared }, "own file", "password-file"],
    ["that of the file beside it", {}, { ...beside, ...shared }, "beside", "beside"],
  ])("is %s, and no other is tried", async (_, file, options, password, source) => {
    const { passwords, questions } = await setUp({ options, answers: [{ password: "typed", useForAll: true }] });

    expect(await open(passwords, password, file)).toEqual({ tried: [password], end: source });
    expect(await open(passwords, "other", file)).toEqual({ tried: [password], end: "WRONG_PASSWORD" });
    expect(questions).toEqual([]);
  });

  it("is passed over where the file beside is not there, not where the list's password file is not", async () => {
    const { passwords } = await setUp({ options: { ...beside, ...shared } });
    const missing = join(folder, "none.txt");

    expect(await open(passwords, "shared", { name: "b.pfx" })).toEqual({ tried: ["shared"], end: "shared" });
    expect(await open(passwords, "shared", { passwordFile: missing })).toEqual({
      tried: [],
      end: "PASSWORD_FILE_NOT_FOUND",
    });
  });

  it("may be the empty one, in a file", async () => {
    const { passwords } = await setUp({ options: shared });

    expect(await open(passwords, "", { passwordFile: join(folder, "empty.txt") })).toEqual({
      tried: [""],
      end: "password-file",
    });
  });
});

describe("the password for all files", () => {
  it.each([
    ["--password-file", { options: { passwordFile: "shared.txt" } }],
    ["--password-stdin", { options: { passwordStdin: true }, input: ["sha", "red\r\n"] }],
    ["INTUNE_PFX_PASSWORD", { env: { INTUNE_PFX_PASSWORD: "shared" } }],
  ])("is from %s; then the empty one is tried, and nobody asked", async (_, setup) => {
    const { passwords, questions } = await setUp({ ...setup, answers: [{ password: "typed", useForAll: false }] });

    expect(await open(passwords, "shared")).toEqual({ tried: ["shared"], end: "shared" });
    expect(await open(passwords, "")).toEqual({ tried: ["shared", ""], end: "empty" });
    expect(await open(passwords, "typed")).toEqual({ tried: ["shared", ""], end: "WRONG_PASSWORD" });
    expect(questions).toEqual([]);
  });

  it.each([
    [{ options: { passwordFile: "shared.txt", passwordStdin: true } }, "--password-file, --password-stdin"],
    [
      { options: { passwordFile: "shared.txt" }, env: { INTUNE_PFX_PASSWORD: "x" } },
      "--password-file, INTUNE_PFX_PASSWORD",
    ],
    [{ options: { passwordStdin: true }, env: { INTUNE_PFX_PASSWORD: "x" } }, "--password-stdin, INTUNE_PFX_PASSWORD"],
  ])("is given once only: %j", async (setup, names) => {
    expect(await rejection(setUp(setup))).toMatchObject({
      name: "CliError",
      exitCode: ExitCode.USAGE,
      code: "PASSWORD_SOURCES",
      message: `Use only one of ${names}: each is a password for all files.`,
    });
  });

  it("is not given by an empty variable", async () => {
    const { passwords } = await setUp({ options: shared, env: { INTUNE_PFX_PASSWORD: "" } });

    expect(await open(passwords, "shared")).toEqual({ tried: ["shared"], end: "shared" });
  });

  it.each([
    [{ passwordFile: "none.txt" }, "PASSWORD_FILE_NOT_FOUND", "--password-file: there is no password file none.txt."],
    [{ passwordFile: "empty.txt" }, "PASSWORD_FILE_EMPTY", "--password-file: empty.txt has no password in it."],
    [{ passwordFile: "line.txt" }, "PASSWORD_FILE_EMPTY", "--password-file: line.txt has no password in it."],
    [{ passwordStdin: true }, "PASSWORD_FILE_UNREADABLE", "--password-stdin: standard input is empty."],
  ])("ends the run where it can't be read: %j", async (options, code, message) => {
    const [option] = message.split(":");
    expect(await rejection(setUp({ options }))).toMatchObject({
      name: "CliError",
      exitCode: ExitCode.USAGE,
      code,
      message,
      option,
    });
  });

  it.each(["txt", "", ".", "..", ".txt/", "./txt", ".\\x", ".pfx", ".P12", ".a/../b"])(
    "%j is no extension of password files",
    async (passwordBeside) => {
      expect(await rejection(setUp({ options: { passwordBeside } }))).toMatchObject({
        exitCode: ExitCode.USAGE,
        code: "PASSWORD_BESIDE_INVALID",
        option: "--password-beside",
      });
    },
  );

  it.each([".txt", ".pw", ".pfx.txt", ".TXT"])("%j is one", async (passwordBeside) => {
    expect((await setUp({ options: { passwordBeside } })).passwords).toBeInstanceOf(Passwords);
  });
});

describe("without a password", () => {
  it("the empty one is tried", async () => {
    const { passwords, questions } = await setUp({ answers: [] });

    expect(await open(passwords, "")).toEqual({ tried: [""], end: "empty" });
    expect(questions).toEqual([]);
  });

  it("and without anybody to ask, the file's failure says what is missing", async () => {
    const attempt = () => Promise.reject(new PfxError("WRONG_PASSWORD", "wrong"));
    const file = { path: join(folder, "b.pfx"), name: "b.pfx" };

    const error = await rejection((await setUp({})).passwords.open(file, attempt));
    expect(error).toMatchObject({ name: "FileError", code: "PASSWORD_MISSING" });
    for (const source of ["--password-file", "--password-stdin", "--password-beside", "INTUNE_PFX_PASSWORD"]) {
      expect(String(error)).toContain(source);
    }
    expect(await rejection((await setUp({ options: beside })).passwords.open(file, attempt))).toMatchObject({
      code: "PASSWORD_MISSING",
      message: "there is no password file b.txt, and the empty password does not open this file",
    });
  });

  it("it is asked for, again where it is wrong, three times at most", async () => {
    const answer = (password: string) => ({ password, useForAll: true });
    const { passwords, questions } = await setUp({ answers: [answer("x"), answer("y"), answer("z"), answer("right")] });

    expect(await open(passwords, "right")).toEqual({ tried: ["", "x", "y", "z"], end: "WRONG_PASSWORD" });
    expect(questions).toEqual(["a.pfx", "a.pfx again", "a.pfx again"]);
    expect(await open(passwords, "right", { name: "b.pfx" })).toEqual({ tried: ["", "right"], end: "prompt" });
  });

  it("no answer leaves this file out, and the next one is asked for", async () => {
    const { passwords, questions } = await setUp({ answers: [undefined, { password: "x", useForAll: false }] });

    expect(await open(passwords, "x")).toEqual({ tried: [""], end: "WRONG_PASSWORD" });
    expect(await open(passwords, "x", { name: "b.pfx" })).toEqual({ tried: ["", "x"], end: "prompt" });
    expect(questions).toEqual(["a.pfx", "b.pfx"]);
  });

  it("an answer for this file is not used for the next one", async () => {
    const answer = (password: string) => ({ password, useForAll: false });
    const { passwords, questions } = await setUp({ answers: [answer("x"), answer("x")] });

    expect(await open(passwords, "x")).toEqual({ tried: ["", "x"], end: "prompt" });
    expect(await open(passwords, "x", { name: "b.pfx" })).toEqual({ tried: ["", "x"], end: "prompt" });
    expect(questions).toEqual(["a.pfx", "b.pfx"]);
  });

  it("an answer for all that follow is tried first, and nobody is asked again", async () => {
    const { passwords, questions } = await setUp({ answers: [{ password: "x", useForAll: true }] });

    expect(await open(passwords, "x")).toEqual({ tried: ["", "x"], end: "prompt" });
    expect(await open(passwords, "x")).toEqual({ tried: ["x"], end: "shared" });
    expect(await open(passwords, "")).toEqual({ tried: ["x", ""], end: "empty" });
    expect(await open(passwords, "y")).toEqual({ tried: ["x", ""], end: "WRONG_PASSWORD" });
    expect(questions).toEqual(["a.pfx"]);
  });

  it("files that are opened side by side are asked for one after the other", async () => {
    const { passwords, questions } = await setUp({ answers: [{ password: "x", useForAll: true }] });

    const ends = await Promise.all(["a.pfx", "b.pfx", "c.pfx"].map((name) => open(passwords, "x", { name })));

    expect(ends.map(({ end }) => end)).toEqual(["prompt", "shared", "shared"]);
    expect(questions).toEqual(["a.pfx"]);
  });

  it("a question that fails ends this file's turn only", async () => {
    const { io } = anIo(folder);
    let asked = 0;
    const prompt: PasswordPrompt = {
      async askPassword() {
        asked += 1;
        if (asked === 1) throw new Error("interrupted");
        return { password: "x", useForAll: false };
      },
    };
    const passwords = await Passwords.read({}, io, { prompt });

    const [first, second] = await Promise.all([open(passwords, "x"), open(passwords, "x")]);

    expect(first).toEqual({ tried: [""], end: "no code" });
    expect(second).toEqual({ tried: ["", "x"], end: "prompt" });
  });
});

describe("opening", () => {
  it("ends with any failure but a wrong password", async () => {
    const { passwords } = await setUp({ options: shared });
    let tries = 0;
    const attempt = () => {
      tries += 1;
      return Promise.reject(new PfxError("DAMAGED", "damaged"));
    };

    expect(await rejection(passwords.open({ path: "a.pfx", name: "a.pfx" }, attempt))).toMatchObject({
      code: "DAMAGED",
    });
    expect(tries).toBe(1);
  });

  it("works with the library", async () => {
    const { passwords } = await setUp({ answers: [{ password: "", useForAll: false }] });
    const attempt = (password: string) => inspectPfx(pfxFile("o30-emptypw.pfx"), password);

    expect(await passwords.open({ path: "a.pfx", name: "a.pfx" }, attempt)).toMatchObject({ source: "empty" });
  });
});

describe("a note about permissions", () => {
  it.skipIf(isWindows)("comes once, however many password files others can read", async () => {
    const place = aFolder({ "a.txt": "x", "b.txt": "x", "safe.txt": "x" });
    put(place, { "shared.txt": "shared" });
    for (const name of ["a.txt", "b.txt", "shared.txt"]) chmodSync(join(place, name), 0o644);
    chmodSync(join(place, "safe.txt"), 0o600);
    const notes: string[] = [];
    const onNote = (note: string) => notes.push(note);
    const { io } = anIo(place);
    const file = (name: string) => ({ name, path: join(place, name), passwordFile: join(place, name) });

    const passwords = await Passwords.read({}, io, { onNote });
    expect((await open(passwords, "x", file("safe.txt"))).end).toBe("password-file");
    expect(notes).toEqual([]);
    await Promise.all([open(passwords, "x", file("a.txt")), open(passwords, "x", file("b.txt"))]);
    expect(notes).toHaveLength(1);

    await Passwords.read({ passwordFile: "shared.txt" }, io, { onNote });
    expect(notes[1]).toBe("Note: others can read shared.txt, which has a password: chmod 600 shared.txt");
  });
});
