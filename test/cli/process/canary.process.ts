/** Passwords, tokens and client secrets as canaries: in no argument list, and in nothing that a run writes. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { answerStatus } from "../../../src/emulator/faults.ts";
import { keyFile } from "../../client/vectors.ts";
import { TestFolder } from "../../support/cli.ts";
import type { GatewayOptions } from "../../support/gateway.ts";
import { pfxOf } from "../../support/many-pfx.ts";
import { startVerifiedGateway } from "../../support/verified-gateway.ts";
import { startCli } from "./cli-process.ts";

const password = "canary-Passw0rd-77";
const posts = /userPfxCertificates|\$batch/;

async function start(options: GatewayOptions = {}) {
  const here = await startVerifiedGateway("app", { writeQuota: false, latencyMs: 100, ...options });
  const folder = new TestFolder();
  folder.write("key.pub", keyFile("connector.rsapublicblob"));
  for (const user of ["anna", "bob"]) {
    folder.write(`pfx/${user}@contoso.example.pfx`, pfxOf(`${user}@contoso.example`, { password }));
  }
  folder.write("password.txt", password);
  const token = await here.callers.issue();
  const { clientSecret } = here.entra.credentials;
  const args = ["import", "pfx", "--key", "key.pub", "--key-name", "K", "--gateway", here.gateway.url];
  return {
    ...here,
    folder,
    token,
    /** Runs an import, and looks at the machine's processes while it runs. */
    async watched(more: readonly string[], env: Record<string, string>) {
      const all = [...args, ...more, "--report", "report.csv"];
      const run = startCli(all, folder.path, { ...here.env, AZURE_CLIENT_SECRET: clientSecret, ...env });
      const watch = new ProcessWatch(run.child.pid ?? 0);
      const watching = watch.until(run.ended);
      const { exitCode, stdout, stderr } = await run.ended;
      await watching;
      const report = readFileSync(`${folder.path}/report.csv`, "utf8");
      return { exitCode, stdout, stderr, report, watch };
    },
    canaries: () => [password, "canary", token, clientSecret, ...here.entra.secrets()],
    async [Symbol.asyncDispose]() {
      await here[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

/** The argument lists of a process and of all that it starts, and the environments of the latter. */
class ProcessWatch {
  readonly argumentLists = new Set<string>();
  readonly environmentsOfOthers = new Set<string>();
  readonly #pid: number;

  constructor(pid: number) {
    this.#pid = pid;
  }

  async until(ended: Promise<unknown>): Promise<void> {
    let isEnded = false;
    void ended.then(() => {
      isEnded = true;
    });
    while (!isEnded) {
      for (const pid of this.#family()) {
        this.argumentLists.add(proc(pid, "cmdline"));
        if (pid !== this.#pid) this.environmentsOfOthers.add(proc(pid, "environ"));
      }
      await sleep(10);
    }
  }

  #family(): number[] {
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    const parents = new Map(
      pids.map((pid) => [Number(pid), Number(/\) \S (\d+)/.exec(proc(Number(pid), "stat"))?.[1])]),
    );
    const isOurs = (pid: number | undefined): boolean =>
      pid !== undefined && pid > 1 && (pid === this.#pid || isOurs(parents.get(pid)));
    return [...parents.keys()].filter(isOurs);
  }
}

/** Empty where the process has gone meanwhile. */
function proc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}

type Watched = Awaited<ReturnType<Awaited<ReturnType<typeof start>>["watched"]>>;

function expectNoCanary({ stdout, stderr, report, watch }: Watched, canaries: readonly string[]): void {
  const texts = { stdout, stderr, report, args: [...watch.argumentLists].join("\n") };
  const found = Object.entries(texts).flatMap(([name, text]) =>
    canaries.filter((canary) => canary.length > 5 && text.includes(canary)).map(() => name),
  );
  expect(found).toEqual([]);
}

// Only Linux shows processes as files.
describe.skipIf(process.platform !== "linux")("a canary", () => {
  it.each([
    ["of the environment", [], { INTUNE_PFX_PASSWORD: password }],
    ["of a file", ["--password-file", "password.txt"], {}],
    ["with --json", ["--json", "--password-file", "password.txt"], {}],
  ])("is nowhere after an import: %s", async (_, more, passwords: Record<string, string>) => {
    await using here = await start();
    const env = { INTUNE_PFX_TOKEN: here.token, ...passwords };
    const run = await here.watched(more, env);

    expect(run.exitCode).toBe(0);
    expect(here.gateway.emulator.records).toHaveLength(2);
    expect([...run.watch.argumentLists].join("\n")).toContain("--key-name");
    expectNoCanary(run, here.canaries());
  });

  it("is nowhere while Azure CLI gets the token, and not in its environment", async () => {
    await using here = await start();
    const folder = here.folder.path;
    here.folder.write("answer.json", JSON.stringify({ accessToken: here.token }));
    here.folder.write("bin/az", `#!/bin/sh\nsleep 0.5\ncat '${folder}/answer.json'\n`);
    execFileSync("chmod", ["755", `${folder}/bin/az`]);
    const env = {
      PATH: `${folder}/bin:/usr/bin:/bin`,
      INTUNE_PFX_PASSWORD: password,
      INTUNE_PFX_ROUTER_SECRET: "canary",
    };
    const run = await here.watched(["--auth", "az", ...here.signInOptions], env);

    expect(run.exitCode).toBe(0);
    expect([...run.watch.argumentLists].join("\n")).toContain("get-access-token");
    const others = [...run.watch.environmentsOfOthers].join("\n");
    expect(others).toContain("PATH=");
    for (const canary of [password, "canary", here.token]) expect(others).not.toContain(canary);
    expectNoCanary(run, here.canaries());
  });

  const wrong = { INTUNE_PFX_PASSWORD: "canary-Wr0ng-88" };
  const right = { INTUNE_PFX_PASSWORD: password };
  const refusing = (status: number) => ({ faults: [answerStatus("POST", posts, status, { times: 99 })] });
  it.each<readonly [string, number, GatewayOptions, Record<string, string>, readonly string[]]>([
    ["a wrong password", 1, {}, wrong, ["--auth", "app"]],
    ["a wrong client secret", 4, {}, { ...right, AZURE_CLIENT_SECRET: "canary-Secr3t-99" }, ["--auth", "app"]],
    ["a token that is refused", 4, {}, { ...right, INTUNE_PFX_TOKEN: "canary.Forged.token" }, []],
    ["a permission that is missing", 4, refusing(403), right, ["--auth", "app"]],
    ["certificates that Graph refuses", 1, refusing(400), right, ["--auth", "app"]],
  ])("is nowhere after %s, in words as with --json", async (_, exitCode, options, env, more) => {
    for (const json of [[], ["--json"]]) {
      await using here = await start(options);
      const run = await here.watched([...more, ...here.signInOptions, ...json], env);
      expect(run.exitCode).toBe(exitCode);
      if (json.length > 0) expect(run.stderr).toBe("");
      expectNoCanary(run, [...here.canaries(), ...Object.values(env)]);
    }
  });
});
