import { generateKeyPairSync, randomBytes } from "node:crypto";
import { inspectPfx, prepareUserPfxCertificate } from "intune-pfx-client";
import forge from "node-forge";
import { describe, expect, it } from "vitest";
import { aCertificate, aPfx, ExtendedKeyUsage, pkcs8Of } from "../support/pfx.ts";
import { decryptPassword, keyFile, pfxFile } from "./vectors.ts";

const options = { publicKey: keyFile("connector.spki.pem"), keyName: "K", now: new Date("2026-11-29T12:00:00Z") };
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const mine = aCertificate({
  publicKey,
  rfc822Names: ["anna@contoso.example"],
  extendedKeyUsages: [ExtendedKeyUsage.EMAIL],
  keyUsages: ["keyEncipherment"],
});

const somebodyElses = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;

/** @param encoded in base64url, as a JSON Web Key has it */
const numberOf = (encoded = "") => BigInt(`0x${Buffer.from(encoded, "base64url").toString("hex")}`);

function another(commonName: string): Uint8Array {
  return aCertificate({ publicKey: somebodyElses, commonName });
}

async function stored(pfx: Uint8Array, protection: "compatible" | "modern" | "keep") {
  const { input, warnings } = await prepareUserPfxCertificate(pfx, "secret", { ...options, protection });
  return {
    file: new Uint8Array(Buffer.from(input.encryptedPfxBlob, "base64")),
    password: decryptPassword(input.encryptedPfxPassword, input.paddingScheme),
    codes: warnings.map(({ code }) => code),
  };
}

describe.each(["compatible", "modern"] as const)("a file that is written anew, %s", (protection) => {
  it("has the one key, its certificate first, and the others in their order, each once", async () => {
    const [root, issuer] = [another("Root"), another("Issuer")];
    const pfx = aPfx({
      keys: [{ der: pkcs8Of(privateKey) }],
      certificates: [root, mine, issuer, root].map((der) => ({ der })),
    });
    const { file, password } = await stored(pfx, protection);
    const { certificates } = await inspectPfx(file, password);
    expect(certificates.map(({ subject }) => subject)).toEqual(["CN=A User", "CN=Root", "CN=Issuer"]);
  });

  it("keeps names that people see, and drops Windows' own attributes", async () => {
    const names = ["Anna's S/MIME", "Grüße 😀"];
    const cspName = "1.3.6.1.4.1.311.17.1";
    const attributes = { [cspName]: "Microsoft Enhanced RSA and AES Cryptographic Provider" };
    const pfx = aPfx({
      keys: [{ der: pkcs8Of(privateKey), friendlyName: names[0] ?? "", attributes }],
      certificates: [{ der: mine, friendlyName: names[1] ?? "", attributes }],
    });
    const { file, password } = await stored(pfx, protection);
    const { certificates } = await inspectPfx(file, password);
    expect(certificates[0]?.friendlyName).toBe(names[1]);
    // A key's attributes are not encrypted.
    const encodedCspName = Buffer.from("06092b0601040182371101", "hex");
    expect(Buffer.from(pfx).includes(encodedCspName)).toBe(true);
    expect(Buffer.from(file).includes(encodedCspName)).toBe(false);
  });

  it("is another one each time, salts included", async () => {
    const pfx = aPfx({ keys: [{ der: pkcs8Of(privateKey) }], certificates: [{ der: mine }] });
    const [one, other] = [await stored(pfx, protection), await stored(pfx, protection)];
    expect(Buffer.from(one.file).equals(Buffer.from(other.file))).toBe(false);
  });

  it("holds the very key that was in the file", async () => {
    const pfx = aPfx({ keys: [{ der: pkcs8Of(privateKey) }], certificates: [{ der: mine }] });
    const { file, password } = await stored(pfx, protection);
    const opened = forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(Buffer.from(file).toString("latin1")), password);
    const shrouded = String(forge.pki.oids.pkcs8ShroudedKeyBag);
    const key = opened.getBags({ bagType: shrouded })[shrouded]?.[0]?.key;
    // As numbers: forge and Node.js write leading zeros differently.
    const { n, d } = privateKey.export({ format: "jwk" });
    expect(BigInt(`0x${key?.n.toString(16)}`)).toBe(numberOf(n));
    expect(BigInt(`0x${key?.d.toString(16)}`)).toBe(numberOf(d));
  });
});

