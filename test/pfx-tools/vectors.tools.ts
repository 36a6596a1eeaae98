/** The files of `test/client/vectors`, prepared by the library, before the tools of others. */
import type { PrepareOptions } from "intune-pfx-client";
import { beforeAll, describe, expect, it } from "vitest";
import { pfxFile } from "../client/vectors.ts";
import {
  infoByCerttool,
  listByKeytool,
  listByPk12util,
  type OpenedFile,
  openByOpenssl,
  opensByOpenssl,
  thumbprintOf,
} from "./open.ts";
import { newProtections, prepare, readable, type Stored, vectorTime } from "./prepare.ts";
import { rewritten } from "./rewritten.ts";

interface Case {
  file: string;
  password: string;
  thumbprint: string;
  options: Partial<PrepareOptions>;
  what: string;
}

const anRsaCertificate = "c508569b6c7894954b0731094a8b846853e48269";
const dual = {
  encryption: "1ffe33be718367dbb040b09115a564fc69aac242",
  signing: "815e918c354d8d86bc308e456cd39055ad520889",
};
const cases: Case[] = [
  ...readable.map(({ file, password, madeBy, expect: right }) => ({
    file,
    password,
    thumbprint: right?.thumbprint ?? "",
    options: {},
    what: madeBy,
  })),
  ...Object.entries(dual).map(([what, thumbprint]) => ({
    file: "w-dual-enc-sig.pfx",
    password: "Passw0rd!",
    thumbprint,
    options: { thumbprint },
    what: `its ${what} certificate`,
  })),
  {
    file: "o30-nomac.pfx",
    password: "Passw0rd!",
    thumbprint: anRsaCertificate,
    options: { allowMissingMac: true },
    what: "no MAC",
  },
];

/** OpenSSL 3.0 knows no PBMAC1: it opens such a file when it is told to leave the MAC alone. */
function flagsFor(file: string): string[] {
  return file === "o35-pbmac1-sha256.pfx" ? ["-legacy", "-nomacver"] : ["-legacy"];
}

describe.each(cases)("$file ($what)", ({ file, password, thumbprint, options }) => {
  let original: OpenedFile;

  beforeAll(async () => {
    original = await openByOpenssl(pfxFile(file), password, flagsFor(file));
  });

  describe.each(newProtections)("written anew, protection %s", (protection) => {
    let stored: Stored;
    let right: OpenedFile;
    let chain: string[];

    beforeAll(async () => {
      stored = await prepare(pfxFile(file), password, { ...options, protection, now: vectorTime });
      right = rewritten(original, thumbprint);
      chain = right.certificates.map(({ der }) => thumbprintOf(der));
    });

    it.each([[["-legacy"]], [[]]])(
      "has for openssl pkcs12 %j the same key, certificate first, chain, names, and no other attribute",
      async (flags) => {
        expect(await openByOpenssl(stored.file, stored.password, flags)).toEqual(right);
      },
    );

    it("is refused by openssl under the original's password", async () => {
      expect(await opensByOpenssl(stored.file, stored.password, ["-legacy"])).toBe(true);
      expect(await opensByOpenssl(stored.file, password, ["-legacy"])).toBe(false);
    });

    it("is one entry with key and chain for keytool", async () => {
      const [own] = right.certificates;
      // The signing certificate's file has another person's certificate too, which belongs to no chain.
      const issued = file === "w-dual-enc-sig.pfx" ? chain.filter((each) => !isOtherOfDual(each, thumbprint)) : chain;
      expect(await listByKeytool(stored.file, stored.password)).toEqual([
        { alias: own?.friendlyName?.toLowerCase() ?? "1", type: "PrivateKeyEntry", chain: issued },
      ]);
    });

    it("has its MAC, key, certificates and names for certtool", async () => {
      const names = [...right.certificates, ...right.keys].flatMap(({ friendlyName }) => friendlyName ?? []);
      const info = await infoByCerttool(stored.file, stored.password);
      expect({ ...info, friendlyNames: info.friendlyNames.toSorted() }).toEqual({
        mac: protection === "compatible" ? "SHA1" : "SHA256",
        keys: 1,
        certificates: right.certificates.map(({ der }) => der),
        friendlyNames: names.sort(),
      });
    });

    const isKeyKnown = file !== "o30-ed25519.pfx";
    it(`is listed by pk12util${isKeyKnown ? "" : ", which does not know Ed25519 keys"}`, async () => {
      const { keys, certificates } = await listByPk12util(stored.file, stored.password);
      expect(keys).toBe(1);
      expect(certificates).toEqual(
        chain.map((each, index) => ({ thumbprint: each, hasPrivateKey: index === 0, isKeyKnown })),
      );
    });
  });

  if (/^[\x20-\x7e]+$/.test(password)) {
    it(`when kept, is for openssl pkcs12 ${flagsFor(file).join(" ")} what it was`, async () => {
      const stored = await prepare(pfxFile(file), password, { ...options, protection: "keep", now: vectorTime });
      expect(stored.password).toBe(password);
      expect(await openByOpenssl(stored.file, stored.password, flagsFor(file))).toEqual(original);
    });
  } else {
    it("can't be kept under its password", async () => {
      const kept = prepare(pfxFile(file), password, { ...options, protection: "keep", now: vectorTime });
      await expect(kept).rejects.toMatchObject({ code: password === "" ? "PASSWORD_EMPTY" : "PASSWORD_NOT_ASCII" });
    });
  }
});

function isOtherOfDual(thumbprint: string, own: string): boolean {
  return thumbprint !== own && Object.values(dual).includes(thumbprint);
}

it("loses the CSP's name and the mark of a machine's key, which the original has", async () => {
  const { keys } = await openByOpenssl(pfxFile("w-win-3des.pfx"), "Passw0rd!");
  expect(keys.map(({ attributes }) => attributes)).toEqual([
    ["Microsoft CSP Name", "Microsoft Local Key set", "friendlyName", "localKeyID"],
  ]);
  for (const protection of newProtections) {
    const stored = await prepare(pfxFile("w-win-3des.pfx"), "Passw0rd!", { protection, now: vectorTime });
    const opened = await openByOpenssl(stored.file, stored.password);
    expect(opened.keys.map(({ attributes }) => attributes)).toEqual([["friendlyName", "localKeyID"]]);
  }
});
