/**
 * `--json`: one object a line on standard output. Characters beyond ASCII are written as `\u....`, since Windows PowerShell reads
 * what programs write by its code page.
 */
import type { Io } from "../io.ts";

export class JsonLines {
  readonly #io: Io;

  constructor(io: Io) {
    this.#io = io;
  }

  /** @param fields properties that are `undefined` are left out */
  write(type: string, fields: object): void {
    const line = JSON.stringify({ v: 1, type, at: `${this.#io.now().toISOString().slice(0, 19)}Z`, ...fields });
    this.#io.stdout.write(`${toAscii(line)}\n`);
  }
}

/** JSON in which every character beyond ASCII is written as `\\u....`. */
export function toAscii(text: string): string {
  return text.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
