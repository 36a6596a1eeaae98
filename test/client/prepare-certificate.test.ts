import { generateKeyPairSync } from "node:crypto";
import { inspectPfx, prepareUserPfxCertificate } from "intune-pfx-client";
import { describe, expect, it } from "vitest";
import { aCertificate, aPfx, ExtendedKeyUsage, pkcs8Of } from "../support/pfx.ts";
import { keyFile, pfxFile } from "./vectors.ts";

const options = { publicKey: keyFile("connector.spki.pem"), keyName: "K", now: new Date("2026-11-29T12:00:00Z") };
const email = {
  rfc822Names: ["anna@contoso.example"],
  extendedKeyUsages: [ExtendedKeyUsage.EMAIL],
  keyUsages: ["keyEncipherment"],
} as const;
const rsa = () => generateKeyPairSync("rsa", { modulusLength: 2048 });
const [anna, bob, authority] = [rsa(), rsa(), rsa()];
const annas = aCertificate({ ...email, publicKey: anna.publicKey });
const bobs = aCertificate({ ...email, publicKey: bob.publicKey, rfc822Names: ["bob@contoso.example"] });
const authoritys = aCertificate({ publicKey: authority.publicKey, isCa: true, keyUsages: ["keyCertSign"] });

describe("which certificate is prepared", () => {
  it("is the one whose key is in the file, whatever the labels say", async () => {
    const pfx = aPfx({
      keys: [{ der: pkcs8Of(anna.privateKey), localKeyId: "bob" }],
      certificates: [
        { der: authoritys, localKeyId: "authority" },
        { der: bobs, localKeyId: "bob" },
        { der: annas, localKeyId: "anna" },
      ],
    });
    const { input, warnings } = await prepareUserPfxCertificate(pfx, "secret", options);
    expect(input.userPrincipalName).toBe("anna@contoso.example");
    expect(warnings).toEqual([]);
  });

  it("must be named where the file has several keys", async () => {
    const pfx = aPfx({
      keys: [{ der: pkcs8Of(anna.privateKey) }, { der: pkcs8Of(bob.privateKey) }],
      certificates: [{ der: annas }, { der: bobs }],
    });
    const { certificates } = await inspectPfx(pfx, "secret");
    const thumbprints = certificates.map(({ thumbprint }) => thumbprint);
    await expect(prepareUserPfxCertificate(pfx, "secret", options)).rejects.toMatchObject({
      code: "SEVERAL_CERTIFICATES",
      message: `this file has 2 certificates with private keys (${thumbprints[0]} SMIME_ENCRYPTION, ${thumbprints[1]} SMIME_ENCRYPTION); say which with the thumbprint`,
      details: { thumbprints },
    });

    const dialogs = `\u200E${thumbprints[1]?.toUpperCase().replace(/(..)(?!$)/g, "$1:")}`;
    const { input } = await prepareUserPfxCertificate(pfx, "secret", { ...options, thumbprint: dialogs });

    expect(input).toMatchObject({ userPrincipalName: "bob@contoso.example", thumbprint: thumbprints[1] });
    await expect(
      prepareUserPfxCertificate(pfx, "secret", { ...options, thumbprint: "0".repeat(40) }),
    ).rejects.toMatchObject({
      code: "CERTIFICATE_NOT_FOUND",
      message: "this file has no certificate with that thumbprint and a private key",
    });
  });

  it("leaves out keys that belong to no certificate, and says so", async () => {
    const pfx = aPfx({
      keys: [{ der: pkcs8Of(bob.privateKey) }, { der: pkcs8Of(anna.privateKey) }],
      certificates: [{ der: annas }],
    });
    const { input, warnings } = await prepareUserPfxCertificate(pfx, "secret", options);
    expect(input.userPrincipalName).toBe("anna@contoso.example");
    expect(warnings).toEqual([
      {
        code: "OTHER_KEYS_DROPPED",
        message: "1 private key of the file belongs to no certificate of it and is left out",
      },
    ]);
  });

  it("takes a key that is in the file twice for one", async () => {
    const key = { der: pkcs8Of(anna.privateKey) };
    const pfx = aPfx({ keys: [key, key], certificates: [{ der: annas }, { der: annas }] });
    const { warnings } = await prepareUserPfxCertificate(pfx, "secret", options);
    expect(warnings).toEqual([]);
  });

  it("is no certification authority's", async () => {
    const pfx = aPfx({ keys: [{ der: pkcs8Of(authority.privateKey) }], certificates: [{ der: authoritys }] });
    await expect(prepareUserPfxCertificate(pfx, "secret", options)).rejects.toMatchObject({
      code: "CERTIFICATE_IS_CA",
      message: "this is a certification authority's certificate",
    });
  });

  it.each([
    ["P-256", generateKeyPairSync("ec", { namedCurve: "P-256" }), []],
    ["P-384", generateKeyPairSync("ec", { namedCurve: "P-384" }), []],
    ["P-521", generateKeyPairSync("ec", { namedCurve: "P-521" }), []],
    ["secp256k1", generateKeyPairSync("ec", { namedCurve: "secp256k1" }), ["UNUSUAL_KEY"]],
    ["Ed25519", generateKeyPairSync("ed25519"), ["UNUSUAL_KEY"]],
  ])("is found by its key on %s, and nobody else's", async (name, pair, codes) => {
    const mine = aCertificate({ ...email, publicKey: pair.publicKey, keyUsages: ["keyAgreement"] });
    const pfx = aPfx({ keys: [{ der: pkcs8Of(pair.privateKey) }], certificates: [{ der: bobs }, { der: mine }] });
    const { certificate, warnings } = await prepareUserPfxCertificate(pfx, "secret", options);
    expect(certificate.keyAlgorithm).toBe(name);
    expect(warnings.map(({ code }) => code)).toEqual(codes);

    const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const strangers = aPfx({ keys: [{ der: pkcs8Of(other.privateKey) }], certificates: [{ der: mine }] });
    await expect(prepareUserPfxCertificate(strangers, "secret", options)).rejects.toMatchObject({
      code: "KEY_MISMATCH",
    });
  });

  it("is found by its label only where the key can't be checked, and says so", async () => {
    const pair = generateKeyPairSync("x25519");
    const mine = aCertificate({ ...email, publicKey: pair.publicKey, keyUsages: ["keyAgreement"] });
    const key = { der: pkcs8Of(pair.privateKey), localKeyId: "1" };
    const labelled = aPfx({ keys: [key], certificates: [{ der: mine, localKeyId: "1" }] });
    const { warnings } = await prepareUserPfxCertificate(labelled, "secret", options);
    expect(warnings.map(({ code }) => code)).toEqual(["UNUSUAL_KEY", "UNVERIFIED_KEY"]);
    const unlabelled = aPfx({ keys: [key], certificates: [{ der: mine }] });
    await expect(prepareUserPfxCertificate(unlabelled, "secret", options)).rejects.toMatchObject({
      code: "KEY_MISMATCH",
    });
  });
});

