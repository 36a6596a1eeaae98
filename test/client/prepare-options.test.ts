import { generateKeyPairSync } from "node:crypto";
import { type PrepareOptions, prepareUserPfxCertificate } from "intune-pfx-client";
import { describe, expect, it } from "vitest";
import { aCertificate, aPfx, type CertificateSpec, ExtendedKeyUsage, pkcs8Of } from "../support/pfx.ts";
import { decryptPassword, keyFile, oaep, pfxFile } from "./vectors.ts";

const options = { publicKey: keyFile("connector.spki.pem"), keyName: "K", now: new Date("2026-11-29T12:00:00Z") };
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

function prepare(spec: Partial<CertificateSpec>, given: Partial<PrepareOptions> = {}) {
  const pfx = aPfx({
    keys: [{ der: pkcs8Of(privateKey) }],
    certificates: [{ der: aCertificate({ rfc822Names: ["anna@contoso.example"], ...spec, publicKey }) }],
  });
  return prepareUserPfxCertificate(pfx, "secret", { ...options, ...given });
}

const { EMAIL, ANY, CLIENT_AUTH } = ExtendedKeyUsage;

describe("the purpose", () => {
  it.each([
    ["SMIME_ENCRYPTION", [], [EMAIL], ["keyEncipherment"]],
    ["SMIME_ENCRYPTION", [], [EMAIL], ["keyAgreement", "dataEncipherment"]],
    ["SMIME_ENCRYPTION", [], [CLIENT_AUTH, EMAIL], ["keyEncipherment"]],
    ["SMIME_SIGNING", [], [EMAIL], ["digitalSignature"]],
    ["SMIME_SIGNING", [], [ANY], ["nonRepudiation"]],
    ["SMIME_ENCRYPTION", ["DUAL_USE"], [EMAIL], ["digitalSignature", "keyEncipherment"]],
    ["SMIME_ENCRYPTION", ["DUAL_USE"], [ANY], undefined],
  ] as const)(
    "%s is suggested, warnings %j, by extended key usage %j and key usage %j",
    async (purpose, codes, extendedKeyUsages, keyUsages) => {
      const { input, warnings } = await prepare({ extendedKeyUsages, ...(keyUsages && { keyUsages }) });
      expect(input.intendedPurpose).toBe(purpose);
      expect(warnings.map(({ code }) => code)).toEqual(codes);
    },
  );

  it.each([
    [[CLIENT_AUTH], ["keyEncipherment"]],
    [[EMAIL], ["keyCertSign"]],
    [undefined, ["keyEncipherment", "digitalSignature"]],
    [undefined, undefined],
  ] as const)("must be given with extended key usage %j and key usage %j", async (extendedKeyUsages, keyUsages) => {
    const spec = { ...(extendedKeyUsages && { extendedKeyUsages }), ...(keyUsages && { keyUsages }) };
    await expect(prepare(spec)).rejects.toMatchObject({
      code: "PURPOSE_UNKNOWN",
      message: "what this certificate is for can't be told from it; say the purpose",
    });
    const { input } = await prepare(spec, { intendedPurpose: "WIFI" });
    expect(input.intendedPurpose).toBe("WIFI");
  });

  it.each([
    ["SMIME_ENCRYPTION", [EMAIL], ["digitalSignature"], "emailProtection, digitalSignature"],
    ["SMIME_SIGNING", [EMAIL], ["keyEncipherment"], "emailProtection, keyEncipherment"],
    ["SMIME_ENCRYPTION", [CLIENT_AUTH], ["keyEncipherment"], "clientAuth, keyEncipherment"],
    ["SMIME_SIGNING", ["1.2.3.4"], undefined, "1.2.3.4"],
    ["SMIME_SIGNING", undefined, ["keyCertSign", "cRLSign"], "keyCertSign, cRLSign"],
  ] as const)(
    "%s does not go with extended key usage %j and key usage %j, unless that is allowed",
    async (intendedPurpose, extendedKeyUsages, keyUsages, list) => {
      const spec = { ...(extendedKeyUsages && { extendedKeyUsages }), ...(keyUsages && { keyUsages }) };
      await expect(prepare(spec, { intendedPurpose })).rejects.toMatchObject({
        code: "PURPOSE_MISMATCH",
        message: `this certificate can't be used for ${intendedPurpose}: its usages are ${list}`,
      });
      const { input } = await prepare(spec, { intendedPurpose, allowPurposeMismatch: true });
      expect(input.intendedPurpose).toBe(intendedPurpose);
    },
  );

  it.each(["WIFI", "UNASSIGNED", "VPN"] as const)("%s goes with every certificate", async (intendedPurpose) => {
    const { input, warnings } = await prepare({ extendedKeyUsages: [EMAIL] }, { intendedPurpose });
    expect(input.intendedPurpose).toBe(intendedPurpose);
    expect(warnings.map(({ code }) => code)).toEqual(intendedPurpose === "VPN" ? ["NOT_DEPLOYED"] : []);
  });

  it("that is given brings no warning about the other use", async () => {
    const { warnings } = await prepare({ extendedKeyUsages: [EMAIL] }, { intendedPurpose: "SMIME_SIGNING" });
    expect(warnings).toEqual([]);
  });
});

