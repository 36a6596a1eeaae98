/** What a person sees, on terminals of three widths: real ones, by tmux. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { keyFile } from "../../client/vectors.ts";
import { TestFolder } from "../../support/cli.ts";
import { startGateway } from "../../support/gateway.ts";
import { pfxOf } from "../../support/many-pfx.ts";
import { commandFile } from "./cli-process.ts";
import { quoted, TmuxTerminal } from "./tmux-terminal.ts";

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
    using terminal = new TmuxTerminal(
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
