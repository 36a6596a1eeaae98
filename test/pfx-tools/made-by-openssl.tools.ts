/** Files of all kinds that `openssl pkcs12 -export` makes. */
import { readFileSync } from "node:fs";
import { inspectPfx } from "intune-pfx-client";
import { beforeAll, describe, expect, it } from "vitest";
import { expectOpened } from "./expect-opened.ts";
import { type Authority, anAuthority, anIdentity, exportByOpenssl, type Identity } from "./make.ts";
import { infoByCerttool, openByOpenssl } from "./open.ts";
import { newProtections, prepare } from "./prepare.ts";
import { newFile } from "./run.ts";

const secret = "Passw0rd!";
let authority: Authority;
let user: Identity;

beforeAll(async () => {
  authority = await anAuthority();
  user = await anIdentity("P-256", { issuer: authority });
});

/** OpenSSL's name for a cipher, and what `inspectPfx` says of it. */
const ciphers: Record<string, string> = {
  "PBE-SHA1-3DES": "3DES-CBC, PKCS #12 with SHA-1",
  "PBE-SHA1-2DES": "3DES-2KEY-CBC, PKCS #12 with SHA-1",
  "PBE-SHA1-RC2-40": "RC2-40-CBC, PKCS #12 with SHA-1",
  "PBE-SHA1-RC2-128": "RC2-128-CBC, PKCS #12 with SHA-1",
  "AES-128-CBC": "AES-128-CBC, PBKDF2 with HMAC-SHA-256",
  "AES-192-CBC": "AES-192-CBC, PBKDF2 with HMAC-SHA-256",
  "AES-256-CBC": "AES-256-CBC, PBKDF2 with HMAC-SHA-256",
  "DES-EDE3-CBC": "3DES-CBC, PBKDF2 with HMAC-SHA-256",
  NONE: "",
};

describe.each(Object.keys(ciphers))("a key under %s", (keyCipher) => {
  it.each(Object.keys(ciphers))("and certificates under %s are opened and written anew", async (certificateCipher) => {
    const pfx = await exportByOpenssl(user, secret, [
      ...["-keypbe", keyCipher, "-certpbe", certificateCipher],
      ...["-certfile", authority.chain],
    ]);
    const made = { pfx, password: secret, thumbprint: user.thumbprint };

    await expectOpened(made, keyCipher === certificateCipher ? undefined : ["compatible"]);

    const { protection } = await inspectPfx(pfx, secret);
    const right = new Set([ciphers[certificateCipher], ciphers[keyCipher]].filter((name) => name !== ""));
    expect(new Set(protection.ciphers.map(({ algorithm }) => algorithm))).toEqual(right);
  });
});

describe.each(["PBE-SHA1-RC4-128", "PBE-SHA1-RC4-40", "PBE-MD5-DES", "PBE-SHA1-DES", "PBE-SHA1-RC2-64"])(
  "a file under %s",
  (cipher) => {
    const algorithm = {
      "PBE-SHA1-RC4-128": "RC4-128",
      "PBE-SHA1-RC4-40": "RC4-40",
      "PBE-MD5-DES": "MD5 and DES",
      "PBE-SHA1-DES": "SHA-1 and DES",
      "PBE-SHA1-RC2-64": "SHA-1 and RC2",
    }[cipher];

    it.each(["-keypbe", "-certpbe"])("as its %s is rejected by that name", async (flag) => {
      const pfx = await exportByOpenssl(user, secret, [flag, cipher]);
      const refusal = { name: "PfxError", code: "UNSUPPORTED_ALGORITHM", details: { algorithm } };
      await expect(prepare(pfx, secret)).rejects.toMatchObject(refusal);
      await expect(inspectPfx(pfx, secret)).rejects.toMatchObject(refusal);
    });
  },
);

it.each(["DES-CBC", "RC2-CBC", "BF-CBC", "CAST5-CBC", "ARIA-256-CBC", "CAMELLIA-256-CBC", "AES-256-CFB", "SM4-CBC"])(
  "a file under PBES2 with %s is rejected",
  async (cipher) => {
    const pfx = await exportByOpenssl(user, secret, ["-keypbe", cipher, "-certpbe", cipher]);
    await expect(prepare(pfx, secret)).rejects.toMatchObject({ code: "UNSUPPORTED_ALGORITHM" });
  },
);

