import { generateKeyPairSync } from "node:crypto";
import * as asn1js from "asn1js";
import { inspectPfx, prepareUserPfxCertificate } from "intune-pfx-client";
import { describe, expect, it, vi } from "vitest";
import { aCertificate, aPfx, aPfxOf, pkcs8Of } from "../support/pfx.ts";
import { prepareMutatedContents, prepareMutatedFiles } from "./mutations.ts";
import { keyFile, pfxFile } from "./vectors.ts";

const options = { publicKey: keyFile("connector.spki.pem"), keyName: "K", maxIterations: 300_000 };

/** DER of a sequence that holds `count` levels of another. */
function nested(count: number): Uint8Array {
  return Buffer.concat([Buffer.alloc(count * 2, Buffer.from([0x30, 0x80])), Buffer.alloc(count * 2)]);
}

describe("a file that is made to harm", () => {
  it.each<[string, Uint8Array, string]>([
    ["2^31 rounds of key derivation", pfxFile("b-mac-iter-231.pfx"), "TOO_EXPENSIVE"],
    ["rounds that are too many only together", pfxFile("ct38-default.pfx"), "TOO_EXPENSIVE"],
    ["a million nested sequences", nested(1_000_000), "NOT_A_PFX"],
    ["a million nested sequences under its integrity check", aPfxOf(nested(1_000_000)), "DAMAGED"],
    ["a length of 4 GB", Buffer.from("3084ffffffff020103", "hex"), "NOT_A_PFX"],
    ["a time that is none", Buffer.from("3009020103180461626364", "hex"), "NOT_A_PFX"],
    ["a length of 2^64", Buffer.from("3088ffffffffffffffff020103", "hex"), "NOT_A_PFX"],
    [
      "a hundred thousand bags",
      aPfxOf(
        new Uint8Array(
          new asn1js.Sequence({ value: Array.from({ length: 100_000 }, () => new asn1js.Null()) }).toBER(),
        ),
      ),
      "DAMAGED",
    ],
    [
      "an object identifier of 8 MiB",
      Buffer.concat([Buffer.from("30840080000006840079fffa", "hex"), Buffer.alloc(0x79fffa, 0x41)]),
      "NOT_A_PFX",
    ],
    ["8 MiB of zeros", new Uint8Array(8 * 1024 * 1024), "NOT_A_PFX"],
    ["8 MiB of sequences", Buffer.alloc(8 * 1024 * 1024, 0x30), "NOT_A_PFX"],
  ])(
    "with %s is refused at once",
    async (_, file, code) => {
      await expect(inspectPfx(file, "secret", { maxIterations: 300_000 })).rejects.toMatchObject({
        name: "PfxError",
        code,
      });
    },
    5000,
  );

  it("with 2^63 rounds is refused before any of them is done", async () => {
    const iterations = new asn1js.Integer({ isHexOnly: true, valueHex: Buffer.from("7fffffffffffffff", "hex") });
    const { result } = asn1js.fromBER(pfxFile("o30-3des-sha1.pfx"));
    if (!(result instanceof asn1js.Sequence)) throw new Error("no sequence");
    const mac = result.valueBlock.value[2];
    if (!(mac instanceof asn1js.Sequence)) throw new Error("no MAC");
    mac.valueBlock.value[2] = iterations;
    await expect(inspectPfx(new Uint8Array(result.toBER()), "Passw0rd!")).rejects.toMatchObject({
      code: "TOO_EXPENSIVE",
      message: "this file asks for Infinity rounds of key derivation; at most 10000000 are done",
    });
  });

  /** The MAC's elements: digest, salt, rounds. */
  function withMac(file: string, change: (mac: asn1js.BaseBlock[]) => void): Uint8Array {
    const { result } = asn1js.fromBER(pfxFile(file));
    if (!(result instanceof asn1js.Sequence)) throw new Error("no sequence");
    const mac = result.valueBlock.value[2];
    if (!(mac instanceof asn1js.Sequence)) throw new Error("no MAC");
    change(mac.valueBlock.value);
    return new Uint8Array(result.toBER());
  }

  it("with a salt of kilobytes is refused", async () => {
    const file = withMac("o30-3des-sha1.pfx", (mac) => {
      mac[1] = new asn1js.OctetString({ valueHex: new Uint8Array(1025) });
    });
    await expect(inspectPfx(file, "Passw0rd!")).rejects.toMatchObject({ code: "NOT_A_PFX" });
  });

  it("with a key for its MAC that costs all rounds many times over is refused", async () => {
    const hex = Buffer.from(pfxFile("o35-pbmac1-sha256.pfx")).toString("hex");
    // The length of PBMAC1's key stands behind its rounds: 2,048 rounds and 32 bytes become as many and 129.
    const found = hex.indexOf("02020800020120");
    expect(found).toBeGreaterThan(0);
    const file = withMac("o35-pbmac1-sha256.pfx", ([digestInfo]) => {
      const replace = (block: asn1js.BaseBlock | undefined): void => {
        if (!(block instanceof asn1js.Sequence)) return;
        const { value } = block.valueBlock;
        const last = value[2];
        if (value[1] instanceof asn1js.Integer && last instanceof asn1js.Integer)
          value[2] = new asn1js.Integer({ value: 129 });
        for (const inner of value) replace(inner);
      };
      replace(digestInfo);
    });
    await expect(inspectPfx(file, "Passw0rd!")).rejects.toMatchObject({ code: "NOT_A_PFX" });
  });

  it("with names of kilobytes is shown without them", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const certificate = aCertificate({ publicKey, commonName: "x".repeat(100_000) });
    const pfx = aPfx({
      keys: [{ der: pkcs8Of(privateKey) }],
      certificates: [{ der: certificate, friendlyName: "y".repeat(100_000) }],
    });
    const { certificates } = await inspectPfx(pfx, "secret");
    expect(certificates[0]?.friendlyName).toBeNull();
    expect(certificates[0]?.subject.length).toBeLessThan(10_000);
  });

  it("with many keys and certificates asks for a proof of each pair only", async () => {
    const pairs = Array.from({ length: 20 }, () => generateKeyPairSync("ec", { namedCurve: "P-256" }));
    const pfx = aPfx({
      keys: pairs.map(({ privateKey }) => ({ der: pkcs8Of(privateKey) })),
      certificates: pairs.map(({ publicKey }, index) => ({
        der: aCertificate({ publicKey, commonName: `User ${index}` }),
      })),
    });
    const importKey = vi.spyOn(crypto.subtle, "importKey");
    const { certificates } = await inspectPfx(pfx, "secret");
    const { length: imports } = importKey.mock.calls;
    importKey.mockRestore();
    expect(certificates.filter(({ hasPrivateKey }) => hasPrivateKey)).toHaveLength(20);
    expect(imports).toBeLessThanOrEqual(2 * 20);
  });

  it("with names full of control characters shows none of them", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const names = ["a\u001b[31m@contoso.example", "b\u202e@contoso.example"];
    const certificate = aCertificate({ publicKey, rfc822Names: names, extendedKeyUsages: ["1.3.6.1.5.5.7.3.4"] });
    const pfx = aPfx({ keys: [{ der: pkcs8Of(privateKey) }], certificates: [{ der: certificate }] });
    const refused = await prepareUserPfxCertificate(pfx, "secret", options).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "USER_UNKNOWN" });
    expect(String(refused)).not.toContain("\u001b");
    expect(String(refused)).not.toContain("\u202e");
  });
});

