/** Files that keytool, certtool and pk12util make. */
import { readFileSync } from "node:fs";
import { inspectPfx } from "intune-pfx-client";
import { beforeAll, describe, expect, it } from "vitest";
import { expectOpened } from "./expect-opened.ts";
import { type Authority, anAuthority, anIdentity, exportByOpenssl, type Identity } from "./make.ts";
import { infoByCerttool, listByKeytool, listByPk12util, newNssDatabase, openByOpenssl, thumbprintOf } from "./open.ts";
import { newProtections, prepare } from "./prepare.ts";
import { newFile, newPath, readBytes, run } from "./run.ts";

const secret = "Passw0rd!";
const purposes = [
  ["-ext", "KU=digitalSignature,keyEncipherment"],
  ["-ext", "EKU=emailProtection"],
  ["-ext", "SAN=email:user1@contoso.example"],
].flat();

let authority: Authority;
let user: Identity;

beforeAll(async () => {
  authority = await anAuthority();
  user = await anIdentity("P-256", { issuer: authority });
});

describe("keytool", () => {
  interface Keystore {
    path: string;
    add(command: string, alias: string, ...flags: string[]): Promise<void>;
  }

  function aKeystore(password = secret, ...properties: string[]): Keystore {
    const path = newPath("store.p12");
    const store = ["-storetype", "PKCS12", "-keystore", path, "-storepass:file", newFile("password", password)];
    return {
      path,
      async add(command, alias, ...flags) {
        const java = properties.map((property) => `-J-Dkeystore.pkcs12.${property}`);
        await run("keytool", [command, "-noprompt", "-alias", alias, ...flags, ...store, ...java]);
      },
    };
  }

  const ec = ["-keyalg", "EC", "-groupname", "secp256r1"];
  const anyone = ["-dname", "CN=User One", ...purposes];

  async function thumbprintsIn(pfx: Uint8Array, password = secret): Promise<string[]> {
    return (await openByOpenssl(pfx, password)).certificates.map(({ der }) => thumbprintOf(der));
  }

  it.each([
    ["RSA 2048", ["-keyalg", "RSA", "-keysize", "2048"]],
    ["P-384", ["-keyalg", "EC", "-groupname", "secp384r1"]],
    ["Ed25519", ["-keyalg", "Ed25519"]],
  ])("makes a file with a key of %s that is opened and written anew", async (_, key) => {
    const keystore = aKeystore();
    await keystore.add("-genkeypair", "user one", ...key, ...anyone);
    const pfx = readBytes(keystore.path);
    const [thumbprint = ""] = await thumbprintsIn(pfx);
    await expectOpened({ pfx, password: secret, thumbprint });
  });

  const modern = "AES-256-CBC, PBKDF2 with HMAC-SHA-256";
  const modernMac = { algorithm: "HMAC-SHA-256", iterations: 10_000 };
  it.each([
    [
      ["legacy=true"],
      ["RC2-40-CBC, PKCS #12 with SHA-1", "3DES-CBC, PKCS #12 with SHA-1"],
      { algorithm: "HMAC-SHA-1", iterations: 100_000 },
    ],
    [["certProtectionAlgorithm=NONE"], [modern], modernMac],
    [["keyProtectionAlgorithm=PBEWithHmacSHA1AndAES_128"], [modern, "AES-128-CBC, PBKDF2 with HMAC-SHA-1"], modernMac],
    [
      ["keyProtectionAlgorithm=PBEWithHmacSHA224AndAES_256"],
      [modern, "AES-256-CBC, PBKDF2 with HMAC-SHA-224"],
      modernMac,
    ],
    [
      ["keyProtectionAlgorithm=PBEWithHmacSHA384AndAES_128"],
      [modern, "AES-128-CBC, PBKDF2 with HMAC-SHA-384"],
      modernMac,
    ],
    [
      ["certProtectionAlgorithm=PBEWithHmacSHA512AndAES_256"],
      ["AES-256-CBC, PBKDF2 with HMAC-SHA-512", modern],
      modernMac,
    ],
    [
      ["macAlgorithm=HmacPBESHA512", "macIterationCount=1234"],
      [modern],
      { algorithm: "HMAC-SHA-512", iterations: 1234 },
    ],
    [["macAlgorithm=HmacPBESHA224"], [modern], { ...modernMac, algorithm: "HMAC-SHA-224" }],
  ])("set to %j makes a file that is opened and written anew", async (properties, ciphers, mac) => {
    const keystore = aKeystore(secret, ...properties);
    await keystore.add("-genkeypair", "user one", ...ec, ...anyone);
    const pfx = readBytes(keystore.path);
    const [thumbprint = ""] = await thumbprintsIn(pfx);
    await expectOpened({ pfx, password: secret, thumbprint });
    const { protection } = await inspectPfx(pfx, secret);
    expect(protection.mac).toEqual(mac);
    expect(new Set(protection.ciphers.map(({ algorithm }) => algorithm))).toEqual(new Set(ciphers));
  });

  it("set to macAlgorithm=NONE makes a file that is refused unless it is allowed", async () => {
    const keystore = aKeystore(secret, "macAlgorithm=NONE", "certProtectionAlgorithm=NONE");
    await keystore.add("-genkeypair", "user one", ...ec, ...anyone);
    const pfx = readBytes(keystore.path);
    await expect(prepare(pfx, secret)).rejects.toMatchObject({ code: "NO_INTEGRITY" });
    const [thumbprint = ""] = await thumbprintsIn(pfx);
    await expectOpened({ pfx, password: secret, thumbprint, options: { allowMissingMac: true } });
  });

  it("set to macAlgorithm=HmacPBESHA512/256 makes a file that is refused", async () => {
    const keystore = aKeystore(secret, "macAlgorithm=HmacPBESHA512/256");
    await keystore.add("-genkeypair", "user one", ...ec, ...anyone);
    await expect(prepare(readBytes(keystore.path), secret)).rejects.toMatchObject({
      code: "UNSUPPORTED_ALGORITHM",
      details: { algorithm: "SHA-512/256" },
    });
  });

  // Other passwords than ASCII are refused by keytool itself.
  it("makes a file under a password with quotes and spaces that is opened", async () => {
    const password = `"Pass" 'word' $HOME \\n`;
    const keystore = aKeystore(password);
    await keystore.add("-genkeypair", "user one", ...ec, ...anyone);
    const pfx = readBytes(keystore.path);
    const [thumbprint = ""] = await thumbprintsIn(pfx, password);
    await expectOpened({ pfx, password, thumbprint });
  });

  it("makes a file with two entries, of which the thumbprint picks one", async () => {
    const keystore = aKeystore();
    await keystore.add("-genkeypair", "first", ...ec, ...anyone);
    await keystore.add("-genkeypair", "second", "-keyalg", "RSA", "-keysize", "2048", ...anyone);
    const pfx = readBytes(keystore.path);
    const thumbprints = await thumbprintsIn(pfx);
    expect(thumbprints).toHaveLength(2);
    await expect(prepare(pfx, secret)).rejects.toMatchObject({
      code: "SEVERAL_CERTIFICATES",
      details: { thumbprints },
    });
    for (const thumbprint of thumbprints) {
      await expectOpened({ pfx, password: secret, thumbprint, options: { thumbprint } });
    }
  });

  it("makes a file with a trusted certificate and a secret key too, which is opened", async () => {
    const keystore = aKeystore();
    await keystore.add("-importcert", "trusted root", "-file", authority.certificate);
    await keystore.add("-genseckey", "secret", "-keyalg", "AES", "-keysize", "256");
    await keystore.add("-genkeypair", "user one", ...ec, ...anyone);
    const pfx = readBytes(keystore.path);
    expect((await listByKeytool(pfx, secret)).map(({ type }) => type).toSorted()).toEqual([
      "PrivateKeyEntry",
      "SecretKeyEntry",
      "trustedCertEntry",
    ]);
    const thumbprint = (await thumbprintsIn(pfx)).find((each) => each !== authority.thumbprint) ?? "";
    await expectOpened({ pfx, password: secret, thumbprint });
  });

  it.each(newProtections)("gives a name with an emoji, which survives protection %s", async (protection) => {
    const keystore = aKeystore();
    await keystore.add("-genkeypair", "zoë 😀", ...ec, ...anyone);
    const pfx = readBytes(keystore.path);
    const stored = await prepare(pfx, secret, { protection });
    expect((await listByKeytool(stored.file, stored.password)).map(({ alias }) => alias)).toEqual(["zoë 😀"]);
    expect((await infoByCerttool(stored.file, stored.password)).friendlyNames).toEqual(["zoë 😀", "zoë 😀"]);
    expect((await listByPk12util(stored.file, stored.password)).friendlyNames).toEqual(["zoë 😀", "zoë 😀"]);
  });
});