describe("the certificate's key", () => {
  it("of 1,024 bits is weak", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
    const pfx = aPfx({
      keys: [{ der: pkcs8Of(privateKey) }],
      certificates: [{ der: aCertificate({ ...email, publicKey }) }],
    });
    const { warnings } = await prepareUserPfxCertificate(pfx, "secret", options);
    expect(warnings.map(({ code }) => code)).toEqual(["WEAK_KEY"]);
  });
});

describe("validity", () => {
  const pfxOf = (
    validity: { notBefore?: Date; notAfter?: Date },
    keyUsages: readonly ["digitalSignature"] | readonly ["keyEncipherment"],
  ) =>
    aPfx({
      keys: [{ der: pkcs8Of(anna.privateKey) }],
      certificates: [{ der: aCertificate({ ...email, publicKey: anna.publicKey, keyUsages, ...validity }) }],
    });
  const past = { notBefore: new Date("2020-01-01T00:00:00Z"), notAfter: new Date("2026-11-29T12:00:00Z") };

  it("that has ended refuses a signing certificate, unless that is allowed", async () => {
    const pfx = pfxOf(past, ["digitalSignature"]);
    await expect(prepareUserPfxCertificate(pfx, "secret", options)).rejects.toMatchObject({
      code: "EXPIRED",
      message: "this certificate expired on 2026-11-29",
      details: { expirationDateTime: "2026-11-29T12:00:00Z" },
    });
    const { warnings } = await prepareUserPfxCertificate(pfx, "secret", { ...options, allowExpired: true });
    expect(warnings).toEqual([{ code: "EXPIRED", message: "this certificate expired on 2026-11-29" }]);
  });

  it("that has ended is a warning for an encryption certificate, which old mail needs", async () => {
    const { warnings } = await prepareUserPfxCertificate(pfxOf(past, ["keyEncipherment"]), "secret", options);
    expect(warnings.map(({ code }) => code)).toEqual(["EXPIRED"]);
  });

  it.each([
    ["EXPIRES_SOON", { notAfter: new Date("2026-12-29T11:59:59Z") }],
    ["NOT_YET_VALID", { notBefore: new Date("2026-11-30T00:00:00Z") }],
  ])("that is near its end or not begun is a warning: %s", async (code, validity) => {
    const { warnings } = await prepareUserPfxCertificate(pfxOf(validity, ["digitalSignature"]), "secret", options);
    expect(warnings.map((warning) => warning.code)).toEqual([code]);
  });

  it("that ends in 31 days is no warning", async () => {
    const pfx = pfxOf({ notAfter: new Date("2026-12-30T12:00:00Z") }, ["digitalSignature"]);
    const { warnings } = await prepareUserPfxCertificate(pfx, "secret", options);
    expect(warnings).toEqual([]);
  });
});

