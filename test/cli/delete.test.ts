/** `intune-pfx delete`: the command line in front, gateway and emulator behind. */
import { describe, expect, it } from "vitest";
import { answerStatus, dropAnswer } from "../../src/emulator/faults.ts";
import { certificateId } from "../../src/emulator/record.ts";
import type { NewRecord } from "../../src/emulator/server.ts";
import { type CliOptions, TestFolder } from "../support/cli.ts";
import { startGateway, type TestGateway } from "../support/gateway.ts";
import { record } from "../support/records.ts";
import { Terminal } from "../support/terminal.ts";

const env = { INTUNE_PFX_TOKEN: "caller-token" };
const signing = { intendedPurpose: "smimeSigning" } as const;
const unknown = `${"0".repeat(32)}-${"0".repeat(40)}`;
const deletes = /userPfxCertificates/;

const idOf = ({ userPrincipalName, thumbprint }: NewRecord) => certificateId(userPrincipalName, thumbprint);
const left = ({ emulator }: TestGateway) => emulator.records.map(({ userPrincipalName }) => userPrincipalName);

async function remove(gateway: TestGateway, args: readonly string[], options: CliOptions = {}) {
  using folder = new TestFolder();
  return await folder.run(["delete", "--gateway", gateway.url, ...args], { env, ...options });
}