describe("the user", () => {
  const email = { extendedKeyUsages: [EMAIL], keyUsages: ["keyEncipherment"] } as const;
  const none = { rfc822Names: [] };
  it.each<[string, string, Partial<CertificateSpec>]>([
    [
      "anna@contoso.example",
      "userPrincipalName",
      { userPrincipalNames: ["anna@contoso.example"], rfc822Names: ["a.hall@contoso.example"] },
    ],
    [
      "anna@contoso.example",
      "emailAddress",
      { rfc822Names: ["anna@contoso.example"], emailAddresses: ["old@contoso.example"] },
    ],
    ["anna@contoso.example", "emailAddress", { ...none, emailAddresses: ["anna@contoso.example"] }],
    [
      "anna@contoso.example",
      "emailAddress",
      { rfc822Names: ["a@contoso.example", "b@contoso.example"], emailAddresses: ["anna@contoso.example"] },
    ],
    ["anna@contoso.example", "emailAddress", { rfc822Names: ["anna@contoso.example", "Anna@Contoso.Example"] }],
    ["o'hara#EXT#@contoso.example", "userPrincipalName", { userPrincipalNames: ["o'hara#EXT#@contoso.example"] }],
  ])("is %s, from the %s", async (user, source, names) => {
    const { input, userSource } = await prepare({ ...email, ...names });
    expect(input.userPrincipalName).toBe(user);
    expect(userSource).toBe(source);
  });

  it.each<[string, Partial<CertificateSpec>]>([
    ["", none],
    [" (a@contoso.example, b@contoso.example)", { rfc822Names: ["a@contoso.example", "b@contoso.example"] }],
    [
      " (a@contoso.example, b@contoso.example)",
      { userPrincipalNames: ["a@contoso.example", "b@contoso.example"], rfc822Names: [] },
    ],
  ])("must be given where the certificate names nobody or several%s", async (list, names) => {
    await expect(prepare({ ...email, ...names })).rejects.toMatchObject({
      code: "USER_UNKNOWN",
      message: `this certificate names no user, or several${list}; say the user principal name`,
    });
  });

  it("that is given counts; where the certificate names somebody else, there is a warning", async () => {
    const same = await prepare(email, { userPrincipalName: "  ANNA@contoso.example\n" });
    expect(same.input.userPrincipalName).toBe("ANNA@contoso.example");
    expect(same.userSource).toBe("option");
    expect(same.warnings).toEqual([]);
    const other = await prepare(email, { userPrincipalName: "bob@contoso.example" });
    expect(other.warnings).toEqual([
      { code: "USER_DIFFERS", message: "this certificate names anna@contoso.example, not bob@contoso.example" },
    ]);
    const nobody = await prepare({ ...email, ...none }, { userPrincipalName: "bob@contoso.example" });
    expect(nobody.warnings).toEqual([]);
  });

  it.each([
    ["", "it is empty"],
    ["anna", "it has no @"],
    ["a@b@c", "it has more than one @"],
    ["@contoso.example", "there is nothing before or after its @"],
    ["an na@contoso.example", "it has a white-space character U+0020 at position 3"],
    ["\u200Eanna@contoso.example", "it has a hidden character U+200E at position 1"],
    ["anna\u00AD@contoso.example", "it has a hidden character U+00AD at position 5"],
    ["an\u0007na@contoso.example", "it has a control character U+0007 at position 3"],
    ["<anna@contoso.example>", "it has an angle bracket (<) at position 1"],
    ["mailto:anna@contoso.example", "it has a colon (:) at position 7"],
    ['"anna"@contoso.example', 'it has a double quote (") at position 1'],
    ["a@contoso.example,b", "it has a comma (,) at position 18"],
    ["anna@contoso.example.", "it ends with a dot"],
    [`${"a".repeat(1024)}@b`, "it has more than 1024 characters"],
  ])("%j is refused: %s", async (userPrincipalName, problem) => {
    await expect(prepare(email, { userPrincipalName })).rejects.toMatchObject({
      code: "USER_INVALID",
      message: `this is no user principal name: ${problem}`,
    });
  });

  it("that the certificate names is held to the same rule", async () => {
    await expect(prepare({ ...email, rfc822Names: ["<anna@contoso.example>"] })).rejects.toMatchObject({
      code: "USER_INVALID",
    });
  });
});

