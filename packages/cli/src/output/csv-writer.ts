/** CSV files for Excel: UTF-8 with a byte order mark, and no cell that Excel would take for a formula. */
import { closeSync, openSync, readSync, statSync, writeSync } from "node:fs";
import path from "node:path";
import { csvRow } from "intune-pfx-client/lists";
import { CliError, ExitCode, usageError } from "../cli-error.ts";
import type { Io } from "../io.ts";

/** Writes row by row, so that an interrupted run leaves what it has done. */
export class CsvFile {
  readonly file: string;
  readonly #descriptor: number;

  /**
   * @param option the option that names the file, for errors
   * @throws {CliError} exit code 64 where the file can't be written
   */
  constructor(name: string, option: string, columns: readonly string[], io: Io) {
    this.file = path.resolve(io.folder, name);
    refuseForeignFile(this.file, name, option, columns);
    try {
      this.#descriptor = openSync(this.file, "w", 0o600);
    } catch (error) {
      throw usageError("FILE_NOT_WRITABLE", `${name} can't be written (${codeOf(error)}).`, { option });
    }
    this.#write(`\uFEFF${csvRow(columns)}`);
  }

  /** @throws {CliError} exit code 2 where the disk is full or the file has gone */
  add(cells: readonly (string | undefined)[]): void {
    this.#write(csvRow(cells));
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #write(text: string): void {
    try {
      const bytes = Buffer.from(text);
      for (let written = 0; written < bytes.length; ) written += writeSync(this.#descriptor, bytes, written);
    } catch (error) {
      throw new CliError(
        ExitCode.STOPPED,
        "FILE_NOT_WRITABLE",
        `${this.file} can't be written any more (${codeOf(error)}).`,
      );
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
}

/** Only a file of this kind is written over: a name typed wrong must not cost a .pfx file, a list or a key. */
function refuseForeignFile(file: string, name: string, option: string, columns: readonly string[]): void {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined || (stats.isFile() && stats.size === 0)) return;
  if (stats.isFile() && beginningOf(file, 1024).startsWith(`\uFEFF${csvRow(columns)}`)) return;
  throw usageError(
    "FILE_EXISTS",
    `${name} is there already and is no file that this command has written. Choose another name.`,
    { option },
  );
}

function beginningOf(file: string, maxBytes: number): string {
  try {
    const descriptor = openSync(file, "r");
    const buffer = Buffer.alloc(maxBytes);
    const length = readSync(descriptor, buffer, 0, maxBytes, 0);
    closeSync(descriptor);
    return buffer.subarray(0, length).toString("utf8");
  } catch {
    return "";
  }
}
