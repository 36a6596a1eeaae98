/** A real terminal, by tmux: of its own server, so that nobody's sessions are touched. */
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";

export class TmuxTerminal implements Disposable {
  readonly #socket = `intune-pfx-${process.pid}-${Math.random().toString(36).slice(2)}`;

  /** @param command for a shell */
  constructor(columns: number, folder: string, command: string) {
    this.#tmux("-f", "/dev/null", "new-session", "-d", "-x", String(columns), "-y", "60", "-c", folder, command);
    // The screen stays when the program has ended.
    this.#tmux("set-option", "-g", "remain-on-exit", "on");
  }

  #tmux(...args: string[]): string {
    return execFileSync("tmux", ["-L", this.#socket, ...args], { encoding: "utf8" });
  }

  /** The lines on the screen; with `isJoined` a line that the terminal has wrapped is one. */
  lines(isJoined = false): string[] {
    return this.#tmux("capture-pane", "-p", "-S", "-1000", ...(isJoined ? ["-J"] : []))
      .split("\n")
      .map((line) => line.trimEnd())
      .filter((line) => line !== "" && !line.startsWith("Pane is dead"));
  }

  get isEnded(): boolean {
    return this.#tmux("list-panes", "-F", "#{pane_dead}").trim() === "1";
  }

  /** Of the program that was started in the terminal. */
  get pid(): number {
    return Number(this.#tmux("list-panes", "-F", "#{pane_pid}"));
  }

  type(...keys: string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  async waitFor(text: string | RegExp): Promise<void> {
    const giveUpAtMs = Date.now() + 30_000;
    while (!this.lines(true).some((line) => line.search(text) >= 0)) {
      if (Date.now() > giveUpAtMs) throw new Error(`${text} never came; the screen shows:\n${this.lines().join("\n")}`);
      await sleep(50);
    }
  }

  /** Waits for the program's end. */
  async ended(): Promise<void> {
    const giveUpAtMs = Date.now() + 60_000;
    while (Date.now() < giveUpAtMs && !this.isEnded) await sleep(50);
  }

  [Symbol.dispose](): void {
    this.#tmux("kill-server");
  }
}

export function quoted(...args: string[]): string {
  return args.map((arg) => `'${arg}'`).join(" ");
}