describe("the password", () => {
  const kept = { protection: "keep", intendedPurpose: "UNASSIGNED" } as const;
  const pfxUnder = (password: string) =>
    aPfx({
      password,
      keys: [{ der: pkcs8Of(privateKey) }],
      certificates: [{ der: aCertificate({ rfc822Names: ["anna@contoso.example"], publicKey }) }],
    });

  it.each(oaep.limits.filter(({ bits }) => bits !== 4096))(
    "of a kept file has at most $maxBytes bytes with $bits bits and $paddingScheme",
    async ({ bits, paddingScheme, maxBytes }) => {
      const pair = bits === 2048 ? "connector" : "connector3072";
      const given = { ...options, ...kept, paddingScheme, publicKey: keyFile(`${pair}.spki.pem`) } as PrepareOptions;
      const longest = "x".repeat(maxBytes);
      const { input } = await prepareUserPfxCertificate(pfxUnder(longest), longest, given);
      expect(decryptPassword(input.encryptedPfxPassword, paddingScheme, pair)).toBe(longest);
      await expect(prepareUserPfxCertificate(pfxUnder(`${longest}x`), `${longest}x`, given)).rejects.toMatchObject({
        code: "PASSWORD_TOO_LONG",
        message: `a password of at most ${maxBytes} bytes can be encrypted with this key and padding`,
        details: { maxBytes },
      });
    },
  );

  it.each([
    [
      "ünïcödé",
      "PASSWORD_NOT_ASCII",
      'the connector reads passwords as ASCII; use protection "compatible", which gives the file a new one',
    ],
    ["", "PASSWORD_EMPTY", "a file without a password can't be kept as it is"],
  ])("%j of a kept file is refused as %s", async (password, code, message) => {
    await expect(
      prepareUserPfxCertificate(pfxUnder(password), password, { ...options, ...kept }),
    ).rejects.toMatchObject({ code, message });
    const { input } = await prepareUserPfxCertificate(pfxUnder(password), password, {
      ...options,
      intendedPurpose: "UNASSIGNED",
    });
    expect(decryptPassword(input.encryptedPfxPassword, "OAEP_SHA512")).toMatch(/^\w{32}$/);
  });

  it("of a file that is written anew is new each time", async () => {
    const passwords = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const { input } = await prepareUserPfxCertificate(pfxFile("o30-3des-sha1.pfx"), "Passw0rd!", options);
        return decryptPassword(input.encryptedPfxPassword, "OAEP_SHA512");
      }),
    );
    expect(new Set(passwords).size).toBe(4);
  });

  it.each(oaep.decrypt)(
    "is encrypted as openssl does: $key, $paddingScheme",
    async ({ key, paddingScheme, password, encryptedPfxPassword }) => {
      expect(decryptPassword(encryptedPfxPassword, paddingScheme, key.replace(".key", ""))).toBe(password);
    },
  );
});

