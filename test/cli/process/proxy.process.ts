/** The way through a company's proxy: a gateway that only the proxy can find, behind TLS of the company's own authority. */
import { describe, expect, it } from "vitest";
import { keyFile } from "../../client/vectors.ts";
import { TestFolder } from "../../support/cli.ts";
import { type ProxyFault, startConnectProxy } from "../../support/connect-proxy.ts";
import { startGateway } from "../../support/gateway.ts";
import { pfxOf } from "../../support/many-pfx.ts";
import { startTlsFront } from "../../support/tls-front.ts";
import { startCli } from "./cli-process.ts";

const hostname = "pfx.contoso.example";
const gatewayUrl = `https://${hostname}/graphql`;
const connector = ["--key", "key.pub", "--key-name", "K"];
const users = ["anna@contoso.example", "bob@contoso.example"];
const canary = "canary-Proxy9";

async function start() {
  const gateway = await startGateway();
  const front = await startTlsFront(hostname, new URL(gateway.url));
  const ports = { [`${hostname}:443`]: front.port };
  const proxy = await startConnectProxy(ports, { user: "kim", password: canary });
  const folder = new TestFolder();
  folder.write("ca.pem", front.authority);
  folder.write("key.pub", keyFile("connector.rsapublicblob"));
  for (const user of users) folder.write(`pfx/${user}.pfx`, pfxOf(user));
  const env = {
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: `${folder.path}/ca.pem`,
    INTUNE_PFX_TOKEN: "caller-token",
    INTUNE_PFX_PASSWORD: "secret",
  };
  return {
    gateway,
    proxy,
    folder,
    env,
    async [Symbol.asyncDispose]() {
      for (const each of [proxy, front, gateway]) await each[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

describe("an import through a proxy", () => {
  it("reaches the gateway with the proxy's user and password, and the company's authority", async () => {
    await using here = await start();
    const args = ["import", "pfx", ...connector, "--gateway", gatewayUrl];
    const { exitCode, stdout, stderr } = await startCli(args, here.folder.path, here.env).ended;

    expect(stderr).toMatch(/^2 created, in/m);
    expect(exitCode).toBe(0);
    expect(here.gateway.emulator.records.map(({ userPrincipalName }) => userPrincipalName).sort()).toEqual(users);
    expect(new Set(here.proxy.targets)).toEqual(new Set([`${hostname}:443`]));
    expect(stdout + stderr).not.toContain(canary);
  });

  it("trusts no authority that nobody named, whoever brings it", async () => {
    await using here = await start();
    const { NODE_EXTRA_CA_CERTS: _, ...env } = here.env;
    const { exitCode, stdout } = await startCli(["doctor", "--gateway", gatewayUrl], here.folder.path, env).ended;

    expect(stdout).toMatch(/^FAIL {2}gateway .*shows a certificate that Node\.js .* does not trust/m);
    expect(exitCode).toBe(1);
  });

  it("takes a proxy's address without http://", async () => {
    await using here = await start();
    const env = { ...here.env, HTTPS_PROXY: here.proxy.url.replace("http://", "") };
    const { exitCode, stderr } = await startCli(["list", "--gateway", gatewayUrl], here.folder.path, env).ended;

    expect(stderr).toBe("No certificate.\n");
    expect(exitCode).toBe(0);
  });
});

describe("no proxy", () => {
  it("is used for what NO_PROXY names", async () => {
    await using here = await start();
    const env = { ...here.env, NO_PROXY: "elsewhere.example,.contoso.example" };
    const { exitCode, stdout } = await startCli(["doctor", "--gateway", gatewayUrl], here.folder.path, env).ended;

    expect(stdout).toMatch(/^FAIL {2}gateway .*pfx\.contoso\.example can't be found \(DNS\)/m);
    expect(exitCode).toBe(1);
    expect(here.proxy.targets).toEqual([]);
  });

  it("is used for this machine", async () => {
    await using here = await start();
    const env = { ...here.env, HTTP_PROXY: here.proxy.url };
    const args = ["import", "pfx", ...connector, "--gateway", here.gateway.url];
    const { exitCode } = await startCli(args, here.folder.path, env).ended;

    expect(exitCode).toBe(0);
    expect(here.gateway.emulator.records).toHaveLength(2);
    expect([...here.proxy.targets, ...here.proxy.others]).toEqual([]);
  });
});

type Told = readonly [name: string, fault: ProxyFault, says: (proxy: string) => string];

describe("a proxy that fails", () => {
  it.each<readonly [...Told, code: string]>([
    [
      "that wants another password",
      { status: 407 },
      (proxy) => `The proxy ${proxy} wants a user name and a password: put them into HTTPS_PROXY.`,
      "PROXY_AUTHENTICATION",
    ],
    [
      "that forbids the address",
      { status: 403 },
      (proxy) =>
        `The proxy ${proxy} refuses connections to ${hostname}: it answers 403. Should NO_PROXY name ${hostname}?`,
      "PROXY_REFUSED",
    ],
  ])("ends an import before anything is sent, and is named: one %s", async (_, fault, says, code) => {
    await using here = await start();
    here.proxy.fault = fault;
    const args = ["import", "pfx", "--json", ...connector, "--gateway", gatewayUrl];
    const { exitCode, stdout, stderr } = await startCli(args, here.folder.path, here.env).ended;

    const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect(last).toMatchObject({ type: "error", code, message: says(`http://${here.proxy.host}`) });
    expect(last).not.toHaveProperty("option");
    expect(exitCode).toBe(64);
    expect(stdout + stderr).not.toContain(canary);
  });

  const mayMend: readonly Told[] = [
    [
      "that can't reach the gateway",
      { status: 502 },
      (proxy) => `The proxy ${proxy} can't reach ${hostname}: it answers 502.`,
    ],
    [
      "that hangs up",
      { cut: "before the answer" },
      (proxy) => `The proxy ${proxy} closed the connection before it answered.`,
    ],
    [
      "that hangs up after its answer",
      { cut: "after the answer" },
      (proxy) => `The connection to ${hostname} through the proxy ${proxy} ended before an answer came.`,
    ],
    ["that never answers", { isSilent: true }, (proxy) => `The proxy ${proxy} did not answer within 15 s.`],
  ];

  it.each(mayMend)("is named as the reason to try again: one %s", async (_, fault, says) => {
    await using here = await start();
    here.proxy.fault = fault;
    const sinceMs = Date.now();
    const { child, ended } = startCli(
      ["import", "pfx", ...connector, "--gateway", gatewayUrl],
      here.folder.path,
      here.env,
    );
    const said = await textOf(child, "Trying again.");
    const tookMs = Date.now() - sinceMs;
    here.proxy.fault = undefined;
    const { exitCode, stderr } = await ended;

    expect(said).toContain(`${says(`http://${here.proxy.host}`)} Trying again.\n`);
    expect(tookMs).toBeLessThan(25_000);
    // When the proxy is well again the import goes on by itself.
    expect(stderr).toMatch(/^2 created, in/m);
    expect(exitCode).toBe(0);
  });

  it("is named where nothing listens at its address", async () => {
    await using here = await start();
    const dead = await startConnectProxy({});
    await dead[Symbol.asyncDispose]();
    const env = { ...here.env, HTTPS_PROXY: dead.url };
    const { exitCode, stdout } = await startCli(["doctor", "--gateway", gatewayUrl], here.folder.path, env).ended;

    expect(stdout).toContain(`Nothing answers at the proxy ${dead.url}. Is HTTPS_PROXY right?`);
    expect(exitCode).toBe(1);
  });

  it("can't be used where its variable holds no address; the variable is named and not its value", async () => {
    await using here = await start();
    const env = { ...here.env, HTTPS_PROXY: `http://kim:${canary}@:80:80` };
    const { exitCode, stdout, stderr } = await startCli(["list", "--gateway", gatewayUrl], here.folder.path, env).ended;

    expect(stderr).toBe("HTTPS_PROXY must be an address such as http://proxy.contoso.com:8080.\n");
    expect(stdout).toBe("");
    expect(exitCode).toBe(64);
  });
});

/** What standard error has so far, once `text` is in it. */
function textOf({ stderr }: ReturnType<typeof startCli>["child"], text: string): Promise<string> {
  let all = "";
  return new Promise((resolve) => {
    stderr?.on("data", (chunk: string) => {
      all += chunk;
      if (all.includes(text)) resolve(all);
    });
    stderr?.on("end", () => resolve(all));
  });
}
