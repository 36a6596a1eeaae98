/**
 * The one line that a terminal shows while work goes on. It is redrawn in place at most ten times a second, and loses parts from
 * the right until it fits the window less one column, so that it never wraps. Without a terminal a line comes every 30 s.
 */
import type { Io } from "../io.ts";
import { wrap } from "./wrap.ts";

const redrawMs = 100;
const lineMs = 30_000;

export class ProgressLine {
  readonly #io: Io;
  readonly #isTerminal: boolean;
  #parts: readonly string[] = [];
  #isShown = false;
  #drawnAtMs = Number.NEGATIVE_INFINITY;
  #lineAtMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(io: Io) {
    this.#io = io;
    this.#isTerminal = io.stderr.isTTY === true;
    this.#lineAtMs = io.now().getTime();
  }

  /** @param parts from the most to the least important; they are joined by commas */
  show(parts: readonly string[]): void {
    this.#parts = parts.filter((part) => part !== "");
    const now = this.#io.now().getTime();
    if (!this.#isTerminal) {
      if (now - this.#lineAtMs < lineMs) return;
      this.#lineAtMs = now;
      this.#io.stderr.write(`${this.#parts.join(", ")}\n`);
      return;
    }
    if (now - this.#drawnAtMs >= redrawMs) this.#draw();
    // What is not drawn now is drawn a little later, even if nothing else happens.
    else this.#timer ??= setTimeout(() => this.#draw(), redrawMs).unref();
  }

  /** A message above the line. */
  print(text: string): void {
    this.clear();
    this.#io.stderr.write(`${wrap(text, this.#io.stderr)}\n`);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#isShown) return;
    this.#isShown = false;
    this.#drawnAtMs = Number.NEGATIVE_INFINITY;
    this.#io.stderr.write("\r\u001b[K");
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#drawnAtMs = this.#io.now().getTime();
    this.#isShown = true;
    this.#io.stderr.write(`\r${fit(this.#parts, (this.#io.stderr.columns ?? 80) - 1)}\u001b[K`);
  }
}

/** As many of the parts, from the left, as `width` has room for; the first one is cut if it must be. */
function fit(parts: readonly string[], width: number): string {
  for (let length = parts.length; length > 0; length -= 1) {
    const line = parts.slice(0, length).join(", ");
    if (line.length <= width) return line;
  }
  return (parts[0] ?? "").slice(0, Math.max(0, width));
}