describe.each([
  ["sha1", "HMAC-SHA-1"],
  ["sha224", "HMAC-SHA-224"],
  ["sha256", "HMAC-SHA-256"],
  ["sha384", "HMAC-SHA-384"],
  ["sha512", "HMAC-SHA-512"],
  ["md5", "HMAC-MD5"],
])("a MAC of %s", (hash, algorithm) => {
  it.each([
    [1, ["-iter", "1"]],
    [1, ["-noiter", "-nomaciter"]],
    [2048, []],
    [100_000, ["-iter", "100000"]],
  ])("after %i rounds (%j) is checked", async (iterations, flags) => {
    const pfx = await exportByOpenssl(user, secret, ["-macalg", hash, ...flags]);

    await expectOpened({ pfx, password: secret, thumbprint: user.thumbprint }, ["compatible"]);

    const { protection } = await inspectPfx(pfx, secret);
    expect(protection).toEqual({
      mac: { algorithm, iterations },
      ciphers: [{ algorithm: "AES-256-CBC, PBKDF2 with HMAC-SHA-256", iterations }],
    });
    await expect(prepare(pfx, "Passw0rd")).rejects.toMatchObject({ code: "WRONG_PASSWORD" });
    await expect(prepare(pfx, secret, { maxIterations: iterations * 3 - 1 })).rejects.toMatchObject({
      code: "TOO_EXPENSIVE",
      details: { iterations: iterations * 3 },
    });
  });
});

it.each(["sha3-256", "sha512-256", "sha512-224", "ripemd160", "sm3"])("a MAC of %s is rejected", async (hash) => {
  const pfx = await exportByOpenssl(user, secret, ["-macalg", hash]);
  await expect(prepare(pfx, secret)).rejects.toMatchObject({ code: "UNSUPPORTED_ALGORITHM" });
});

it.each(["PBE-SHA1-3DES", "PBE-SHA1-RC2-40", "AES-256-CBC"])("100,000 rounds of %s are accepted", async (cipher) => {
  const flags = ["-keypbe", cipher, "-certpbe", cipher, "-iter", "100000"];
  const pfx = await exportByOpenssl(user, secret, flags);
  await expectOpened({ pfx, password: secret, thumbprint: user.thumbprint }, ["modern"]);
});

describe("a file without a MAC", () => {
  it.each(["NONE", "PBE-SHA1-3DES", "AES-256-CBC"])("under %s is rejected unless it is allowed", async (cipher) => {
    const pfx = await exportByOpenssl(user, secret, ["-nomac", "-keypbe", cipher, "-certpbe", cipher]);
    await expect(prepare(pfx, secret)).rejects.toMatchObject({ code: "NO_INTEGRITY" });
    const options = { allowMissingMac: true };
    await expectOpened({ pfx, password: secret, thumbprint: user.thumbprint, options });
    expect((await inspectPfx(pfx, secret)).protection.mac).toBe(null);
  });

  it("detects a wrong password", async () => {
    const pfx = await exportByOpenssl(user, secret, ["-nomac"]);
    const prepared = prepare(pfx, "Passw0rd", { allowMissingMac: true });
    await expect(prepared).rejects.toMatchObject({ code: "WRONG_PASSWORD" });
  });
});

describe.each([
  ["no", ""],
  ["an ASCII", "Passw0rd!"],
  ["a one-letter", "x"],
  ["a 64-letter", "0123456789abcdef".repeat(4)],
  ["a 126-letter", "0123456789abcdefgh".repeat(7)],
  ["a 127-letter", `${"0123456789abcdefgh".repeat(7)}x`],
  ["a 200-letter", "0123456789".repeat(20)],
  ["a quoted", `"Pass" 'word' \`$HOME\` \\n %PATH% & | ; < > # !`],
  ["a spaced", "  leading, inner  and trailing  "],
  ["a blank", " "],
  ["an umlaut", "pässwörd ÄÖÜß"],
  ["a decomposed umlaut", "pa\u0308sswo\u0308rd"],
  ["a Euro sign", "100 €"],
  ["a Japanese", "パスワード"],
  ["an emoji", "p😀w 👩‍💻"],
  ["a 200-umlaut", "ü".repeat(200)],
])("%s password", (_, password) => {
  it.each(["PBE-SHA1-3DES", "PBE-SHA1-RC2-40", "AES-256-CBC"])("opens a file under %s", async (cipher) => {
    const pfx = await exportByOpenssl(user, password, ["-keypbe", cipher, "-certpbe", cipher]);
    await expectOpened({ pfx, password, thumbprint: user.thumbprint });
    await expect(prepare(pfx, `${password}x`)).rejects.toMatchObject({ code: "WRONG_PASSWORD" });
    await expect(prepare(pfx, password === "" ? " " : password.slice(1))).rejects.toMatchObject({
      code: "WRONG_PASSWORD",
    });
  });
});

