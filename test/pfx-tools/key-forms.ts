/** Every readable file of `test/client/vectors`, under every protection, for a connector's key in every form. */
import { createHash, createPublicKey } from "node:crypto";
import { createSecureContext } from "node:tls";
import { readPublicKey } from "intune-pfx-client";
import { describe, expect, it } from "vitest";
import { keyFile, pfxFile, publicKeyFiles } from "../client/vectors.ts";
import { prepare, protections, readable, vectorTime } from "./prepare.ts";

/** Each opening of these takes a second, so that they are prepared for two of the forms. */
const slow = ["ct38-default.pfx", "nss3110-default.pfx"];

/** Called by a test file for each pair of keys, so that the pairs are tried side by side. */
export function describeFormsOf(keyPair: string, right: { bits: number; forms: number }): void {
  const forms = publicKeyFiles(keyPair);

  it(`reads the same key from all ${right.forms} forms of ${keyPair}`, async () => {
    const der = createPublicKey(Buffer.from(keyFile(`${keyPair}.key`))).export({ type: "spki", format: "der" });
    const fingerprint = createHash("sha256").update(der).digest("hex");
    expect(forms).toHaveLength(right.forms);
    for (const form of forms) {
      expect(await readPublicKey(keyFile(form)), form).toMatchObject({ bits: right.bits, fingerprint });
    }
  });

  describe.each(readable)("$file", ({ file, password, expect: expected }) => {
    const original = pfxFile(file);
    const tried = slow.includes(file) ? [`${keyPair}.spki.pem`, `${keyPair}.rsapublicblob`] : forms;

    it.each(protections)(`is prepared for ${tried.length} forms of ${keyPair}, protection %s`, async (protection) => {
      for (const form of tried) {
        const options = { publicKey: keyFile(form), protection, now: vectorTime };
        const prepared = prepare(original, password, options, keyPair);
        if (protection === "keep" && !/^[\x20-\x7e]+$/.test(password)) {
          const code = password === "" ? "PASSWORD_EMPTY" : "PASSWORD_NOT_ASCII";
          await expect(prepared, form).rejects.toMatchObject({ name: "PfxError", code });
          continue;
        }
        const stored = await prepared;
        expect(stored.input, form).toMatchObject({
          thumbprint: expected?.thumbprint,
          intendedPurpose: expected?.intendedPurpose,
          startDateTime: expected?.startDateTime,
          expirationDateTime: expected?.expirationDateTime,
        });
        if (protection === "keep") {
          expect(stored.password, form).toBe(password);
          expect(Buffer.from(original.subarray(0, stored.file.length)).equals(stored.file), form).toBe(true);
        } else {
          expect(stored.password, form).toMatch(/^[A-HJ-NP-Za-kmnp-z2-9]{32}$/);
          const opened = { pfx: Buffer.from(stored.file), passphrase: stored.password };
          expect(() => createSecureContext(opened), form).not.toThrow();
        }
      }
    });
  });
}
