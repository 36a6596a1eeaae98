import { generateKeyPairSync, randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { inspectPfx, prepareUserPfxCertificate, readPublicKey } from "intune-pfx-client";
import { describe, expect, it } from "vitest";
import { showing } from "../security/canary.ts";
import { aCertificate, aPfx, ExtendedKeyUsage, pkcs8Of } from "../support/pfx.ts";
import { decryptPassword, keyFile, vectors } from "./vectors.ts";

const password = `canary-${randomBytes(12).toString("hex")}`;
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = pkcs8Of(privateKey);
const certificate = aCertificate({
  publicKey,
  rfc822Names: ["anna@contoso.example"],
  extendedKeyUsages: [ExtendedKeyUsage.EMAIL],
  keyUsages: ["keyEncipherment"],
});
const pfx = aPfx({ password, keys: [{ der: key }], certificates: [{ der: certificate }] });
const options = { publicKey: keyFile("connector.spki.pem"), keyName: "K", now: new Date("2026-11-29T12:00:00Z") };
/** The private exponent stands in for the token, which this library never sees. */
const secrets = { password, token: privateKey.export({ format: "jwk" }).d ?? "" };

/** A value as logs, consoles and JSON show it, hidden properties included. */
function shown(value: unknown): string {
  const error = value instanceof Error ? `${value.message} ${value.stack} ${inspect(value.cause)}` : "";
  return [inspect(value, { depth: null, showHidden: true }), JSON.stringify(value), String(value), error].join("\n");
}

describe("what prepareUserPfxCertificate returns", () => {
  it.each(["compatible", "modern", "keep"] as const)(
    "shows neither file nor password, protection %s",
    async (protection) => {
      const prepared = await prepareUserPfxCertificate(pfx, password, { ...options, protection });
      const { encryptedPfxBlob: blob, encryptedPfxPassword: encrypted } = prepared.input;
      const text = `${shown(prepared)}\n${shown({ ...prepared })}`;
      expect(showing(secrets, { text })).toEqual([]);
      for (const secret of [blob, encrypted]) {
        for (let at = 0; at + 24 <= secret.length; at += 24) expect(text).not.toContain(secret.slice(at, at + 24));
      }
      expect(text).not.toContain(decryptPassword(encrypted, "OAEP_SHA512"));
      // What is searched for is found where it is.
      expect(shown(prepared.input)).toContain(blob.slice(24, 48));
    },
  );

  it("has the ten properties of the mutation's input, which JSON shows", async () => {
    const { input } = await prepareUserPfxCertificate(pfx, password, options);
    expect(Object.keys(JSON.parse(JSON.stringify(input))).sort()).toEqual([
      "encryptedPfxBlob",
      "encryptedPfxPassword",
      "expirationDateTime",
      "intendedPurpose",
      "keyName",
      "paddingScheme",
      "providerName",
      "startDateTime",
      "thumbprint",
      "userPrincipalName",
    ]);
  });
});

describe("what inspectPfx and readPublicKey return", () => {
  it("shows no key material", async () => {
    const places = {
      inspected: shown(await inspectPfx(pfx, password)),
      key: shown(await readPublicKey(options.publicKey)),
    };
    expect(showing(secrets, places)).toEqual([]);
  });
});

describe("errors", () => {
  const [half, flipped] = [pfx.slice(0, pfx.length / 2), pfx.slice()];
  flipped[pfx.length - 60] = 0xff;
  it.each<[string, Uint8Array, string, object]>([
    ["a wrong password", pfx, `${password}x`, {}],
    ["half a file", half, password, {}],
    ["a damaged file", flipped, password, {}],
    ["a password as the name of the key", pfx, password, { keyName: `${password}\u200b` }],
    ["a password as the user", pfx, password, { userPrincipalName: password }],
    ["a password as the purpose", pfx, password, { intendedPurpose: password }],
    ["a password as the protection", pfx, password, { protection: password }],
    ["a password as the padding scheme", pfx, password, { paddingScheme: password }],
    ["a password as the thumbprint", pfx, password, { thumbprint: password }],
    ["a password as the public key", pfx, password, { publicKey: password }],
    ["a private key as the public key", pfx, password, { publicKey: key }],
    ["a private JWK as the public key", pfx, password, { publicKey: privateKey.export({ format: "jwk" }) }],
    ["broken JSON as the public key", pfx, password, { publicKey: `{"kty":"RSA","n":"${password}` }],
    [
      "a password that is too long to be kept",
      aPfx({ password: password.repeat(9), keys: [{ der: key }], certificates: [{ der: certificate }] }),
      password.repeat(9),
      { protection: "keep" },
    ],
    ["a file of text", Buffer.from(`-----BEGIN PRIVATE KEY-----\n${password}`), password, {}],
  ])("about %s quote nothing secret", async (_, file, given, more) => {
    const refused = await prepareUserPfxCertificate(file, given, { ...options, ...more }).catch(
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ name: "PfxError" });
    expect(showing(secrets, { error: shown(refused) })).toEqual([]);
  });

  it("have no cause that could hold what WebCrypto or a parser said", async () => {
    const causes = await Promise.all(
      vectors
        .filter(({ error }) => error !== undefined)
        .map(async ({ file }) => {
          const { pfxFile } = await import("./vectors.ts");
          const refused = await prepareUserPfxCertificate(pfxFile(file), "wrong", options).catch(
            (error: unknown) => error,
          );
          return refused instanceof Error ? refused.cause : "no error";
        }),
    );
    expect(causes.every((cause) => cause === undefined)).toBe(true);
  });
});

describe("the caller's bytes", () => {
  it("are left as they are", async () => {
    const [before, keyBefore] = [pfx.slice(), options.publicKey.slice()];
    await prepareUserPfxCertificate(pfx, password, options);
    expect(Buffer.from(pfx).equals(before)).toBe(true);
    expect(Buffer.from(options.publicKey).equals(keyBefore)).toBe(true);
  });

  it("may be changed while the file is prepared", async () => {
    const bytes = pfx.slice();
    const prepared = prepareUserPfxCertificate(bytes, password, { ...options, protection: "keep" });
    bytes.fill(0x41);
    const { input } = await prepared;
    expect(Buffer.from(input.encryptedPfxBlob, "base64").equals(pfx)).toBe(true);
  });
});
