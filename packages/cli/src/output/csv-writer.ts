/** CSV files for Excel: UTF-8 with a byte order mark, and no cell that Excel would take for a formula. */
import { closeSync, openSync, writeSync } from "node:fs";
import path from "node:path";
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
    try {
      this.#descriptor = openSync(this.file, "w", 0o600);
    } catch (error) {
      throw usageError("FILE_NOT_WRITABLE", `${name} can't be written (${codeOf(error)}).`, { option });
    }
    this.#write(`\uFEFF${toRow(columns)}`);
  }

  /** @throws {CliError} exit code 2 where the disk is full or the file has gone */
  add(cells: readonly (string | undefined)[]): void {
    this.#write(toRow(cells));
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

function toRow(cells: readonly (string | undefined)[]): string {
  return `${cells.map((cell) => toCell(cell ?? "")).join(",")}\r\n`;
}

function toCell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
}