describe.each([
  "User One",
  "Zoë Müller – Prüfung",
  "証明書",
  "Ωμέγα",
  `"quoted", 'so' <and> \\so`,
  " spaces around ",
  "x".repeat(1000),
])("the name %j", (name) => {
  it.each(newProtections)("is kept in the new file, protection %s", async (protection) => {
    const pfx = await exportByOpenssl(user, secret, [
      ...["-name", name, "-certfile", authority.chain],
      ...["-caname", `1 ${name}`, "-caname", `2 ${name}`],
    ]);
    const [stored] = await expectOpened({ pfx, password: secret, thumbprint: user.thumbprint }, [protection]);
    const { friendlyNames } = await infoByCerttool(stored?.file ?? pfx, stored?.password ?? "");
    expect(friendlyNames.toSorted()).toEqual([`1 ${name}`, `2 ${name}`, name, name].toSorted());
    const { certificates } = await inspectPfx(pfx, secret);
    expect(certificates.map(({ friendlyName }) => friendlyName)).toEqual([name, `1 ${name}`, `2 ${name}`]);
  });
});

describe("a chain", () => {
  it("is kept in its order", async () => {
    const backwards = readFileSync(authority.chain, "utf8")
      .split(/(?=-----BEGIN)/)
      .toReversed();
    const pfx = await exportByOpenssl(user, secret, ["-certfile", newFile("chain.pem", backwards.join(""))]);
    const { certificates } = await openByOpenssl(pfx, secret);
    expect(certificates).toHaveLength(3);
    await expectOpened({ pfx, password: secret, thumbprint: user.thumbprint });
  });

  it("that has certificates several times has each once", async () => {
    const once = readFileSync(user.certificate, "utf8") + readFileSync(authority.chain, "utf8");
    const pfx = await exportByOpenssl(user, secret, ["-certfile", newFile("chain.pem", once + once)]);
    const original = await openByOpenssl(pfx, secret);
    expect(original.certificates.length).toBeGreaterThan(4);
    const all = await expectOpened({ pfx, password: secret, thumbprint: user.thumbprint });
    const opened = await Promise.all(all.map(({ file, password }) => openByOpenssl(file, password)));
    expect(opened.map(({ certificates }) => certificates.length)).toEqual([3, 3, original.certificates.length]);
  });

  it("of 40 other certificates is kept", async () => {
    const names = Array.from({ length: 38 }, (_, index) => `CA ${index}`);
    const others = await Promise.all(names.map((name) => anIdentity("P-256", { name })));
    const files = [authority.chain, ...others.map(({ certificate }) => certificate)];
    const path = newFile("many.pem", files.map((file) => readFileSync(file, "utf8")).join(""));
    const pfx = await exportByOpenssl(user, secret, ["-certfile", path]);
    await expectOpened({ pfx, password: secret, thumbprint: user.thumbprint }, newProtections);
    expect((await inspectPfx(pfx, secret)).certificates).toHaveLength(41);
  });
});

it("a file with only certificates, or only a key, is rejected", async () => {
  const certificatesOnly = await exportByOpenssl(user, secret, ["-nokeys"]);
  await expect(prepare(certificatesOnly, secret)).rejects.toMatchObject({ code: "NO_PRIVATE_KEY" });
  const keyOnly = await exportByOpenssl({ ...user, certificate: user.key }, secret, ["-nocerts"]);
  await expect(prepare(keyOnly, secret)).rejects.toMatchObject({ code: "NO_CERTIFICATE" });
});

it("an authority's own file is rejected", async () => {
  const pfx = await exportByOpenssl(authority, secret);
  await expect(prepare(pfx, secret)).rejects.toMatchObject({ code: "CERTIFICATE_IS_CA" });
});
