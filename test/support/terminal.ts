/** A person at a terminal: sees standard error, and answers questions. Standard output may be a terminal, too. */
import { PassThrough, Writable } from "node:stream";
import type { Io } from "../../packages/cli/src/io.ts";

/** What is typed when `question` is on the screen. */
export type Reply = readonly [question: string, keys: string];

export class Terminal {
  readonly #screen = new Screen();
  readonly #output: Screen;
  readonly #keyboard = new PassThrough();
  readonly #replies: Reply[];
  #seen = 0;

  /** @param isOutputShown - whether standard output is this terminal, too; default true */
  constructor({
    replies = [],
    columns = 80,
    isOutputShown = true,
  }: {
    replies?: readonly Reply[];
    columns?: number;
    isOutputShown?: boolean;
  } = {}) {
    this.#replies = [...replies];
    this.#output = new Screen();
    Object.assign(this.#keyboard, { isTTY: true, setRawMode: () => this.#keyboard });
    Object.assign(this.#screen, { isTTY: true, columns, rows: 24 });
    Object.assign(this.#output, { isTTY: isOutputShown, columns });
    this.#screen.onText = () => this.#reply();
  }

  /** For `TestFolder.run`. */
  get io(): Partial<Io> {
    return { stdin: this.#keyboard, stderr: this.#screen, stdout: this.#output };
  }

  /** What was written to standard error, without what moves the cursor. */
  get stderr(): string {
    return plain(this.#screen.text);
  }

  get stdout(): string {
    return this.#output.text;
  }

  /** The questions that never came. */
  get unasked(): readonly string[] {
    return this.#replies.map(([question]) => question);
  }

  #reply(): void {
    const [next] = this.#replies;
    if (next === undefined) return;
    const at = plain(this.#screen.text).indexOf(next[0], this.#seen);
    if (at < 0) return;
    this.#seen = at + next[0].length;
    this.#replies.shift();
    // The prompt listens when it has been drawn.
    setTimeout(() => this.#keyboard.write(next[1]), 20);
  }
}

class Screen extends Writable {
  text = "";
  onText = () => {};

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
    this.onText();
  }
}

function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return text.replace(/\u001b\[[\d;?]*[A-Za-z]/g, "");
}
