import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserPfxCertificatesDocument as LIST } from "intune-pfx-client/operations";
import { generate } from "selfsigned";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { ConfigError } from "../../src/config/read-env.ts";
import { startGateway } from "../support/gateway.ts";
import { identityAt } from "../support/identity.ts";
import { defaultTenantId, startIdentityProvider } from "../support/identity-provider.ts";

const folder = mkdtempSync(join(tmpdir(), "client-certificate-"));
afterAll(() => rmSync(folder, { recursive: true }));

let written = 0;
function fileWith(content: string | Buffer): string {
  const path = join(folder, `${written++}.pem`);
  writeFileSync(path, content);
  return path;
}

const env = {
  AUTH_MODE: "app",
  AZURE_TENANT_ID: defaultTenantId,
  AZURE_CLIENT_ID: "c11e4700-0000-4000-8000-000000000001",
};

/** The credential that the gateway reads from a file with this content, or the problems. */
function read(content: string | Buffer) {
  try {
    return readConfig({ ...env, AZURE_CLIENT_CERTIFICATE_PATH: fileWith(content) }).identity?.credential;
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const rule = "AZURE_CLIENT_CERTIFICATE_PATH: must name a PEM file with a certificate and its unencrypted private key";

interface Pem {
  cert: string;
  key: string;
}

async function make(options: Parameters<typeof generate>[1] = {}): Promise<Pem> {
  const { cert, private: key } = await generate([{ name: "commonName", value: "gateway" }], options);
  return { cert, key };
}

let rsa: Pem;
let other: Pem;
beforeAll(async () => {
  [rsa, other] = await Promise.all([make(), make()]);
});

const thumbprintOf = (cert: string) => new X509Certificate(cert).fingerprint256.replaceAll(":", "");
const days = (count: number) => new Date(Date.now() + count * 24 * 3_600_000);

describe("AZURE_CLIENT_CERTIFICATE_PATH", () => {
  it.each([
    ["certificate, key", (cert: string, key: string) => cert + key],
    ["key, certificate", (cert: string, key: string) => key + cert],
    ["issuer, certificate, key", (cert: string, key: string, issuer: string) => issuer + cert + key],
    ["key, issuer, certificate", (cert: string, key: string, issuer: string) => key + issuer + cert],
    ["certificate, key, issuer", (cert: string, key: string, issuer: string) => cert + key + issuer],
    ["certificate twice, key twice", (cert: string, key: string) => cert + key + cert + key],
    [
      "with CRLF and text between",
      (cert: string, key: string) => `Bag\n${key}\nBag\n${cert}`.replace(/\r?\n/g, "\r\n"),
    ],
    ["with a byte order mark", (cert: string, key: string) => `\uFEFF${cert}${key}`],
  ])("gets tokens with a file of this order: %s", async (_, fileOf) => {
    await using provider = await startIdentityProvider();
    const { path } = await provider.credentials.clientCertificate(fileOf);
    const credential = readConfig({ ...env, AZURE_CLIENT_CERTIFICATE_PATH: path }).identity?.credential;
    await using gateway = await startGateway({
      config: { authMode: "app", identity: identityAt(provider, credential) },
    });

    const { errors } = await gateway.send(LIST, {}, { authorization: `Bearer ${await provider.callers.issue()}` });

    expect(errors).toBeUndefined();
    expect(provider.token.requests).toMatchObject([{ authentication: "certificate" }]);
  });

  it("may be in UTF-16 with a byte order mark", () => {
    expect(read(Buffer.from(`\uFEFF${rsa.cert}${rsa.key}`, "utf16le"))).toMatchObject({
      thumbprintSha256: thumbprintOf(rsa.cert),
    });
  });

  it("ignores keys without a certificate, and certificates without a key", () => {
    expect(read(other.key + rsa.cert + rsa.key)).toMatchObject({ thumbprintSha256: thumbprintOf(rsa.cert) });
  });

  it("takes the certificate that is valid longest of several for one key", async () => {
    const keyPair = { publicKey: publicOf(rsa.key), privateKey: rsa.key };
    const renewed = await make({ keyPair, notAfterDate: days(700) });
    const expired = await make({ keyPair, notBeforeDate: days(-800), notAfterDate: days(-400) });

    expect(read(expired.cert + rsa.cert + renewed.cert + rsa.key)).toMatchObject({
      thumbprintSha256: thumbprintOf(renewed.cert),
    });
  });

  it("must be RSA, with at least 2048 bits", async () => {
    const [ec, short] = await Promise.all([make({ keyType: "ec" }), make({ keySize: 1024 })]);

    expect(read(ec.cert + ec.key)).toEqual([
      `${rule}: its key is not an RSA key, and Microsoft Entra takes only RSA keys here`,
    ]);
    expect(read(short.cert + short.key)).toEqual([`${rule}: its RSA key is shorter than 2048 bits`]);
  });

  it("is refused with the reason, and without a word of it", () => {
    const encrypted = createPrivateKey(rsa.key).export({
      type: "pkcs8",
      format: "pem",
      cipher: "aes-256-cbc",
      passphrase: "x",
    });
    const traditional = createPrivateKey(rsa.key).export({
      type: "pkcs1",
      format: "pem",
      cipher: "aes-256-cbc",
      passphrase: "x",
    });
    const pfx = readFileSync("test/client/vectors/pfx/o30-default.pfx");
    const { raw } = new X509Certificate(rsa.cert);
    const wrong: [string, string | Buffer][] = [
      ["it is a PKCS #12 file", pfx],
      ["it is a PKCS #12 file", pfx.toString("base64")],
      ["it has neither in PEM form", raw],
      ["it has neither in PEM form", "canary"],
      ["it has no private key", rsa.cert],
      ["it has a public key, but no private key", rsa.cert + publicOf(rsa.key)],
      ["it has no certificate", rsa.key],
      ["its private key is encrypted", rsa.cert + encrypted],
      ["its private key is encrypted", rsa.cert + traditional],
      ["its private key can't be read", rsa.cert + broken(rsa.key)],
      ["its certificate can't be read", broken(rsa.cert) + rsa.key],
      ["no certificate in it belongs to its private key", rsa.cert + other.key],
      ["it has several private keys with a certificate", rsa.cert + rsa.key + other.cert + other.key],
    ];

    for (const [reason, content] of wrong) expect(read(content)).toEqual([`${rule}: ${reason}`]);
  });

  it.each([
    ["has expired", -400, -30],
    ["is not valid yet", 30, 400],
    ["expires soon", -300, 20],
  ])("is used, with a warning at the start, if it %s", async (state, from, to) => {
    await using provider = await startIdentityProvider();
    const { cert, key } = await make({ notBeforeDate: days(from), notAfterDate: days(to) });
    const path = fileWith(cert + key);
    const credential = readConfig({ ...env, AZURE_CLIENT_CERTIFICATE_PATH: path }).identity?.credential;

    await using gateway = await startGateway({
      config: { authMode: "app", identity: identityAt(provider, credential) },
    });

    const warnings = gateway.log.filter(({ level }) => level === 40);
    expect(warnings).toMatchObject([{ msg: `the certificate in AZURE_CLIENT_CERTIFICATE_PATH ${state}` }]);
  });
});

const broken = (pem: string) => pem.replace(/-\r?\n.{8}/, "-\ncanary==");

function publicOf(privateKey: string): string {
  return createPublicKey(privateKey).export({ type: "spki", format: "pem" }).toString();
}
