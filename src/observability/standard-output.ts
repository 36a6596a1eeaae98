/**
 * Standard output as the log's destination. A reader that stops reading never blocks the process: lines wait in a buffer, and
 * beyond its limits they are dropped or writes are refused.
 */
import { writeSync } from "node:fs";

/** What a destination has not written. */
export interface Backlog {
  readonly waitingCharacters: number;
  /** True if no audit line fits any more. Then no write may begin. */
  readonly isFull: boolean;
  /** Number of lines since the start. */
  readonly droppedLines: number;
}

/** More than the lines of one turn of the event loop, which are written at its end anyway. */
const maxHeldCharacters = 16_000;
/** Audit lines of about 10,000 writes. */
const maxWaitingCharacters = 4 * 1024 * 1024;
/** Lines other than audit lines are dropped above this, so that the rest is left for audit lines. */
const maxOtherCharacters = maxWaitingCharacters / 2;
/** A reader that is only slow is noticed at once; each further attempt waits twice as long. */
const firstRetryMs = 1;
const maxRetryMs = 100;
/** At the exit. As long as a stopping gateway tries to send its traces. */
const maxExitMs = 2000;
const exitPauseMs = 10;

const nothing = Buffer.alloc(0);

/**
 * Lines are written once for each turn of the event loop. A write costs up to a fifth of a create, and a busy gateway has
 * several lines at once. Lines that wait are written when the process exits, also after a crash.
 */
export class StandardOutput implements Backlog {
  droppedLines = 0;
  readonly #onGap: (droppedLines: number) => void;
  /** Lines for the next write. */
  #held = "";
  /** The rest of the last write, which the operating system did not take. */
  #rest = nothing;
  #isOpen = false;
  #isFlushDue = false;
  /** Whether the last write failed or was incomplete. */
  #isBlocked = false;
  #retryMs = firstRetryMs;
  /** Lines that are missing at the end of what waits. */
  #gapLines = 0;

  /** @param onGap called at the place in the log where lines are missing, once lines are read again. */
  constructor(onGap: (droppedLines: number) => void) {
    this.#onGap = onGap;
  }

  get waitingCharacters(): number {
    return this.#held.length + this.#rest.length;
  }

  get isFull(): boolean {
    return this.#isBlocked && this.waitingCharacters >= maxWaitingCharacters;
  }

  /** Writes a line, or drops it if too much waits. After a dropped line all others are dropped too until nothing waits. */
  write(line: string): void {
    if (this.#isBlocked && (this.#gapLines > 0 || this.waitingCharacters >= maxOtherCharacters)) {
      this.#gapLines += 1;
      this.droppedLines += 1;
    } else this.writeAudit(line);
  }

  /** Never drops the line: `isFull` bounds what waits, together with the writes that are already under way. */
  writeAudit(line: string): void {
    this.#held += line;
    if (!this.#isOpen) this.#open();
    if (this.#isBlocked) return; // the next attempt is due
    if (this.#held.length > maxHeldCharacters) this.#flush();
    else if (!this.#isFlushDue) {
      this.#isFlushDue = true;
      setImmediate(() => {
        this.#isFlushDue = false;
        if (!this.#isBlocked) this.#flush();
      });
    }
  }

  #open(): void {
    this.#isOpen = true;
    // Node.js makes a pipe or a socket non-blocking when process.stdout is first used. Files and terminals stay as they are.
    process.stdout.on("error", () => {});
    process.once("exit", () => this.#writeBeforeExit());
  }

  #flush(): void {
    if (this.#writeOut() === undefined) {
      this.#retryMs = firstRetryMs;
      return;
    }
    setTimeout(() => this.#flush(), this.#retryMs).unref();
    this.#retryMs = Math.min(2 * this.#retryMs, maxRetryMs);
  }

  /** Writes as much as possible. Returns the error's code if something is left: `EAGAIN` if the output is full. */
  #writeOut(): string | undefined {
    for (;;) {
      if (this.#rest.length === 0) {
        if (this.#held === "" && this.#gapLines > 0) this.#closeGap();
        if (this.#held === "") break;
        this.#rest = Buffer.from(this.#held);
        this.#held = "";
      }
      try {
        const writtenBytes = writeSync(1, this.#rest);
        this.#rest = this.#rest.subarray(writtenBytes);
        if (writtenBytes > 0) this.#retryMs = firstRetryMs;
      } catch (error) {
        this.#isBlocked = true;
        return error instanceof Error && "code" in error ? String(error.code) : "";
      }
    }
    this.#rest = nothing; // frees the memory
    this.#isBlocked = false;
    return undefined;
  }

  #closeGap(): void {
    const lines = this.#gapLines;
    this.#gapLines = 0;
    this.#onGap(lines);
  }

  #writeBeforeExit(): void {
    const untilMs = performance.now() + maxExitMs;
    while (this.#writeOut() === "EAGAIN" && performance.now() < untilMs) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, exitPauseMs);
    }
  }
}
