/** What people type: `npx intune-pfx` of the packed tarballs, with every way to sign in, at a gateway that verifies tokens. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { keyFile } from "../../client/vectors.ts";
import { TestFolder } from "../../support/cli.ts";
import { signInClientId, signInUser } from "../../support/entra-sign-in.ts";
import { pfxOf } from "../../support/many-pfx.ts";
import { startVerifiedGateway, type VerifiedGateway } from "../../support/verified-gateway.ts";
import { quoted, TmuxTerminal } from "./tmux-terminal.ts";

/** As a value, since it is no program of this repository's own dependencies. */
const command = "intune-pfx";
const root = fileURLToPath(new URL("../../..", import.meta.url));
/** An empty project with the two tarballs installed. */
let project: TestFolder;
let here: VerifiedGateway;

beforeAll(() => {
  project = new TestFolder();
  project.write("package.json", '{"name":"consumer","private":true}');
  // What `build:packages` has built a moment ago is packed as it is.
  const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", project.path];
  const workspaces = ["-w", "intune-pfx-client", "-w", "intune-pfx"];
  const packed: { filename: string }[] = JSON.parse(npm([...pack, ...workspaces], root));
  const tarballs = packed.map(({ filename }) => `./${filename}`);
  npm(["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", ...tarballs], project.path);
}, 180_000);
afterAll(() => project[Symbol.dispose]());

beforeEach(async () => {
  here = await startVerifiedGateway("app");
});
afterEach(() => here[Symbol.asyncDispose]());

