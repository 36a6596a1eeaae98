/** From a .pfx file to what Intune has: library, gateway and emulator, and at the end the connector with OpenSSL. */
import { prepareUserPfxCertificate } from "intune-pfx-client";
import {
  CreateUserPfxCertificateDocument as CREATE,
  CreateUserPfxCertificatesDocument as CREATE_MANY,
} from "intune-pfx-client/operations";
import { beforeAll, describe, expect, it } from "vitest";
import { decryptPassword, keyFile } from "../client/vectors.ts";
import { startGateway } from "../support/gateway.ts";
import { type Authority, anAuthority, anIdentity, exportByOpenssl } from "./make.ts";
import { openByOpenssl } from "./open.ts";
import { protections } from "./prepare.ts";
import { rewritten } from "./rewritten.ts";

const secret = "Passw0rd!";
let authority: Authority;

beforeAll(async () => {
  authority = await anAuthority();
});

/** What GraphQL calls `OAEP_SHA512`, Graph calls `oaepSha512`. */
const schemes = { OAEP_SHA256: "oaepSha256", OAEP_SHA384: "oaepSha384", OAEP_SHA512: "oaepSha512" } as const;

describe.each(["RSA 2048", "P-256"] as const)("a new file with a key of %s", (kind) => {
  describe.each(protections)("under protection %s", (protection) => {
    it.each(["connector", "connector3072"])("reaches Graph so that %s opens it", async (keyPair) => {
      const user = await anIdentity(kind, { issuer: authority });
      const pfx = await exportByOpenssl(user, secret, ["-name", "User One", "-certfile", authority.chain]);
      const original = await openByOpenssl(pfx, secret);
      await using gateway = await startGateway();

      for (const [paddingScheme, wireScheme] of Object.entries(schemes)) {
        const { input } = await prepareUserPfxCertificate(pfx, secret, {
          publicKey: keyFile(`${keyPair}.rsapublicblob`),
          keyName: "PFXEncryptionKey",
          userPrincipalName: `${wireScheme}@contoso.example`,
          protection,
          paddingScheme: paddingScheme === "OAEP_SHA256" || paddingScheme === "OAEP_SHA384" ? paddingScheme : undefined,
        });
        const { data, errors } = await gateway.send(CREATE, { input });

        expect(errors).toBeUndefined();
        expect(data?.createUserPfxCertificate).toMatchObject({
          thumbprint: user.thumbprint,
          userPrincipalName: input.userPrincipalName,
        });
        const stored = gateway.emulator.records.at(-1);
        expect(stored).toMatchObject({
          ...input,
          intendedPurpose: "smimeEncryption",
          paddingScheme: wireScheme,
          thumbprint: user.thumbprint,
        });
        const password = decryptPassword(stored?.encryptedPfxPassword ?? "", paddingScheme, keyPair);
        const opened = await openByOpenssl(Buffer.from(stored?.encryptedPfxBlob ?? "", "base64"), password);
        expect(opened).toEqual(protection === "keep" ? original : rewritten(original, user.thumbprint));
      }

      expect(gateway.emulator.ledger.map(({ method, thumbprint }) => [method, thumbprint])).toEqual(
        Object.keys(schemes).map(() => ["POST", user.thumbprint]),
      );
    });
  });
});

it("ten new files in one mutation reach Graph, each with a password of its own", async () => {
  const users = await Promise.all(Array.from({ length: 10 }, () => anIdentity("P-256", { issuer: authority })));
  const files = await Promise.all(users.map((user) => exportByOpenssl(user, secret)));
  const inputs = await Promise.all(
    files.map(async (pfx) => {
      const publicKey = keyFile("connector.spki.pem");
      return (await prepareUserPfxCertificate(pfx, secret, { publicKey, keyName: "PFXEncryptionKey" })).input;
    }),
  );
  await using gateway = await startGateway();

  const { data, errors } = await gateway.send(CREATE_MANY, { inputs });

  expect(errors).toBeUndefined();
  expect(data?.createUserPfxCertificates).toMatchObject({ createdCount: 10, failedCount: 0 });
  const passwords = new Set<string>();
  for (const [index, pfx] of files.entries()) {
    const thumbprint = users[index]?.thumbprint ?? "";
    const stored = gateway.emulator.records.find((record) => record.thumbprint === thumbprint);
    const password = decryptPassword(stored?.encryptedPfxPassword ?? "", "OAEP_SHA512");
    passwords.add(password);
    const opened = await openByOpenssl(Buffer.from(stored?.encryptedPfxBlob ?? "", "base64"), password);
    expect(opened).toEqual(rewritten(await openByOpenssl(pfx, secret), thumbprint));
  }
  expect(passwords.size).toBe(10);
});
