/** `intune-pfx doctor`: one line for each check, and what to do. */
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Server } from "node:net";
import { generate } from "selfsigned";
import { describe, expect, it } from "vitest";
import { answerStatus } from "../../src/emulator/faults.ts";
import { keyFile } from "../client/vectors.ts";
import { type CliOptions, TestFolder } from "../support/cli.ts";
import { startGateway } from "../support/gateway.ts";
import { record } from "../support/records.ts";
import { Terminal } from "../support/terminal.ts";

const env = { INTUNE_PFX_TOKEN: "canary-Zx81-token" };
const connector = ["--key", "key.pub", "--key-name", "PFXEncryptionKey"];

async function doctor(args: readonly string[], options: CliOptions = {}) {
  using folder = new TestFolder();
  folder.write("key.pub", keyFile("connector.rsapublicblob"));
  folder.write("private.pem", keyFile("connector.key"));
  const ended = await folder.run(["doctor", ...args], { env, ...options });
  expect(ended.stdout + ended.stderr).not.toContain("canary-Zx81");
  return ended;
}

async function portOf(server: Server): Promise<number> {
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("intune-pfx doctor", () => {
  it("checks nine things, and ends with 0 where all is well", async () => {
    await using gateway = await startGateway({
      seed: [record("a@contoso.example", 6), record("b@contoso.example", 6)],
    });

    const { exitCode, stdout, stderr } = await doctor(["--gateway", gateway.url, ...connector]);

    expect(exitCode).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    // The key's whole fingerprint has a line of its own.
    const [fingerprint] = lines.splice(7, 1);
    expect(lines).toHaveLength(9);
    expect(lines[0]).toMatch(new RegExp(`^ok {4}gateway {5}${gateway.url}, \\d+ ms$`));
    expect(lines[1]).toBe("ok    TLS         not used: the gateway is on this machine");
    expect(lines[2]).toBe("ok    proxy       not used: the gateway is on this machine");
    expect(lines[3]).toBe("ok    sign-in     by token");
    expect(lines[4]).toBe("ok    read        2 certificates");
    expect(lines[5]).toBe("?     write       not tested: only an import can tell");
    expect(lines[6]).toMatch(/^ok {4}key {9}RSA 2048, SHA-256 [0-9a-f]{8} [0-9a-f]{8} \.\.\. [0-9a-f]{8}$/);
    expect(fingerprint).toMatch(/^ {6}([0-9a-f]{8} ){7}[0-9a-f]{8}$/);
    expect(lines[7]).toBe('ok    key name    2 of 2 certificates in this tenant name "PFXEncryptionKey"');
    expect(lines[8]).toMatch(/^ok {4}clock {7}\d\.\d s (behind|ahead of) the gateway$/);
    expect(stderr).toBe("None of 9 failed.\n");
    expect(gateway.emulator.ledger).toEqual([]);
  });

  it("fails where the tenant's certificates all name another key, in lines that fit the window", async () => {
    await using gateway = await startGateway({
      seed: [
        record("a@contoso.example", 6),
        record("b@contoso.example", 6, { keyName: "Old" }),
        record("c@contoso.example", 6),
      ],
    });
    const terminal = new Terminal();

    const { exitCode } = await doctor(["--gateway", gateway.url, "--key", "key.pub", "--key-name", "PFXEncryptKey"], {
      io: terminal.io,
    });

    expect(exitCode).toBe(1);
    expect(terminal.stdout).toContain(
      [
        'FAIL  key name    "PFXEncryptKey" is in no certificate of this tenant; 2 of 3',
        '                  name "PFXEncryptionKey". Devices can\'t open files that are',
        "                  sent under a wrong name: check --key-name. If the connector",
        "                  has a new key, 'import --replace' sends the files again.",
        "                  (KEY_NAME_NEW)",
        "",
      ].join("\n"),
    );
    expect(Math.max(...terminal.stdout.split("\n").map((line) => line.length))).toBeLessThan(80);
    expect(terminal.stderr).toBe("1 of 9 failed.\n");
  });

  it("has nothing to compare a key name with in an empty tenant, and none to compare without one", async () => {
    await using gateway = await startGateway();
    const empty = await doctor(["--gateway", gateway.url, ...connector]);
    gateway.emulator.put(record("a@contoso.example", 6));
    const without = await doctor(["--gateway", gateway.url]);

    expect(empty.exitCode).toBe(0);
    expect(empty.stdout).toContain(
      '?     key name    "PFXEncryptionKey": no certificate of this tenant names a key yet\n',
    );
    expect(without.exitCode).toBe(0);
    expect(without.stdout).toContain("?     key         none is set (--key): import and encrypt need one\n");
    expect(without.stdout).toContain(
      '?     key name    none is set (--key-name); this tenant\'s certificates name "PFXEncryptionKey"\n',
    );
  });

  it("fails where nothing answers, at once, and still checks what it can", async () => {
    await using gateway = await startGateway();
    await gateway.stop();

    const { exitCode, stdout, stderr, waitedMs } = await doctor(["--gateway", gateway.url, ...connector]);

    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^FAIL {2}gateway {5}.*Nothing answers at 127\.0\.0\.1:\d+\. Does the gateway run\?$/m);
    expect(stdout).toContain("?     sign-in     not tested: the gateway can't be reached\n");
    expect(stdout).toMatch(/^ok {4}key {9}RSA 2048/m);
    expect(stdout).toMatch(/^\? {5}clock/m);
    expect(stderr).toBe("1 of 9 failed.\n");
    expect(waitedMs).toBe(0);
  });

  it.each([
    [200, "<html>", {}, "is no gateway (status 200)"],
    [404, "{}", {}, "is no gateway (status 404). A gateway's address usually ends in /graphql."],
    [404, '{"errors":[{"message":"Not here."}]}', {}, "is no gateway (status 404)"],
    [302, "", { location: "https://login.example/" }, "answers with a redirect, which is not followed."],
  ] as const)("fails where something else answers: %i %s", async (status, body, headers, problem) => {
    const server = createServer((_, response) => response.writeHead(status, headers).end(body)).listen(0, "127.0.0.1");
    const port = await portOf(server);
    try {
      const { exitCode, stdout } = await doctor(["--gateway", `http://127.0.0.1:${port}/graphql`]);

      expect(exitCode).toBe(1);
      expect(stdout).toMatch(/^FAIL {2}gateway/);
      expect(stdout).toContain(problem);
    } finally {
      server.close();
    }
  });

  it("says that a certificate is not trusted, under TLS", async () => {
    const { private: key, cert } = await generate([{ name: "commonName", value: "localhost" }]);
    const server = createTlsServer({ key, cert }, (_, response) => response.end("{}")).listen(0, "127.0.0.1");
    const port = await portOf(server);
    try {
      const { exitCode, stdout } = await doctor(["--gateway", `https://127.0.0.1:${port}/graphql`]);

      expect(exitCode).toBe(1);
      expect(stdout).toMatch(/^FAIL {2}TLS {9}.*does not trust.*NODE_EXTRA_CA_CERTS/m);
    } finally {
      server.close();
    }
  });

  it("shows the proxy without its password, and whether NO_PROXY names the gateway", async () => {
    const gateway = ["--gateway", "https://pfx.contoso.invalid/graphql"];
    const proxy = { ...env, HTTPS_PROXY: "http://kim:canary-Zx81@127.0.0.1:9" };

    const used = await doctor(gateway, { env: proxy });
    const excepted = await doctor(gateway, { env: { ...proxy, NO_PROXY: "x.example,.contoso.invalid" } });

    expect(used.stdout).toContain("ok    proxy       http://127.0.0.1:9 (HTTPS_PROXY)\n");
    expect(excepted.stdout).toContain("ok    proxy       none for pfx.contoso.invalid (NO_PROXY)\n");
    expect(excepted.stdout).toMatch(/^FAIL {2}gateway {5}.*pfx\.contoso\.invalid can't be found \(DNS\)/m);
    expect(excepted.stdout).toContain("?     TLS         not tested: there is no connection\n");
  });

  it("tells a refused sign-in from a missing permission", async () => {
    await using refusing = await startGateway({ faults: [answerStatus("GET", /userPfx/, 401, { times: 9 })] });
    await using forbidding = await startGateway({ faults: [answerStatus("GET", /userPfx/, 403, { times: 9 })] });

    const refused = await doctor(["--gateway", refusing.url, ...connector]);
    const forbidden = await doctor(["--gateway", forbidding.url, ...connector]);
    const none = await doctor(["--gateway", refusing.url, ...connector], { env: {} });

    expect(refused.exitCode).toBe(1);
    expect(refused.stdout).toMatch(/^FAIL {2}sign-in {5}the gateway does not accept it: .*\(UNAUTHENTICATED\)$/m);
    expect(refused.stdout).toContain("?     read        not tested: nobody is signed in\n");
    expect(forbidden.exitCode).toBe(1);
    expect(forbidden.stdout).toContain("ok    sign-in     by token\n");
    expect(forbidden.stdout).toMatch(/^FAIL {2}read {8}.*\(FORBIDDEN\)$/m);
    expect(forbidden.stdout).toMatch(/^\? {5}key name {4}"PFXEncryptionKey", not compared/m);
    expect(none.stdout).toContain("choose one with --auth");
  });

  it("says which settings the sign-in lacks, and checks the rest", async () => {
    await using gateway = await startGateway();

    const { exitCode, stdout } = await doctor(["--gateway", gateway.url, "--auth", "device-code", ...connector]);

    expect(exitCode).toBe(1);
    expect(stdout).toContain("FAIL  sign-in     3 settings are missing. (--tenant, --client-id, --scope)\n");
    expect(stdout).toMatch(/^ok {4}key {9}/m);
  });

  it("fails for a private key, and for a clock that is far off", async () => {
    await using gateway = await startGateway();
    const ahead = { io: { now: () => new Date(Date.now() + 600_000) } };

    const { exitCode, stdout } = await doctor(["--gateway", gateway.url, "--key", "private.pem"], ahead);

    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^FAIL {2}key {9}.*this is a private key.*\(KEY_IS_PRIVATE\)$/m);
    expect(stdout).not.toContain("PRIVATE KEY-----");
    expect(stdout).toMatch(/^FAIL {2}clock {7}(10 min|9 min \d+ s|10 min \d s) ahead of the gateway\. /m);
  });

  it("shows a key's fingerprint where there is no gateway", async () => {
    const { exitCode, stdout } = await doctor(["--key", "key.pub"]);
    const { exitCode: failing } = await doctor(["--key", "none.pub"]);
    const neither = await doctor([]);

    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ok {4}key {9}RSA 2048, SHA-256 .*\n {6}[0-9a-f ]{71}\n$/);
    expect(failing).toBe(1);
    expect(neither.exitCode).toBe(64);
    expect(neither.stderr).toContain("--gateway URL");
  });

  it("writes an object for each check with --json, and nothing on standard error", async () => {
    await using gateway = await startGateway({ seed: [record("a@contoso.example", 6)] });

    const { json, stderr } = await doctor(["--gateway", gateway.url, ...connector, "--json"]);

    expect(stderr).toBe("");
    expect(json.map(({ type, name, state }) => [type, name, state])).toEqual([
      ["check", "gateway", "ok"],
      ["check", "TLS", "ok"],
      ["check", "proxy", "ok"],
      ["check", "sign-in", "ok"],
      ["check", "read", "ok"],
      ["check", "write", "unknown"],
      ["check", "key", "ok"],
      ["check", "key name", "ok"],
      ["check", "clock", "ok"],
      ["end", undefined, undefined],
    ]);
    expect(json[6]).toMatchObject({ bits: 2048, fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(json[9]).toMatchObject({ checks: 9, failed: 0 });
  });
});
