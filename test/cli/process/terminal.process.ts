/** What a person sees, on terminals of three widths: real ones, by tmux. */
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { keyFile } from "../../client/vectors.ts";
import { TestFolder } from "../../support/cli.ts";
import { startGateway } from "../../support/gateway.ts";
import { pfxOf } from "../../support/many-pfx.ts";
import { commandFile } from "./cli-process.ts";

/** A terminal of its own server, so that nobody's sessions are touched. */
class Terminal implements Disposable {
  readonly #socket = `intune-pfx-${process.pid}-${Math.random().toString(36).slice(2)}`;

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

  type(...keys: string[]): void {
    this.#tmux("send-keys", ...keys);
  }

  async waitFor(text: string | RegExp): Promise<void> {
    const giveUpAtMs = Date.now() + 60_000;
    while (Date.now() < giveUpAtMs && !this.lines(true).some((line) => line.search(text) >= 0)) await sleep(50);
  }

  [Symbol.dispose](): void {
    this.#tmux("kill-server");
  }
}

function quoted(...args: string[]): string {
  return args.map((arg) => `'${arg}'`).join(" ");
}

describe.each([120, 80, 40])("a terminal of %i columns", (columns) => {
  it("shows an import without a wrapped line, and one line of progress", async () => {
    await using gateway = await startGateway({ writeQuota: false, latencyMs: 150 });
    using folder = new TestFolder();
    folder.write("key.pub", keyFile("connector.rsapublicblob"));
    for (let index = 0; index < 120; index += 1) {
      const user = `user${index}.with.a.rather.long.name@contoso.example`;
      folder.write(`pfx/${user}.pfx`, pfxOf(user));
    }
    folder.write(
      "pfx/zoe.with.a.rather.long.name@contoso.example.pfx",
      pfxOf("zoe@contoso.example", { password: "x" }),
    );
    const command = ["import", "pfx", "--key", "key.pub", "--key-name", "K", "--gateway", gateway.url];
    const environment = quoted("env", `HOME=${folder.path}`, "INTUNE_PFX_TOKEN=caller-token");
    using terminal = new Terminal(
      columns,
      folder.path,
      `${environment} ${quoted(process.execPath, commandFile, ...command)}`,
    );

    await terminal.waitFor("Password for");
    terminal.type("secret", "Enter");
    await terminal.waitFor("Use it for all");
    expect(terminal.lines().join("\n")).not.toContain("secret");
    terminal.type("Enter");
    // Zoe's file has another password: it is left out.
    await terminal.waitFor(/Import 120 certificates/);
    terminal.type("y");
    let frames = 0;
    while (!terminal.isEnded) {
      const shown = terminal.lines();
      expect(shown.filter((line) => line.startsWith("Importing")).length).toBeLessThanOrEqual(1);
      frames += 1;
      await sleep(50);
    }

    const lines = terminal.lines();
    expect(frames).toBeGreaterThan(3);
    expect(lines.join(" ")).toMatch(/120 created, 1 failed, in/);
    expect(lines).toEqual(terminal.lines(true));
    expect(gateway.emulator.records).toHaveLength(120);
  });
});