describe("intune-pfx delete", () => {
  it("deletes by id with --yes", async () => {
    const [anna, bob] = [record("anna@contoso.example", 6, signing), record("bob@contoso.example", 6, signing)];
    await using gateway = await startGateway({ seed: [anna, bob, record("carl@contoso.example", 6)] });

    const { exitCode, stdout, stderr } = await remove(gateway, [idOf(anna), idOf(bob), idOf(anna), "--yes"]);

    expect(exitCode).toBe(0);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^2 deleted, in \d+ s\n$/);
    expect(left(gateway)).toEqual(["carl@contoso.example"]);
  });

  it("shows what it would delete, and deletes nothing unless somebody says yes", async () => {
    const anna = record("anna@contoso.example", 6, signing);
    await using gateway = await startGateway({ seed: [anna] });
    const question = "Delete 1 certificate of 1 user? Devices lose it.";
    const [no, yes] = [new Terminal({ replies: [[question, "\r"]] }), new Terminal({ replies: [[question, "y"]] })];

    const declined = await remove(gateway, [idOf(anna)], { io: no.io });
    const before = left(gateway);
    const accepted = await remove(gateway, [idOf(anna)], { io: yes.io });

    expect(declined.exitCode).toBe(0);
    expect(no.stderr).toContain("Nothing was deleted.");
    expect(no.stderr).toMatch(/signing {2,}[0-9a-f]{8}\.{3} {2}valid to \d{4}-\d\d-\d\d {2}anna@contoso\.example/);
    expect(before).toEqual(["anna@contoso.example"]);
    expect(accepted.exitCode).toBe(0);
    expect(no.stdout + yes.stdout).toBe("");
    expect(left(gateway)).toEqual([]);
  });

  it.each([[[]], [["--json"]], [["--no-input"]]])(
    "names --yes where nobody can be asked, before anything is sent: %j",
    async (more) => {
      const anna = record("anna@contoso.example", 6, signing);
      await using gateway = await startGateway({ seed: [anna] });
      const io = more.includes("--no-input") ? new Terminal({ isOutputShown: false }) : undefined;

      const { exitCode, stderr, json } = await remove(gateway, [idOf(anna), ...more], io && { io: io.io });

      expect(exitCode).toBe(64);
      if (more.includes("--json")) expect(json).toMatchObject([{ type: "error", option: "--yes" }]);
      else expect(io?.stderr ?? stderr).toContain("--yes");
      expect(gateway.emulator.requests).toEqual([]);
    },
  );

  it("keeps encryption certificates without --even-encryption, and deletes the others", async () => {
    const [anna, bob] = [record("anna@contoso.example", 6), record("bob@contoso.example", 6, signing)];
    await using gateway = await startGateway({ seed: [anna, bob] });

    const first = await remove(gateway, [idOf(anna), idOf(bob), "--yes"]);
    const kept = left(gateway);
    const second = await remove(gateway, [idOf(anna), "--yes", "--even-encryption"]);

    expect(first.exitCode).toBe(1);
    expect(first.stderr).toContain(`${idOf(anna)} (anna@contoso.example)\n  old mail can't be read without it`);
    expect(first.stderr).toMatch(/^1 deleted, 1 failed, in/m);
    expect(kept).toEqual(["anna@contoso.example"]);
    expect(second.exitCode).toBe(0);
    expect(left(gateway)).toEqual([]);
  });

  it("fails for an id that is not there or is no id, and deletes the others", async () => {
    const bob = record("bob@contoso.example", 6, signing);
    await using gateway = await startGateway({ seed: [bob] });

    const { exitCode, stderr } = await remove(gateway, [unknown, "no id", idOf(bob), "--yes"]);

    expect(exitCode).toBe(1);
    expect(stderr).toContain(`${unknown}\n  there is no certificate with this id`);
    expect(stderr).toMatch(/^no id\n.*\(BAD_USER_INPUT\)$/m);
    expect(stderr).toMatch(/^1 deleted, 2 failed, in/m);
    expect(left(gateway)).toEqual([]);
  });

  it("counts as gone what vanished between look and delete, and as deleted what answers were lost of", async () => {
    const [anna, bob] = [record("anna@contoso.example", 6, signing), record("bob@contoso.example", 6, signing)];
    await using gateway = await startGateway({
      seed: [anna, bob],
      faults: [answerStatus("DELETE", deletes, 404), dropAnswer("DELETE", deletes)],
    });

    const { exitCode, stderr } = await remove(gateway, [idOf(anna), idOf(bob), "--yes"]);

    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/already gone, in/);
  });

  it("stops with 4 where a permission is missing, and says what was not tried", async () => {
    const [anna, bob] = [record("anna@contoso.example", 6, signing), record("bob@contoso.example", 6, signing)];
    await using gateway = await startGateway({
      seed: [anna, bob],
      faults: [answerStatus("DELETE", deletes, 403, { times: 9 })],
    });

    const { exitCode, stderr } = await remove(gateway, [idOf(anna), idOf(bob), "--yes"]);

    expect(exitCode).toBe(4);
    expect(stderr).toContain("(FORBIDDEN)");
    expect(stderr).toMatch(/^2 not tried, in/m);
  });

  it("writes an object for each id with --json, and nothing on standard error", async () => {
    const [anna, bob] = [record("anna@contoso.example", 6, signing), record("bob@contoso.example", 6)];
    await using gateway = await startGateway({ seed: [anna, bob] });

    const { exitCode, json, stderr } = await remove(gateway, [idOf(anna), idOf(bob), unknown, "--yes", "--json"]);

    expect(exitCode).toBe(1);
    expect(stderr).toBe("");
    expect(json).toMatchObject([
      { type: "item", id: idOf(bob), outcome: "failed", code: "ENCRYPTION", user: "bob@contoso.example" },
      { type: "item", id: unknown, outcome: "failed", code: "NOT_FOUND" },
      { type: "item", id: idOf(anna), outcome: "deleted", purpose: "SMIME_SIGNING", thumbprint: anna.thumbprint },
      { type: "end", deleted: 1, gone: 0, failed: 2, notTried: 0 },
    ]);
  });

  it("finishes what is under way at the first Ctrl-C, and ends with 130", async () => {
    const seed = [1, 2, 3, 4].map((each) => record(`u${each}@contoso.example`, 6, signing));
    await using gateway = await startGateway({ seed, latencyMs: 200 });
    const isDeleting = () => gateway.emulator.requests.some(({ method }) => method === "DELETE");

    const { exitCode, stderr } = await remove(gateway, [...seed.map(idOf), "--yes"], {
      onStart: (interrupt) => {
        const timer = setInterval(() => {
          if (!isDeleting()) return;
          clearInterval(timer);
          interrupt();
        }, 5);
      },
    });

    expect(exitCode).toBe(130);
    expect(stderr).toContain("Finishing the one under way (up to 25 s).");
    expect(stderr).toMatch(/^1 deleted, 3 not tried, in/m);
    expect(left(gateway)).toHaveLength(3);
  });

  it("deletes nothing where it is interrupted while it looks", async () => {
    const anna = record("anna@contoso.example", 6, signing);
    await using gateway = await startGateway({ seed: [anna], latencyMs: 50 });
    let interrupt = () => {};

    const { exitCode, stderr } = await remove(gateway, [idOf(anna), "--yes"], {
      onStart: (given) => {
        interrupt = given;
        setTimeout(() => interrupt(), 30);
      },
    });

    expect(exitCode).toBe(130);
    expect(stderr).toBe("Interrupted. Nothing was deleted.\n");
    expect(left(gateway)).toEqual(["anna@contoso.example"]);
  });

  it("ends with 64 without an id", async () => {
    await using gateway = await startGateway();

    const { exitCode, stderr } = await remove(gateway, ["--yes"]);

    expect(exitCode).toBe(64);
    expect(stderr).toBe("delete needs an id: 'intune-pfx list' prints them.\n");
  });
});