describe("a file with bytes changed at random", () => {
  it("is prepared, or refused with a PfxError", async () => {
    const outcomes = await prepareMutatedFiles(500);
    // What was meant to be damaged was: otherwise the property says nothing.
    expect(outcomes.get("WRONG_PASSWORD") ?? 0).toBeGreaterThan(50);
    expect(outcomes.get("NOT_A_PFX") ?? 0).toBeGreaterThan(50);
  });

  it("behind a right integrity check is prepared, or refused with a PfxError", async () => {
    const outcomes = await prepareMutatedContents(500);
    expect(outcomes.get("DAMAGED") ?? 0).toBeGreaterThan(50);
    expect(outcomes.get("prepared") ?? 0).toBeGreaterThan(20);
  });
});

describe("a file that is no PFX file", () => {
  const base64 = Buffer.from(pfxFile("o30-default.pfx"))
    .toString("base64")
    .replace(/(.{76})/g, "$1\r\n");
  const pem = new TextDecoder().decode(keyFile("connector.cert.pem"));
  it.each<[string, Uint8Array]>([
    ["; it is PEM text", Buffer.from(pem)],
    ["; it is PEM text", Buffer.from(`\ufeff${pem}`, "utf16le")],
    ["; it is a certificate without a key", keyFile("connector.cert.der")],
    ["; it is base64 text: decode it first", Buffer.from(base64)],
    ["; it is a Java keystore (JKS): convert it with keytool", Buffer.from("feedfeed00000002", "hex")],
    ["; it is empty", new Uint8Array(0)],
    ["", Buffer.from("hello")],
    ["", keyFile("connector.pkcs1.der")],
  ])("is refused with the hint %j", async (hint, file) => {
    await expect(inspectPfx(file, "")).rejects.toMatchObject({
      code: "NOT_A_PFX",
      message: `this is no PFX file (PKCS #12), or it is damaged${hint}`,
    });
  });
});