describe("options", () => {
  it("have defaults", async () => {
    const { input } = await prepare({ extendedKeyUsages: [EMAIL] });
    expect(input).toMatchObject({
      providerName: "Microsoft Software Key Storage Provider",
      paddingScheme: "OAEP_SHA512",
    });
  });

  it.each(["NONE", "PKCS1", "OAEP_SHA1"])("paddingScheme %s is no longer supported", async (paddingScheme) => {
    await expect(prepare({}, { paddingScheme } as unknown as PrepareOptions)).rejects.toMatchObject({
      code: "PADDING_UNSUPPORTED",
      message: "Microsoft no longer supports that padding; use OAEP_SHA256, OAEP_SHA384 or OAEP_SHA512",
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ["keyName", { keyName: undefined }],
    ["keyName", { keyName: "" }],
    ["keyName", { keyName: " K" }],
    ["keyName", { keyName: "K\u200B" }],
    ["keyName", { keyName: "K\u0000" }],
    ["providerName", { providerName: "x".repeat(1025) }],
    ["providerName", { providerName: 7 }],
    ["paddingScheme", { paddingScheme: "oaepSha512" }],
    ["protection", { protection: "strong" }],
    ["intendedPurpose", { intendedPurpose: "smime" }],
    ["thumbprint", { thumbprint: "c508" }],
    ["userPrincipalName", { userPrincipalName: 1 }],
    ["maxIterations", { maxIterations: 0 }],
    ["maxIterations", { maxIterations: Number.NaN }],
    ["now", { now: new Date("never") }],
    ["signal", { signal: {} }],
  ])("%s is refused by name: %j", async (option, given) => {
    const refused = await prepare({}, given as Partial<PrepareOptions>).catch((error: unknown) => error);
    expect(refused).toMatchObject({ name: "PfxError", code: "OPTION_INVALID", details: { option } });
    expect(String(refused)).toContain(`the option "${option}" can't be used: it must`);
  });

  it.each([
    ["pfx", ["not bytes", "secret", options]],
    ["password", [new Uint8Array(1), undefined, options]],
    ["options", [new Uint8Array(1), "secret", undefined]],
  ])("%s is refused where it has another type", async (option, given) => {
    const untyped = prepareUserPfxCertificate as unknown as (...given: unknown[]) => Promise<unknown>;
    await expect(untyped(...given)).rejects.toMatchObject({ code: "OPTION_INVALID", details: { option } });
  });

  it("signal stops the work with its reason", async () => {
    const reason = new Error("the page was closed");
    const aborted = prepareUserPfxCertificate(pfxFile("ct38-default.pfx"), "Passw0rd!", {
      ...options,
      signal: AbortSignal.abort(reason),
    });
    await expect(aborted).rejects.toBe(reason);
    const controller = new AbortController();
    const stopped = prepareUserPfxCertificate(pfxFile("ct38-default.pfx"), "Passw0rd!", {
      ...options,
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(reason), 20);
    await expect(stopped).rejects.toBe(reason);
  });

  it("signal that is aborted later leaves a result as it is", async () => {
    const controller = new AbortController();
    const { input } = await prepareUserPfxCertificate(pfxFile("o30-default.pfx"), "Passw0rd!", {
      ...options,
      signal: controller.signal,
    });
    controller.abort();
    expect(input.keyName).toBe("K");
  });
});
