import { generateKeyPairSync } from "node:crypto";
import { prepareUserPfxCertificate } from "intune-pfx-client";
import { describe, expect, it } from "vitest";
import { aCertificate, aPfx, pkcs8Of } from "../support/pfx.ts";
import { keyFile } from "./vectors.ts";

describe("prepareUserPfxCertificate", () => {
  it("lets other tasks run while it does hundreds of thousands of rounds that WebCrypto can't do", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const certificate = aCertificate({ publicKey, userPrincipalNames: ["user1@contoso.example"] });
    const pfx = aPfx({
      keys: [{ der: pkcs8Of(privateKey) }],
      certificates: [{ der: certificate }],
      macIterations: 600_000,
    });
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 1);
    await prepareUserPfxCertificate(pfx, "secret", {
      publicKey: keyFile("connector.spki.pem"),
      keyName: "K",
      intendedPurpose: "SMIME_SIGNING",
      protection: "keep",
    }).finally(() => clearInterval(timer));
    expect(ticks).toBeGreaterThanOrEqual(10);
  });
});
