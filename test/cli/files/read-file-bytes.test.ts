/** Reading files: limits, and what is said of files that can't be read. */
import { execFileSync } from "node:child_process";
import { chmodSync, createWriteStream, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { whyUnreadable } from "../../../packages/cli/src/files/file-error.ts";
import { readFileBytes, readUpTo } from "../../../packages/cli/src/files/read-file-bytes.ts";
import { aFolder, isRoot, isWindows } from "./folder.ts";

const makePipe = "mkfifo"; // Every POSIX system has it.
const folder = aFolder({ "a.pfx": Buffer.from([1, 2, 3]), "empty.pfx": "", "large.pfx": "", "sub.pfx/x": "" });

describe("the bytes of a file", () => {
  it("are read", async () => {
    expect([...(await readFileBytes(join(folder, "a.pfx")))]).toEqual([1, 2, 3]);
    expect(await readFileBytes(join(folder, "empty.pfx"))).toHaveLength(0);
  });

  it("are read up to 8 MiB", async () => {
    truncateSync(join(folder, "large.pfx"), 8 * 1024 * 1024);
    expect(await readFileBytes(join(folder, "large.pfx"))).toHaveLength(8 * 1024 * 1024);

    truncateSync(join(folder, "large.pfx"), 8 * 1024 * 1024 + 1);
    await expect(readFileBytes(join(folder, "large.pfx"))).rejects.toMatchObject({
      name: "FileError",
      code: "TOO_LARGE",
      message: "the file is larger than 8 MiB; the gateway takes 1 MiB",
    });
  });

  it("can't be read of no file or of a folder", async () => {
    await expect(readFileBytes(join(folder, "none.pfx"))).rejects.toMatchObject({
      name: "FileError",
      code: "FILE_NOT_FOUND",
      message: "this file can't be read: there is no such file",
    });
    await expect(readFileBytes(join(folder, "sub.pfx"))).rejects.toMatchObject({
      name: "FileError",
      code: "FILE_UNREADABLE",
    });
  });

  it.skipIf(isWindows || isRoot)("can't be read without permission", async () => {
    chmodSync(join(folder, "empty.pfx"), 0);

    await expect(readFileBytes(join(folder, "empty.pfx"))).rejects.toThrow(
      "this file can't be read: you have no permission; ask its owner, or run this as somebody who may read it",
    );
  });
});

describe("a pipe", () => {
  it.skipIf(isWindows).each([
    [200_000, 200_000],
    [200_000, 199_999],
    [10, 10],
    [0, 10],
  ])("of %i bytes is read up to %i", async (size, limit) => {
    const pipe = join(folder, `pipe-${size}-${limit}`);
    execFileSync(makePipe, [pipe]);
    const writer = createWriteStream(pipe);
    writer.on("error", () => {}); // EPIPE where the reader stops.
    writer.end(Buffer.alloc(size, 7));

    const bytes = await readUpTo(pipe, limit);

    expect(bytes?.length).toBe(size > limit ? undefined : size);
    expect(bytes?.every((byte) => byte === 7) ?? true).toBe(true);
  });
});

describe("why a file can't be read", () => {
  it.each([
    ["EACCES", /^you have no permission; ask/],
    ["EPERM", /^you have no permission; ask/],
    ["EISDIR", /^it is a folder$/],
    ["EBUSY", /^another program has locked it; close/],
    ["EMFILE", /ulimit -n/],
    ["EIO", /^the system says EIO; check the disk or the network share$/],
  ])("%s is said in words", (code, reason) => {
    const error = Object.assign(new Error(`${code}: secret`), { code });

    expect(whyUnreadable(error)).toMatch(reason);
    expect(whyUnreadable(error)).not.toContain("secret");
  });

  it("is said where the system says nothing", () => {
    expect(whyUnreadable("secret")).toBe("the system says no more; check the disk or the network share");
  });
});