/** How an algorithm is named in the file, from its object identifier. */
const identifiers = {
  RC4_128: "2a864886f70d010c0101",
  RC4_40: "2a864886f70d010c0102",
  TRIPLE_DES_SHA1: "2a864886f70d010c0103",
  RC2_128: "2a864886f70d010c0105",
  RC2_40: "2a864886f70d010c0106",
  TRIPLE_DES: "2a864886f70d0307",
  AES_128: "608648016503040102",
  AES_192: "608648016503040116",
  AES_256: "60864801650304012a",
  CAMELLIA_256: "2a83088c9a4b3d01010104",
  HMAC_SHA1: "2a864886f70d0207",
  HMAC_SHA224: "2a864886f70d0208",
  HMAC_SHA384: "2a864886f70d020a",
  HMAC_SHA512: "2a864886f70d020b",
} as const;

/** The programs fall back on other algorithms without a word. */
function expectToName(pfx: Uint8Array, algorithm: keyof typeof identifiers): void {
  expect(Buffer.from(pfx).toString("hex")).toContain(identifiers[algorithm]);
}

// certtool and pk12util ask for 600,000 rounds of each derivation, so that each opening takes seconds.

describe("certtool", () => {
  let certificates: string;

  beforeAll(() => {
    certificates = [user.certificate, authority.chain].map((path) => readFileSync(path, "utf8")).join("");
  });

  async function exportByCerttool(password: string, ...flags: string[]): Promise<Uint8Array> {
    const path = newPath("made.p12");
    const from = ["--load-privkey", user.key, "--load-certificate", newFile("chain.pem", certificates)];
    const args = ["--to-p12", "--p12-name", "User One", "--outder", "--outfile", path, ...from, ...flags];
    await run("certtool", args, { stdin: `${password}\n${password}\n` });
    return readBytes(path);
  }

  it.each([
    ["3des", "TRIPLE_DES"],
    ["3des-pkcs12", "TRIPLE_DES_SHA1"],
    ["rc2-40", "RC2_40"],
    ["aes-128", "AES_128"],
    ["aes-192", "AES_192"],
    ["aes-256", "AES_256"],
  ] as const)("makes a file under %s that is opened and written anew", async (cipher, algorithm) => {
    const pfx = await exportByCerttool(secret, "--pkcs-cipher", cipher);
    expectToName(pfx, algorithm);
    const [stored] = await expectOpened({ pfx, password: secret, thumbprint: user.thumbprint }, ["compatible"]);
    const info = await infoByCerttool(stored?.file ?? pfx, stored?.password ?? "");
    expect(info.certificates).toHaveLength(3);
    expect(info.friendlyNames).toContain("User One");
  });

  it("makes a file under arcfour that is refused", async () => {
    const pfx = await exportByCerttool(secret, "--pkcs-cipher", "arcfour");
    expectToName(pfx, "RC4_128");
    const refusal = { code: "UNSUPPORTED_ALGORITHM", details: { algorithm: "RC4-128" } };
    await expect(prepare(pfx, secret)).rejects.toMatchObject(refusal);
  });

  it("makes a file that can be kept", async () => {
    const pfx = await exportByCerttool(secret, "--pkcs-cipher", "aes-256");
    const [stored] = await expectOpened({ pfx, password: secret, thumbprint: user.thumbprint }, ["keep"]);
    expect(stored?.warnings).toContain("MAY_NOT_OPEN");
  });

  it.each([
    ["pässwörd", []],
    ["p😀w", []],
    ["", ["--empty-password"]],
    ["", ["--null-password"]],
  ])("makes a file under the password %j (%j) that is opened", async (password, flags) => {
    const pfx = await exportByCerttool(password, "--pkcs-cipher", "aes-256", ...flags);
    await expectOpened({ pfx, password, thumbprint: user.thumbprint }, ["modern"]);
  });
});

