import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { readPublicKey } from "intune-pfx-client";
import { describe, expect, it } from "vitest";
import { keyFile, publicKeyFiles } from "./vectors.ts";

const fingerprints = {
  connector: createPublicKey(Buffer.from(keyFile("connector.spki.pem"))),
  connector3072: createPublicKey(Buffer.from(keyFile("connector3072.spki.pem"))),
};

async function fingerprintOf(pair: keyof typeof fingerprints): Promise<string> {
  const der = fingerprints[pair].export({ type: "spki", format: "der" });
  return Buffer.from(await crypto.subtle.digest("SHA-256", new Uint8Array(der))).toString("hex");
}

describe("readPublicKey", () => {
  it.each(publicKeyFiles("connector"))("reads %s", async (name) => {
    const key = await readPublicKey(keyFile(name));
    expect(key.bits).toBe(2048);
    expect(key.fingerprint).toBe(await fingerprintOf("connector"));
  });

  it.each(publicKeyFiles("connector3072"))("reads %s", async (name) => {
    const key = await readPublicKey(keyFile(name));
    expect(key.bits).toBe(3072);
    expect(key.fingerprint).toBe(await fingerprintOf("connector3072"));
  });

  const text = (name: string) => new TextDecoder().decode(keyFile(name));
  it.each([
    ["PEM text", text("connector.spki.pem")],
    ["a JWK as text", text("connector.jwk.json")],
    ["a JWK", JSON.parse(text("connector.jwk.json"))],
    ["XML text", text("connector.xml")],
    ["base64 of a blob", text("connector.blob.b64")],
    [
      "base64 of DER in lines",
      Buffer.from(keyFile("connector.spki.der"))
        .toString("base64")
        .replace(/(.{64})/g, "$1\r\n"),
    ],
    ["base64 of a certificate", Buffer.from(keyFile("connector.cert.der")).toString("base64")],
    ["PEM text with remarks before it", `Bag Attributes\n  friendlyName: connector\n${text("connector.cert.pem")}`],
    ["an ArrayBuffer", keyFile("connector.spki.der").buffer],
  ])("reads %s", async (_, source) => {
    const { fingerprint } = await readPublicKey(source);
    expect(fingerprint).toBe(await fingerprintOf("connector"));
  });

  it("takes what it has returned, and the DER of it", async () => {
    const key = await readPublicKey(keyFile("connector.rsapublicblob"));
    expect(await readPublicKey(key)).toBe(key);
    expect((await readPublicKey(key.der)).fingerprint).toBe(key.fingerprint);
  });

  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const privateKeys: [string, string | Uint8Array | object][] = [
    ["connector.key", keyFile("connector.key")],
    ["a PKCS #1 key as PEM", rsa.privateKey.export({ type: "pkcs1", format: "pem" })],
    ["a PKCS #1 key as DER", rsa.privateKey.export({ type: "pkcs1", format: "der" })],
    ["a PKCS #8 key as DER", rsa.privateKey.export({ type: "pkcs8", format: "der" })],
    [
      "an encrypted key as PEM",
      rsa.privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" }),
    ],
    [
      "an encrypted key as DER",
      rsa.privateKey.export({ type: "pkcs8", format: "der", cipher: "aes-256-cbc", passphrase: "x" }),
    ],
    ["a private JWK", rsa.privateKey.export({ format: "jwk" })],
    ["a private JWK as text", JSON.stringify(rsa.privateKey.export({ format: "jwk" }))],
    ["an elliptic-curve key as DER", ec.privateKey.export({ type: "sec1", format: "der" })],
    ["an elliptic-curve key as PEM", ec.privateKey.export({ type: "sec1", format: "pem" })],
    ["CNG's private blob", Buffer.from("RSA2".padEnd(300, "\0"), "latin1")],
    ["CNG's full private blob", Buffer.from("RSA3".padEnd(300, "\0"), "latin1")],
    ["CNG's private elliptic-curve blob", Buffer.from("ECK2".padEnd(104, "\0"), "latin1")],
    [
      "CAPI's private blob",
      Buffer.concat([Buffer.from([7, 2, 0, 0, 0, 0xa4, 0, 0]), Buffer.from("RSA2".padEnd(300, "\0"), "latin1")]),
    ],
    [
      "XML with the private numbers",
      "<RSAKeyValue><Modulus>mq2j</Modulus><Exponent>AQAB</Exponent><D>mq2j</D></RSAKeyValue>",
    ],
    ["a certificate followed by its key", `${text("connector.cert.pem")}${text("connector.key")}`],
  ];
  it.each(privateKeys)("refuses %s as private", async (_, source) => {
    await expect(readPublicKey(source)).rejects.toMatchObject({
      name: "PfxError",
      code: "KEY_IS_PRIVATE",
      message: "this is a private key; never give it away: export the public key",
    });
  });

  it("refuses a whole PFX file as private", async () => {
    const { pfxFile } = await import("./vectors.ts");
    await expect(readPublicKey(pfxFile("o30-default.pfx"))).rejects.toMatchObject({ code: "KEY_IS_PRIVATE" });
  });

  it.each([
    ["ec.spki.pem", keyFile("ec.spki.pem")],
    ["an elliptic-curve JWK", ec.publicKey.export({ format: "jwk" })],
    ["CNG's elliptic-curve blob", Buffer.from("ECK1".padEnd(72, "\0"), "latin1")],
    ["an Ed25519 key", generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "der" })],
  ])("refuses %s, which is no RSA key", async (_, source) => {
    await expect(readPublicKey(source)).rejects.toMatchObject({
      code: "KEY_NOT_RSA",
      message: "the connector's key must be an RSA key",
    });
  });

  it("refuses a key of 1,024 bits", async () => {
    await expect(readPublicKey(keyFile("weak1024.spki.pem"))).rejects.toMatchObject({
      code: "KEY_TOO_SMALL",
      message: "the connector's key has 1024 bits; 2048 are needed",
      details: { bits: 1024 },
    });
  });

  const jwk = JSON.parse(text("connector.jwk.json"));
  it.each([
    ["nothing", new Uint8Array(0)],
    ["empty text", ""],
    ["prose", "PFXEncryptionKey"],
    ["JSON that is no key", "{}"],
    ["broken JSON", '{"kty":"RSA","n":'],
    ["JSON that is null", "null"],
    ["half a blob", keyFile("connector.rsapublicblob").subarray(0, 200)],
    ["half a CAPI blob", keyFile("connector.msblob").subarray(0, 200)],
    ["half a DER key", keyFile("connector.spki.der").subarray(0, 200)],
    ["PEM whose base64 is cut", text("connector.spki.pem").replace(/.{5}\n-----END/, "\n-----END")],
    ["PEM without an end", text("connector.spki.pem").split("-----END")[0] ?? ""],
    ["XML without a modulus", "<RSAKeyValue><Exponent>AQAB</Exponent></RSAKeyValue>"],
    ["an exponent of 1, which would encrypt nothing", { ...jwk, e: "AQ" }],
    ["an even exponent", { ...jwk, e: "AQAC" }],
    ["an even modulus", { ...jwk, n: `${jwk.n.slice(0, -2)}A` }],
    ["a modulus of 16,384 bits", { ...jwk, n: Buffer.alloc(2048, 0xff).toString("base64url") }],
    ["a million nested sequences", Buffer.alloc(2_000_000, Buffer.from([0x30, 0x80]))],
  ])("refuses %s", async (_, source) => {
    await expect(readPublicKey(source)).rejects.toMatchObject({
      code: "KEY_UNREADABLE",
      message: "this is no public key in a known form",
    });
  });
});
