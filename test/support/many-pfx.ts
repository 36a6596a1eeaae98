/** Many small .pfx files, each with a certificate of its own user. They share one key, since making keys takes long. */
import { generateKeyPairSync } from "node:crypto";
import { aCertificate, aPfx, ExtendedKeyUsage, pkcs8Of } from "./pfx.ts";

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = { der: pkcs8Of(privateKey) };

/** @param keyUsages default: for encryption */
export function pfxOf(
  user: string,
  {
    password = "secret",
    keyUsages = ["keyEncipherment"],
    macIterations,
    ...validity
  }: {
    password?: string;
    macIterations?: number;
    keyUsages?: readonly ("keyEncipherment" | "digitalSignature")[];
    notBefore?: Date;
    notAfter?: Date;
  } = {},
): Uint8Array {
  const certificate = aCertificate({
    publicKey,
    commonName: user,
    userPrincipalNames: [user],
    extendedKeyUsages: [ExtendedKeyUsage.EMAIL],
    keyUsages,
    ...validity,
  });
  return aPfx({ password, macIterations, keys: [key], certificates: [{ der: certificate }] });
}