function npm(args: readonly string[], folder: string): string {
  return execFileSync("npm", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

const path = (): string => [`${project.path}/bin`, dirname(process.execPath), "/usr/bin", "/bin"].join(":");

/** Runs `npx intune-pfx` without a terminal. */
async function npx(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn("npx", ["--no-install", command, ...args], {
    cwd: project.path,
    env: { PATH: path(), HOME: project.path, npm_config_update_notifier: "false", ...here.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [exitCode]: (number | null)[] = await once(child, "close");
  return { exitCode, stdout, stderr };
}

const list = (auth: string) => ["list", "--gateway", here.gateway.url, "--auth", auth, ...here.signInOptions];
const doctor = (auth: string) => ["doctor", "--gateway", here.gateway.url, "--auth", auth, ...here.signInOptions];

function program(name: string, script: string): void {
  const file = project.write(`bin/${name}`, `#!/bin/sh\n${script}\n`);
  execFileSync("chmod", ["755", file]);
}

describe("npx intune-pfx list, as a person", () => {
  it("signs in with the browser that it opens", async () => {
    project.write("browse.mjs", "await fetch(process.argv[2]);");
    program("xdg-open", `exec ${quoted(process.execPath)} ${quoted(`${project.path}/browse.mjs`)} "$1"`);
    const env = ["env", `PATH=${path()}`, `HOME=${project.path}`, `INTUNE_PFX_TEST_AUTHORITY=${here.entra.url.href}`];
    const line = `${quoted(...env, "npx", "--no-install", command, ...list("browser"))} >out.txt; echo $? >code`;
    using terminal = new TmuxTerminal(200, project.path, line);
    await terminal.ended();
    await untilWritten(`${project.path}/code`);

    expect(terminal.lines(true).join("\n")).toContain("No certificate.");
    expect(readFileSync(`${project.path}/code`, "utf8")).toBe("0\n");
    expect(here.entra.grants("authorization_code")).toHaveLength(1);
  });

  it("signs in with a device code", async () => {
    const { exitCode, stderr } = await npx(list("device-code"));
    expect(stderr).toBe(
      "To sign in, open https://microsoft.com/devicelogin and enter the code ABCD1234\nNo certificate.\n",
    );
    expect(exitCode).toBe(0);
    expect(here.entra.grants("urn:ietf:params:oauth:grant-type:device_code")).toHaveLength(1);
  });

  it("signs in with Azure CLI", async () => {
    const token = await here.callers.issue({ preferred_username: signInUser });
    program("az", `echo "$@" >az-arguments; echo '${JSON.stringify({ accessToken: token })}'`);
    const { exitCode, stdout } = await npx(doctor("az"));
    expect(stdout).toMatch(new RegExp(`^ok {4}sign-in {5}${signInUser} by az, token valid for \\d+ min$`, "m"));
    expect(exitCode).toBe(0);
    expect(readFileSync(`${project.path}/az-arguments`, "utf8")).toMatch(/^account get-access-token .*--scope api:/);
  });
});

describe("npx intune-pfx, as an application", () => {
  it.each(["secret", "certificate", "federated token"])("signs in with a %s", async (kind) => {
    const { credentials } = here.entra;
    const credential: Record<string, string> =
      kind === "secret"
        ? { AZURE_CLIENT_SECRET: credentials.clientSecret }
        : kind === "certificate"
          ? { AZURE_CLIENT_CERTIFICATE_PATH: (await credentials.clientCertificate()).path }
          : { AZURE_FEDERATED_TOKEN_FILE: await credentials.federatedTokenFile() };
    const { exitCode, stdout } = await npx(doctor("app"), credential);

    expect(stdout).toMatch(new RegExp(`^ok {4}sign-in {5}application ${signInClientId} by app, token valid`, "m"));
    expect(stdout).toMatch(/^ok {4}read {8}0 certificates$/m);
    expect(exitCode).toBe(0);
    expect(here.entra.grants("client_credentials")).toHaveLength(1);
  });

  it("imports a file, which ends as a record in Intune", async () => {
    const user = "anna@contoso.example";
    project.write("key.pub", keyFile("connector.rsapublicblob"));
    project.write(`${user}.pfx`, pfxOf(user));
    const connector = ["--key", "key.pub", "--key-name", "K", "--gateway", here.gateway.url];
    const env = { AZURE_CLIENT_SECRET: here.entra.credentials.clientSecret, INTUNE_PFX_PASSWORD: "secret" };
    const { exitCode, stderr } = await npx(
      ["import", `${user}.pfx`, ...connector, "--auth", "app", ...here.signInOptions],
      env,
    );

    expect(stderr).toMatch(/^1 created, in/m);
    expect(exitCode).toBe(0);
    expect(here.gateway.emulator.records.map(({ userPrincipalName }) => userPrincipalName)).toEqual([user]);
  });
});

describe("npx intune-pfx list, with a token from elsewhere", () => {
  it("takes it from a file", async () => {
    project.write("token", `${await here.callers.issue()}\n`);
    const { exitCode, stderr } = await npx(["list", "--gateway", here.gateway.url, "--token-file", "token"]);
    expect(stderr).toBe("No certificate.\n");
    expect(exitCode).toBe(0);
  });

  it("takes it from the environment", async () => {
    const env = { INTUNE_PFX_TOKEN: await here.callers.issue() };
    const { exitCode, stderr } = await npx(["list", "--gateway", here.gateway.url], env);
    expect(stderr).toBe("No certificate.\n");
    expect(exitCode).toBe(0);
  });

  it("ends with 4 where the gateway does not believe it", async () => {
    const env = { INTUNE_PFX_TOKEN: await here.callers.forgeWithOtherKey() };
    const { exitCode, stderr } = await npx(["list", "--gateway", here.gateway.url], env);
    expect(stderr).toContain("(UNAUTHENTICATED)");
    expect(exitCode).toBe(4);
  });
});

describe("npx intune-pfx list, with --auth none", () => {
  it("sends no token, and is told to choose a sign-in where the gateway wants one", async () => {
    const { exitCode, stderr } = await npx(list("none"));
    expect(stderr).toContain("The gateway wants a sign-in: choose one with --auth.");
    expect(exitCode).toBe(4);
    expect(here.entra.requests).toEqual([]);
  });
});

async function untilWritten(file: string): Promise<void> {
  for (let waits = 0; waits < 200 && !(existsSync(file) && readFileSync(file, "utf8") !== ""); waits += 1) {
    await sleep(50);
  }
}
