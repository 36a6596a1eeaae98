import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { answerStatus, dropAnswer, throttle } from "../../../src/emulator/faults.ts";
import { keyFile } from "../../client/vectors.ts";
import { TestFolder } from "../../support/cli.ts";
import { startGateway } from "../../support/gateway.ts";
import { pfxOf } from "../../support/many-pfx.ts";
import { startCli } from "./cli-process.ts";

const files = 300;
const env = { INTUNE_PFX_TOKEN: "caller-token", INTUNE_PFX_PASSWORD: "secret" };
const posts = /userPfxCertificates|\$batch/;

describe("an import of 300 files", () => {
  it("ends with 300 records, each once, although it is killed five times and answers are lost, throttled and refused", async () => {
    await using gateway = await startGateway({
      writeQuota: false,
      latencyMs: 20,
      faults: Array.from({ length: 12 }, (_, index) => {
        const count = { skip: index * 2 };
        const kinds = [
          dropAnswer("POST", posts, count),
          answerStatus("POST", posts, 503, count),
          throttle("POST", posts, 1000, "seconds", count),
        ];
        return kinds[index % kinds.length] ?? dropAnswer("POST", posts, count);
      }),
    });
    using folder = new TestFolder();
    folder.write("key.pub", keyFile("connector.rsapublicblob"));
    for (let index = 0; index < files; index += 1) {
      const user = `user${index}@contoso.example`;
      folder.write(`pfx/${user}.pfx`, pfxOf(user));
    }
    const args = ["import", "pfx", "--key", "key.pub", "--key-name", "K", "--gateway", gateway.url];

    for (let kill = 0; kill < 5; kill += 1) {
      const before = gateway.emulator.records.length;
      const { child, ended } = startCli(args, folder.path, env);
      // Somewhere in the middle of sending, at a moment that no two runs share.
      while (gateway.emulator.records.length < before + 15 && child.exitCode === null) await sleep(5);
      await sleep(Math.random() * 200);
      child.kill("SIGKILL");
      await ended;
    }
    expect(gateway.emulator.records.length).toBeGreaterThan(0);
    expect(gateway.emulator.records.length).toBeLessThan(files);
    const last = await startCli(args, folder.path, env).ended;

    expect(last.stderr).toMatch(/\d+ created, \d+ already in Intune, in /);
    expect(last.exitCode).toBe(0);
    expect(gateway.emulator.records).toHaveLength(files);
    expect(new Set(gateway.emulator.records.map(({ userPrincipalName }) => userPrincipalName)).size).toBe(files);
  });

  it("goes on by itself when the gateway restarts in the middle", async () => {
    await using first = await startGateway({ writeQuota: false, latencyMs: 20 });
    using folder = new TestFolder();
    folder.write("key.pub", keyFile("connector.rsapublicblob"));
    for (let index = 0; index < 100; index += 1) {
      const user = `user${index}@contoso.example`;
      folder.write(`pfx/${user}.pfx`, pfxOf(user));
    }
    const args = ["import", "pfx", "--key", "key.pub", "--key-name", "K", "--gateway", first.url];
    const { ended } = startCli(args, folder.path, env);
    while (first.emulator.records.length < 20) await sleep(5);

    await first.stop();
    await sleep(1500);
    const port = Number(new URL(first.url).port);
    await using second = await startGateway({ config: { port }, through: async () => ({ url: first.emulator.url }) });

    const { exitCode, stderr } = await ended;
    expect(second.url).toBe(first.url);
    expect(stderr).toMatch(/^(100 created|\d+ created, \d+ already in Intune), in/m);
    expect(exitCode).toBe(0);
    expect(first.emulator.records).toHaveLength(100);
  });
});

describe("standard output", () => {
  it("may be closed by whoever reads it, as head does", async () => {
    const seed = Array.from({ length: 2000 }, (_, index) => aRecord(`user${index}@contoso.example`, index));
    await using gateway = await startGateway({ seed });
    using folder = new TestFolder();
    const { child, ended } = startCli(["list", "--gateway", gateway.url], folder.path, env);
    child.stdout?.once("data", () => child.stdout?.destroy());
    const { stderr } = await ended;
    expect(stderr).not.toMatch(/EPIPE|Error|at /);
  });
});

function aRecord(userPrincipalName: string, index: number) {
  return {
    userPrincipalName,
    thumbprint: index.toString(16).padStart(40, "0"),
    intendedPurpose: "smimeEncryption",
    startDateTime: "2026-01-01T00:00:00Z",
    expirationDateTime: "2028-01-01T00:00:00Z",
    providerName: "Microsoft Software Key Storage Provider",
    keyName: "K",
    paddingScheme: "oaepSha512",
    encryptedPfxBlob: "AA==",
    encryptedPfxPassword: "AA==",
  } as const;
}