describe("inspectPfx", () => {
  it("lists certificates without keys, and how the file is protected", async () => {
    const { certificates, protection } = await inspectPfx(pfxFile("o30-chain.pfx"), "Passw0rd!");
    expect(certificates.map(({ subject, isCa, hasPrivateKey }) => ({ subject, isCa, hasPrivateKey }))).toEqual([
      { subject: "CN=User One", isCa: false, hasPrivateKey: true },
      { subject: "CN=Test Issuing CA", isCa: true, hasPrivateKey: false },
      { subject: "CN=Test Root", isCa: true, hasPrivateKey: false },
    ]);
    expect(certificates[0]).toEqual({
      thumbprint: "c508569b6c7894954b0731094a8b846853e48269",
      subject: "CN=User One",
      issuer: "CN=Test Issuing CA",
      startDateTime: "2026-01-01T00:00:00Z",
      expirationDateTime: "2028-01-01T00:00:00Z",
      keyAlgorithm: "RSA",
      keyBits: 2048,
      keyUsages: ["digitalSignature", "keyEncipherment"],
      extendedKeyUsages: ["emailProtection", "clientAuth"],
      userPrincipalNames: ["user1@contoso.example"],
      emailAddresses: ["user1@contoso.example"],
      isCa: false,
      hasPrivateKey: true,
      friendlyName: "leaf",
      suggestedPurpose: "SMIME_ENCRYPTION",
    });
    expect(protection).toEqual({
      mac: { algorithm: "HMAC-SHA-256", iterations: 2048 },
      ciphers: [{ algorithm: "AES-256-CBC, PBKDF2 with HMAC-SHA-256", iterations: 2048 }],
    });
  });

  it.each(["o30-certonly.pfx", "o30-keyonly.pfx", "w-mismatch.pfx", "o30-nomac.pfx", "w-dual-enc-sig.pfx"])(
    "shows %s, which can't be prepared",
    async (file) => {
      const { certificates } = await inspectPfx(pfxFile(file), "Passw0rd!");
      expect(certificates).toHaveLength({ "o30-keyonly.pfx": 0, "w-dual-enc-sig.pfx": 3 }[file] ?? 1);
    },
  );

  it("says that a file has no integrity check", async () => {
    const { protection } = await inspectPfx(pfxFile("o30-nomac.pfx"), "Passw0rd!");
    expect(protection.mac).toBeNull();
  });
});
