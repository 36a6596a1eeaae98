/** A temporary folder with files, and what the room knows of the world. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { PassThrough } from "node:stream";
import { afterAll } from "vitest";
import type { Io } from "../../../packages/cli/src/io.ts";

export const isWindows = process.platform === "win32";
export const isRoot = process.getuid?.() === 0;

/** A new folder that is gone after the tests of this file. */
export function aFolder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "intune-pfx-files-")));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  put(folder, files);
  return folder;
}

/** Writes files, and the folders that they need. */
export function put(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

export type FilesIo = Pick<Io, "env" | "folder" | "platform" | "stderr" | "stdin">;

export interface IoOptions {
  readonly env?: Record<string, string>;
  readonly platform?: NodeJS.Platform;
  /** What standard input holds; by default nothing. */
  readonly input?: readonly (string | Uint8Array)[];
  /** Whether standard input is a terminal, which stays open after its input. */
  readonly isTerminal?: boolean;
}

export function anIo(
  folder: string,
  { env = {}, platform, input = [], isTerminal = false }: IoOptions = {},
): {
  io: FilesIo;
  stderr: () => string;
} {
  const stdin = Object.assign(new PassThrough(), { isTTY: isTerminal });
  for (const each of input) stdin.write(each);
  if (!isTerminal) stdin.end();
  const stderr = new PassThrough();
  let written = "";
  stderr.on("data", (chunk) => {
    written += String(chunk);
  });
  return { io: { env, folder, platform: platform ?? process.platform, stderr, stdin }, stderr: () => written };
}

/** UTF-16LE with BOM. */
export function utf16(text: string): Buffer {
  return Buffer.from(`\uFEFF${text}`, "utf16le");
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
