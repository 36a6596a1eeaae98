import { prepareUserPfxCertificate } from "intune-pfx-client";
import { describe, expect, it } from "vitest";
import { keyFile, pfxFile } from "./vectors.ts";

describe("prepareUserPfxCertificate", () => {
  it("lets other tasks run while it derives keys in hundreds of thousands of rounds", async () => {
    let isDone = false;
    let tasks = 0;
    const prepared = prepareUserPfxCertificate(pfxFile("ct38-default.pfx"), "Passw0rd!", {
      publicKey: keyFile("connector.spki.pem"),
      keyName: "K",
    }).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve));
      tasks += 1;
    }
    await prepared;
    expect(tasks).toBeGreaterThan(20);
  });
});