describe("a file that is kept", () => {
  it("is sent as it is, without what comes after its end", async () => {
    const pfx = aPfx({ keys: [{ der: pkcs8Of(privateKey) }], certificates: [{ der: mine }] });
    const { file, password } = await stored(Buffer.concat([pfx, Buffer.from("\r\n")]), "keep");
    expect(Buffer.from(file).equals(Buffer.from(pfx))).toBe(true);
    expect(password).toBe("secret");
  });

  it.each([
    ["o30-3des-sha1.pfx", []],
    ["w-win-3des.pfx", []],
    ["o30-default.pfx", ["it is not protected by 3DES and SHA-1"]],
    ["w-win-aes.pfx", ["it is not protected by 3DES and SHA-1"]],
    ["w-noids.pfx", ["its private key is not encrypted, so that its password protects nothing"]],
    ["ct38-default.pfx", ["it asks for more than 300000 rounds of key derivation at once"]],
  ])("%s brings the warnings %j", async (file, reasons) => {
    const { warnings } = await prepareUserPfxCertificate(pfxFile(file), "Passw0rd!", {
      ...options,
      protection: "keep",
    });
    expect(warnings.filter(({ code }) => code === "MAY_NOT_OPEN").map(({ message }) => message)).toEqual(
      reasons.map(
        (reason) => `some devices can't open this file: ${reason}; protection "compatible" writes it so that they can`,
      ),
    );
  });

  it("keeps keys that belong to no certificate, and says nothing of it", async () => {
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const pfx = aPfx({ keys: [{ der: pkcs8Of(privateKey) }, { der: pkcs8Of(other) }], certificates: [{ der: mine }] });
    const { codes } = await stored(pfx, "keep");
    expect(codes).not.toContain("OTHER_KEYS_DROPPED");
  });
});

describe("a file's size", () => {
  /** A PFX file with certificates that can't be made smaller. */
  const large = (bytes: number) =>
    aPfx({
      keys: [{ der: pkcs8Of(privateKey) }],
      certificates: [{ der: mine }, { der: another(randomBytes(bytes / 2).toString("hex")) }],
    });

  it.each(["compatible", "keep"] as const)("is what the gateway takes, protection %s", async (protection) => {
    const { file } = await stored(large(1_040_000), protection);
    expect(file.length).toBeLessThanOrEqual(1_048_576);
    const refused = stored(large(1_060_000), protection);
    await expect(refused).rejects.toMatchObject({
      code: "TOO_LARGE",
      message: expect.stringMatching(/^the file would be 106\d{4} bytes; the gateway takes 1048576$/),
    });
  });

  it("of more than 8 MiB is not read at all", async () => {
    const refused = prepareUserPfxCertificate(new Uint8Array(8 * 1024 * 1024 + 1), "secret", options);
    await expect(refused).rejects.toMatchObject({ code: "TOO_LARGE", details: { sizeBytes: 8_388_609 } });
  });
});

describe("a file without an integrity check", () => {
  it("is prepared where that is allowed, and then has one", async () => {
    const { input } = await prepareUserPfxCertificate(pfxFile("o30-nomac.pfx"), "Passw0rd!", {
      ...options,
      allowMissingMac: true,
    });
    const password = decryptPassword(input.encryptedPfxPassword, input.paddingScheme);
    const { protection } = await inspectPfx(Buffer.from(input.encryptedPfxBlob, "base64"), password);
    expect(protection.mac).toEqual({ algorithm: "HMAC-SHA-1", iterations: 2000 });
  });

  it("is opened by the right password only", async () => {
    const refused = prepareUserPfxCertificate(pfxFile("o30-nomac.pfx"), "wrong", { ...options, allowMissingMac: true });
    await expect(refused).rejects.toMatchObject({ code: "WRONG_PASSWORD" });
  });
});
