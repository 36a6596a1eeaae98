/** One password in a file or on standard input. */
import { truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readPasswordFile, readPasswordFromStdin } from "../../../packages/cli/src/files/password-file.ts";
import { aFolder, anIo, type IoOptions, utf16 } from "./folder.ts";

function read(content: string | Uint8Array): Promise<string> {
  return readPasswordFile(join(aFolder({ "pw.txt": content }), "pw.txt"), "pw.txt");
}

async function fromStdin(options: IoOptions): Promise<{ password: string; said: string }> {
  const { io, stderr } = anIo("/", options);
  const password = await readPasswordFromStdin(io);
  expect(io.stdin.destroyed).toBe(options.isTerminal !== true);
  return { password, said: stderr() };
}

describe("a password file", () => {
  it.each([
    ["secret", "secret"],
    ["secret\n", "secret"],
    ["secret\r\n", "secret"],
    ["secret\r", "secret\r"],
    ["secret\n\n", "secret\n"],
    ["secret\r\n\r\n", "secret\r\n"],
    [" secret \t\n", " secret \t"],
    ["\nsecret", "\nsecret"],
    ["", ""],
    ["\uFEFFs\u00e9cret\n", "s\u00e9cret"],
    ["\uFEFF\uFEFFsecret", "\uFEFFsecret"],
  ])("%j has %j: a BOM and one line end are cut", async (content, password) => {
    expect(await read(content)).toBe(password);
    expect(await read(utf16(content.replace(/^\uFEFF/, "")))).toBe(password);
  });

  it("is neither in another code page nor larger than 64 KiB", async () => {
    await expect(read(Buffer.from("s\u00e9cret", "latin1"))).rejects.toMatchObject({
      name: "FileError",
      code: "PASSWORD_FILE_UNREADABLE",
      message: "pw.txt is neither UTF-8 nor UTF-16; save it as UTF-8",
    });
    const folder = aFolder({ "pw.txt": "x".repeat(64 * 1024) });
    const path = join(folder, "pw.txt");
    expect(await readPasswordFile(path, "pw.txt")).toHaveLength(64 * 1024);
    truncateSync(path, 64 * 1024 + 1);
    await expect(readPasswordFile(path, "pw.txt")).rejects.toMatchObject({
      code: "PASSWORD_FILE_UNREADABLE",
      message: "pw.txt is larger than 64 KiB; a password file has one password only",
    });
  });

  it("has to be there, and a file", async () => {
    const folder = aFolder({ "sub/x": "" });

    await expect(readPasswordFile(join(folder, "none"), "n\u001bone")).rejects.toMatchObject({
      name: "FileError",
      code: "PASSWORD_FILE_NOT_FOUND",
      message: "there is no password file n\uFFFDone",
    });
    await expect(readPasswordFile(join(folder, "sub"), "sub")).rejects.toMatchObject({
      code: "PASSWORD_FILE_UNREADABLE",
      message: expect.stringMatching(/^sub can't be read: /),
    });
  });
});

describe("standard input", () => {
  it("is read to its end, silently", async () => {
    expect(await fromStdin({ input: ["se", "cr\net", "\r\n"] })).toEqual({ password: "secr\net", said: "" });
    expect(await fromStdin({ input: [utf16("s\u00e9cret\r\n")] })).toEqual({ password: "s\u00e9cret", said: "" });
    expect(await fromStdin({ input: ["\n"] })).toEqual({ password: "", said: "" });
  });

  it("of a terminal is read to the end of the line, after saying so, and stays open", async () => {
    const { password, said } = await fromStdin({ input: ["secret\n"], isTerminal: true });

    expect(password).toBe("secret");
    expect(said).toBe("--password-stdin: type the password of the .pfx files, then Enter. It will be visible.\n");
  });

  it("is neither empty nor larger than 64 KiB", async () => {
    await expect(fromStdin({})).rejects.toThrow("standard input is empty");
    await expect(fromStdin({ input: ["x".repeat(64 * 1024 + 1)] })).rejects.toThrow(
      "standard input has more than 64 KiB",
    );
    await expect(fromStdin({ input: [Buffer.from([0xe9])] })).rejects.toThrow("standard input is neither UTF-8");
  });

  it("that fails is an error without a stack of the system's", async () => {
    const { io } = anIo("/", { isTerminal: true });
    const failing = Object.assign(io.stdin, {});
    const password = readPasswordFromStdin({ ...io, stdin: failing });
    failing.destroy(Object.assign(new Error("read EISDIR"), { code: "EISDIR" }));

    await expect(password).rejects.toThrow("standard input can't be read: it is a folder");
  });
});
