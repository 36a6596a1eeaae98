/** No password and no cell is in anything that this room throws or says of a list. */

import { join } from "node:path";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FileError } from "../../../packages/cli/src/files/file-error.ts";
import { readPasswordFile } from "../../../packages/cli/src/files/password-file.ts";
import { Passwords } from "../../../packages/cli/src/files/passwords.ts";
import { readList } from "../../../packages/cli/src/files/read-list.ts";
import { aFolder, anIo, put, rejection, utf16 } from "./folder.ts";

const canary = "c4n4ry";
const folder = aFolder({ "a.pfx": "" });

/** Everything that could be printed of an error: message, stack, cause, other properties. */
function textOf(error: unknown): string {
  expect(error).toBeInstanceOf(Error);
  return `${String(error)} ${JSON.stringify(error)} ${inspect(error, { depth: 9, showHidden: true })}`;
}

describe("a password file that is taken for a list", () => {
  it.each([
    canary,
    `${canary}\n${canary}`,
    `"${canary}`,
    `${canary}"`,
    `"${canary}"x`,
    `x"${canary}`,
    `${canary},pasword,${canary}`,
    `pth;${canary}`,
    `usr\tpassword\n${canary}\t${canary}`,
    `a.pfx,${canary}\n"${canary}`,
    `"${canary}${"x".repeat(1024 * 1024)}`,
  ])("appears nowhere, %#", async (content) => {
    for (const bytes of [content, utf16(content), Buffer.from(`${content}\u00e9`, "latin1")]) {
      put(folder, { "pw.csv": bytes });
      expect(textOf(await rejection(readList("pw.csv", { folder })))).not.toContain(canary);
    }
  });
});

describe("a list's cells", () => {
  it("appear in no error and in no row's problem, but for paths and purposes of letters", async () => {
    const piece = fc.constantFrom(
      canary,
      `"${canary}"`,
      `"${canary}`,
      `${canary}"`,
      '"',
      ",",
      ";",
      "\t",
      "\n",
      "\r\n",
      "",
      " ",
    );
    const tail = fc.array(piece, { minLength: 1, maxLength: 20 }).map((pieces) => pieces.join(""));
    const header = fc.constantFrom(
      "path,password",
      "password,path,user",
      "path;purpose;password",
      "path,thumbprint",
      "path",
    );
    await fc.assert(
      fc.asyncProperty(header, tail, async (header, tail) => {
        put(folder, { "users.csv": `${header}\na.pfx${tail}` });
        try {
          const { rows } = await readList("users.csv", { folder });
          for (const { problem } of rows) {
            if (problem === undefined || problem.code === "FILE_NOT_FOUND") continue;
            expect(problem.message).not.toContain(canary);
          }
        } catch (error) {
          expect(error).toMatchObject({ name: "CliError" });
          expect(textOf(error)).not.toContain(canary);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("are in no message about columns", async () => {
    for (const header of ["path,pasword", "path,path", "path,upn,email"]) {
      put(folder, { "users.csv": `${header}\n${canary},${canary}` });
      expect(textOf(await rejection(readList("users.csv", { folder })))).not.toContain(canary);
    }
  });
});

describe("a password", () => {
  it("is in no error about its file", async () => {
    put(folder, { "latin1.txt": Buffer.from(`${canary}\u00e9`, "latin1"), "large.txt": canary.repeat(20_000) });

    for (const name of ["latin1.txt", "large.txt"]) {
      expect(textOf(await rejection(readPasswordFile(join(folder, name), name)))).not.toContain(canary);
      const { io } = anIo(folder);
      expect(textOf(await rejection(Passwords.read({ passwordFile: name }, io)))).not.toContain(canary);
    }
  });

  it("is in no error about its sources", async () => {
    const { io } = anIo(folder, { env: { INTUNE_PFX_PASSWORD: canary }, input: [canary] });

    expect(textOf(await rejection(Passwords.read({ passwordStdin: true }, io)))).not.toContain(canary);
    expect(textOf(await rejection(Passwords.read({ passwordBeside: "x" }, io)))).not.toContain(canary);
  });

  it("is not shown with the object that has it", async () => {
    const passwords = await Passwords.read({}, anIo(folder, { env: { INTUNE_PFX_PASSWORD: canary } }).io);

    expect(inspect(passwords, { depth: 9 })).not.toContain(canary);
    expect(JSON.stringify(passwords)).not.toContain(canary);
  });

  it("is in no failure of a file", () => {
    expect(Object.keys(new FileError("CODE", "message"))).toEqual(["code"]);
  });
});