describe("pk12util", () => {
  const name = "Zoë 😀";
  let database: string;

  beforeAll(async () => {
    const first = await exportByOpenssl(user, secret, ["-name", "user", "-certfile", authority.chain]);
    database = await newNssDatabase();
    const from = ["-i", newFile("file.p12", first), "-w", newFile("password", secret)];
    await run("pk12util", [...from, "-d", database]);
    await run("certutil", ["--rename", "-n", "user", "--new-n", name, "-d", database]);
  });

  async function exportByPk12util(password: string, ...flags: string[]): Promise<Uint8Array> {
    const path = newPath("made.p12");
    const args = ["-o", path, "-n", name, "-d", database, "-w", newFile("password", password), ...flags];
    await run("pk12util", args);
    return readBytes(path);
  }

  const v2 = "PKCS #12 V2 PBE With SHA-1 And";
  it.each([
    [`${v2} 3KEY Triple DES-CBC`, "TRIPLE_DES_SHA1"],
    [`${v2} 128 Bit RC2 CBC`, "RC2_128"],
    [`${v2} 40 Bit RC2 CBC`, "RC2_40"],
    ["AES-128-CBC", "AES_128"],
    ["AES-192-CBC", "AES_192"],
    ["AES-256-CBC", "AES_256"],
  ] as const)("makes a file under %s that is opened and written anew", async (cipher, algorithm) => {
    const pfx = await exportByPk12util(secret, "-c", cipher, "-C", cipher);
    expectToName(pfx, algorithm);
    const [stored] = await expectOpened({ pfx, password: secret, thumbprint: user.thumbprint }, ["compatible"]);
    const { friendlyNames, certificates } = await listByPk12util(stored?.file ?? pfx, stored?.password ?? "");
    expect(friendlyNames.filter((each) => each === name)).toHaveLength(2);
    expect(certificates.map(({ thumbprint }) => thumbprint)[0]).toBe(user.thumbprint);
    expect(certificates).toHaveLength(3);
  });

  it.each([
    [`${v2} 128 Bit RC4`, "RC4-128", "RC4_128"],
    [`${v2} 40 Bit RC4`, "RC4-40", "RC4_40"],
    ["CAMELLIA-256-CBC", "Camellia-256", "CAMELLIA_256"],
  ] as const)("makes a file under %s that is refused by its name", async (cipher, algorithm, identifier) => {
    for (const flag of ["-c", "-C"]) {
      const pfx = await exportByPk12util(secret, flag, cipher);
      expectToName(pfx, identifier);
      const refusal = { code: "UNSUPPORTED_ALGORITHM", details: { algorithm } };
      await expect(prepare(pfx, secret)).rejects.toMatchObject(refusal);
    }
  });

  // `-M` chooses the hash of PBKDF2, too.
  it.each([
    ["SHA-1", "HMAC_SHA1"],
    ["SHA-224", "HMAC_SHA224"],
    ["SHA-384", "HMAC_SHA384"],
    ["SHA-512", "HMAC_SHA512"],
  ] as const)("makes a file with %s for MAC and keys that is opened", async (hash, identifier) => {
    const pfx = await exportByPk12util(secret, "-M", hash);
    expectToName(pfx, identifier);
    await expectOpened({ pfx, password: secret, thumbprint: user.thumbprint }, ["modern"]);
  });

  it("makes a file with indefinite lengths that can be kept", async () => {
    const pfx = await exportByPk12util(secret);
    expect(Buffer.from(pfx.subarray(0, 2)).toString("hex")).toBe("3080");
    await expectOpened({ pfx, password: secret, thumbprint: user.thumbprint }, ["keep"]);
  });

  it.each(["pässwörd ÄÖÜß", "p😀w", `"Pass" 'word' $HOME \\n`])(
    "makes a file under %j that is opened",
    async (password) => {
      const ciphers = ["-c", `${v2} 3KEY Triple DES-CBC`, "-C", "AES-256-CBC"];
      const pfx = await exportByPk12util(password, ...ciphers);
      await expectOpened({ pfx, password, thumbprint: user.thumbprint }, ["modern"]);
    },
  );
});
