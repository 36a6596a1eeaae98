/** The note about files with passwords that others can read. */
import { chmodSync } from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { noteIfOthersCanRead } from "../../../packages/cli/src/files/note-if-others-can-read.ts";
import { aFolder, isWindows } from "./folder.ts";

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

const folder = aFolder({ "export.csv": "", "it's mine.csv": "", "sub/x": "" });
const io = { folder, platform: "linux" } as const;

function noteAt(mode: number, name = "export.csv"): Promise<string | undefined> {
  chmodSync(join(folder, name), mode);
  return noteIfOthersCanRead(name, io);
}

describe.skipIf(isWindows)("a file with passwords", () => {
  it.each([0o644, 0o640, 0o604, 0o444, 0o666])("of mode %o gives a note", async (mode) => {
    expect(await noteAt(mode)).toBe("Note: others can read export.csv, which has passwords: chmod 600 export.csv");
  });

  it.each([0o600, 0o400, 0o622, 0o711])("of mode %o gives none", async (mode) => {
    expect(await noteAt(mode)).toBeUndefined();
  });

  it("gives a command that can be pasted", async () => {
    expect(await noteAt(0o644, "it's mine.csv")).toBe(
      "Note: others can read it's mine.csv, which has passwords: chmod 600 'it'\\''s mine.csv'",
    );
  });

  it("gives none on a read-only file system, and one where only this user may not write", async () => {
    const access = vi.spyOn(fs, "access");
    syncBuiltinESMExports(); // so that modules that import `access` by name call the spy
    const accessFails = (code: string) => access.mockRejectedValueOnce(Object.assign(new Error(code), { code }));

    accessFails("EROFS");
    expect(await noteAt(0o644)).toBeUndefined();
    accessFails("EACCES");
    expect(await noteAt(0o644)).toBeDefined();
  });

  it("gives none on Windows, for no file, for a folder and for a pipe", async () => {
    chmodSync(join(folder, "export.csv"), 0o644);
    chmodSync(join(folder, "sub"), 0o755);

    expect(await noteIfOthersCanRead("export.csv", { folder, platform: "win32" })).toBeUndefined();
    expect(await noteIfOthersCanRead("none.csv", io)).toBeUndefined();
    expect(await noteIfOthersCanRead("sub", io)).toBeUndefined();
    expect(await noteIfOthersCanRead("/dev/null", io)).toBeUndefined();
  });
});
