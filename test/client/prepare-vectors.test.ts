import { createSecureContext } from "node:tls";
import { inspectPfx, prepareUserPfxCertificate } from "intune-pfx-client";
import { describe, expect, it } from "vitest";
import { decryptPassword, keyFile, pfxFile, publicKeyFiles, vectors } from "./vectors.ts";

const now = new Date("2026-11-29T12:00:00Z");
const readable = vectors.filter(({ error }) => error === undefined);
const keyForms = publicKeyFiles("connector");
const protections = ["compatible", "modern", "keep"] as const;

describe.each(readable)("prepareUserPfxCertificate of $file ($madeBy)", ({ file, password, expect: right }) => {
  const givenUser = right?.users.length === 1 ? {} : { userPrincipalName: "user1@contoso.example" };

  it.each(protections)("makes the mutation's input, protection %s", async (protection) => {
    const form =
      keyForms[
        (readable.findIndex((vector) => vector.file === file) * 3 + protections.indexOf(protection)) % keyForms.length
      ];
    const prepared = prepareUserPfxCertificate(pfxFile(file), password, {
      publicKey: keyFile(form ?? "connector.spki.pem"),
      keyName: "PFXEncryptionKey",
      protection,
      now,
      ...givenUser,
    });
    if (protection === "keep" && !/^[\x20-\x7e]+$/.test(password)) {
      const code = password === "" ? "PASSWORD_EMPTY" : "PASSWORD_NOT_ASCII";
      await expect(prepared).rejects.toMatchObject({ name: "PfxError", code });
      return;
    }

    const { input, certificate } = await prepared;

    expect(input).toEqual({
      thumbprint: right?.thumbprint,
      intendedPurpose: right?.intendedPurpose,
      userPrincipalName: "user1@contoso.example",
      startDateTime: right?.startDateTime,
      expirationDateTime: right?.expirationDateTime,
      providerName: "Microsoft Software Key Storage Provider",
      keyName: "PFXEncryptionKey",
      paddingScheme: "OAEP_SHA512",
      encryptedPfxBlob: expect.stringMatching(/^[A-Za-z0-9+/]+={0,2}$/),
      encryptedPfxPassword: expect.stringMatching(/^[A-Za-z0-9+/]{342}==$/),
    });
    expect(certificate.thumbprint).toBe(right?.thumbprint);
    const stored = Buffer.from(input.encryptedPfxBlob, "base64");
    const storedPassword = decryptPassword(input.encryptedPfxPassword, input.paddingScheme);
    if (protection === "keep") {
      expect(storedPassword).toBe(password);
      expect(Buffer.from(pfxFile(file).subarray(0, stored.length)).equals(stored)).toBe(true);
      return;
    }
    expect(storedPassword).toMatch(/^[A-HJ-NP-Za-kmnp-z2-9]{32}$/);
    // OpenSSL opens it, and refuses a key that does not belong to the certificate.
    expect(() => createSecureContext({ pfx: stored, passphrase: storedPassword })).not.toThrow();
    const { certificates, protection: written } = await inspectPfx(stored, storedPassword);
    expect(certificates).toHaveLength(right?.certificates ?? 0);
    expect(certificates[0]).toMatchObject({ thumbprint: right?.thumbprint, hasPrivateKey: true });
    expect(certificates.slice(1).every(({ hasPrivateKey }) => !hasPrivateKey)).toBe(true);
    expect(written).toEqual(
      protection === "compatible"
        ? {
            mac: { algorithm: "HMAC-SHA-1", iterations: 2000 },
            ciphers: [{ algorithm: "3DES-CBC, PKCS #12 with SHA-1", iterations: 2000 }],
          }
        : {
            mac: { algorithm: "HMAC-SHA-256", iterations: 10_000 },
            ciphers: [{ algorithm: "AES-256-CBC, PBKDF2 with HMAC-SHA-256", iterations: 10_000 }],
          },
    );
  });

  it("refuses another password", async () => {
    const prepared = prepareUserPfxCertificate(pfxFile(file), `${password}x`, {
      publicKey: keyFile("connector.spki.pem"),
      keyName: "PFXEncryptionKey",
      ...givenUser,
    });
    await expect(prepared).rejects.toMatchObject({ name: "PfxError", code: "WRONG_PASSWORD" });
  });
});

describe.each(vectors.filter(({ error }) => error !== undefined))("$file", ({ file, password, error }) => {
  it.each(protections)(`is refused as ${error}, protection %s`, async (protection) => {
    const prepared = prepareUserPfxCertificate(pfxFile(file), password, {
      publicKey: keyFile("connector.spki.pem"),
      keyName: "PFXEncryptionKey",
      userPrincipalName: "user1@contoso.example",
      protection,
      now,
    });
    await expect(prepared).rejects.toMatchObject({ name: "PfxError", code: error });
  });
});
