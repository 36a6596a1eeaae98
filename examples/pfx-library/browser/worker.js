/** The worker: the file's key and its password stay in here. */
import { PfxError, prepareUserPfxCertificate } from "intune-pfx-client";

addEventListener("message", async ({ data: { file, password } }) => {
  try {
    const response = await fetch("/connector-key");
    if (!response.ok) throw new Error(`The connector's key is not there: HTTP ${response.status}`);
    const { input, warnings } = await prepareUserPfxCertificate(file, password, {
      publicKey: await response.arrayBuffer(),
      keyName: "PFXEncryptionKey",
    });
    postMessage({ input, warnings });
  } catch (error) {
    const code = error instanceof PfxError ? error.code : "UNEXPECTED";
    postMessage({ error: { code, message: error.message } });
  }
});
