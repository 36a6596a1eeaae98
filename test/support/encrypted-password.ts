/** Passwords as the certificate connector wants them: ciphertexts of RSA-OAEP with SHA-512, of a throw-away key of 2,048 bits. */
import { constants, createPublicKey, publicEncrypt, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

const samples: { input: Sample; inputs: Sample[] } = JSON.parse(
  readFileSync(new URL("../../operations/variables.json", import.meta.url), "utf8"),
);

interface Sample {
  readonly encryptedPfxPassword: string;
}

/** Those of the sample operations. */
export const encryptedPassword = samples.input.encryptedPfxPassword;
export const anotherEncryptedPassword = samples.inputs[0]?.encryptedPfxPassword ?? "";

/** Nobody has the private key. */
const publicKey = createPublicKey({
  key: Buffer.from(
    [
      "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAmOV67jgKeGo5bSZHIxiSGTIHx8T+9Jvtyft/U9vFnO1DisNkIUIk0ks5",
      "P6txqIgHSSeD4DG5Xi5caAjK2TtLtAV/4z/gJz76r7PNGv86c13sk+PrsWpyGNy7l2tV+V1KDW2niUK2GvoxKkMm3PYIO5VJuabu",
      "eLMkrpG9/urGrv6ZDxTEqkNELRxoz162dV6KuKOoEEQgcrkyJYgUM/yO1oSYHlEx4OzS3pMMU+2Q4k7y6f/5jZxfPCUoRrs5wFL/",
      "3EBL5EXGcsYe6i+5VHoVqjeOz1XXfqaAU4ROo8IRYZrKH160YqxkK0QDpTqIC2GpgF4XiQmZtCqkQr2oGnOLMwIDAQAB",
    ].join(""),
    "base64",
  ),
  format: "der",
  type: "spki",
});

/** A new one each time. */
export function encryptAPassword(): string {
  const key = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha512" };
  return publicEncrypt(key, randomBytes(18)).toString("base64");
}
