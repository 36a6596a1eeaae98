/** Keys of all kinds, written anew, before the tools of others: do they read the key itself? */
import type { PfxWarningCode } from "intune-pfx-client";
import { beforeAll, describe, expect, it } from "vitest";
import { expectOpened } from "./expect-opened.ts";
import { anAuthority, anIdentity, exportByOpenssl, type Identity, type KeyKind } from "./make.ts";
import {
  copyByKeytool,
  importsByPk12util,
  infoByCerttool,
  listByPk12util,
  type OpenedFile,
  openByOpenssl,
  thumbprintOf,
} from "./open.ts";
import { newProtections, prepare, type Stored } from "./prepare.ts";
import { rewritten } from "./rewritten.ts";

const secret = "Passw0rd!";

interface KindFacts {
  kind: KeyKind;
  keyAlgorithm: string;
  keyBits: number;
  /** Beside those that every one of these files brings. */
  warnings?: PfxWarningCode[];
  /** NSS 3.87 does not know them all. */
  isUnknownToNss?: boolean;
}

const kinds: KindFacts[] = [
  { kind: "RSA 1024", keyAlgorithm: "RSA", keyBits: 1024, warnings: ["WEAK_KEY"] },
  { kind: "RSA 2048", keyAlgorithm: "RSA", keyBits: 2048 },
  { kind: "RSA 3072", keyAlgorithm: "RSA", keyBits: 3072 },
  { kind: "RSA 4096", keyAlgorithm: "RSA", keyBits: 4096 },
  { kind: "RSA-PSS 2048", keyAlgorithm: "RSA", keyBits: 2048 },
  { kind: "P-256", keyAlgorithm: "P-256", keyBits: 256 },
  { kind: "P-384", keyAlgorithm: "P-384", keyBits: 384 },
  { kind: "P-521", keyAlgorithm: "P-521", keyBits: 521 },
  { kind: "secp256k1", keyAlgorithm: "secp256k1", keyBits: 256, warnings: ["UNUSUAL_KEY"] },
  { kind: "brainpoolP256r1", keyAlgorithm: "brainpoolP256r1", keyBits: 256, warnings: ["UNUSUAL_KEY"] },
  { kind: "Ed25519", keyAlgorithm: "Ed25519", keyBits: 256, warnings: ["UNUSUAL_KEY"], isUnknownToNss: true },
  {
    kind: "Ed448",
    keyAlgorithm: "Ed448",
    keyBits: 456,
    warnings: ["UNUSUAL_KEY", "UNVERIFIED_KEY"],
    isUnknownToNss: true,
  },
];

describe.each(kinds)(
  "a key of the kind $kind",
  ({ kind, keyAlgorithm, keyBits, warnings = [], isUnknownToNss = false }) => {
    let user: Identity;
    let pfx: Uint8Array;
    let right: OpenedFile;

    beforeAll(async () => {
      const authority = await anAuthority();
      user = await anIdentity(kind, { issuer: authority });
      pfx = await exportByOpenssl(user, secret, ["-name", "User One", "-certfile", authority.chain]);
      right = rewritten(await openByOpenssl(pfx, secret), user.thumbprint);
    });

    it("comes out of openssl pkcs12 as it went in", async () => {
      const all = await expectOpened({ pfx, password: secret, thumbprint: user.thumbprint });
      expect(all.map(({ certificate }) => [certificate.keyAlgorithm, certificate.keyBits])).toEqual(
        all.map(() => [keyAlgorithm, keyBits]),
      );
      const expected = ["DUAL_USE", ...warnings].toSorted();
      expect(all.map((stored) => stored.warnings.toSorted())).toEqual([
        expected,
        expected,
        [...expected, "MAY_NOT_OPEN"].toSorted(),
      ]);
    });

    describe.each(newProtections)("written anew, protection %s", (protection) => {
      let stored: Stored;

      beforeAll(async () => {
        stored = await prepare(pfx, secret, { protection });
      });

      it("is listed with its certificates by certtool and pk12util", async () => {
        const { keys, certificates } = await infoByCerttool(stored.file, stored.password);
        expect({ keys, certificates }).toEqual({ keys: 1, certificates: right.certificates.map(({ der }) => der) });
        const list = await listByPk12util(stored.file, stored.password);
        expect(list.certificates.map(({ thumbprint, hasPrivateKey }) => [thumbprint, hasPrivateKey])).toEqual(
          right.certificates.map(({ der }, index) => [thumbprintOf(der), index === 0]),
        );
      });

      it("is read by keytool, which copies it with its chain", async () => {
        const { keys, certificates } = await openByOpenssl(
          await copyByKeytool(stored.file, stored.password),
          stored.password,
        );
        expect(keys.map(({ der }) => der)).toEqual(right.keys.map(({ der }) => der));
        expect(certificates.map(({ der }) => der)).toEqual(right.certificates.map(({ der }) => der));
      });

      it(isUnknownToNss ? "is not imported by NSS, which knows no such keys" : "is imported by NSS", async () => {
        expect(await importsByPk12util(stored.file, stored.password)).toBe(!isUnknownToNss);
      });
    });
  },
);
