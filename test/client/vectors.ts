/** The files of `vectors/` with their right answers; the README there says what made them. */
import { constants, createPrivateKey, privateDecrypt } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

const folder = new URL("vectors/", import.meta.url);

export interface Vector {
  file: string;
  madeBy: string;
  password: string;
  notes?: string;
  expect?: {
    thumbprint: string;
    startDateTime: string;
    expirationDateTime: string;
    intendedPurpose: string | null;
    users: string[];
    certificates: number;
  };
  /** The code of the error. */
  error?: string;
}

export interface OaepVectors {
  decrypt: { key: string; paddingScheme: string; password: string; encryptedPfxPassword: string }[];
  limits: { bits: number; paddingScheme: string; maxBytes: number }[];
}

export const vectors: readonly Vector[] = JSON.parse(readFileSync(new URL("pfx.json", folder), "utf8"));
export const oaep: OaepVectors = JSON.parse(readFileSync(new URL("oaep.json", folder), "utf8"));

export function pfxFile(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`pfx/${name}`, folder)));
}

export function keyFile(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`keys/${name}`, folder)));
}

/** The public key of the pair `connector` or `connector3072`, in every form. */
export function publicKeyFiles(pair: string): string[] {
  return readdirSync(new URL("keys/", folder)).filter((name) => name.startsWith(`${pair}.`) && !name.endsWith(".key"));
}

/** What the connector does: RSA-OAEP with the scheme's hash, MGF1 with the same, no label. */
export function decryptPassword(encryptedPfxPassword: string, paddingScheme: string, keyPair = "connector"): string {
  return privateDecrypt(
    {
      key: createPrivateKey(Buffer.from(keyFile(`${keyPair}.key`))),
      padding: constants.RSA_PKCS1_OAEP_PADDING,
      oaepHash: paddingScheme.replace("OAEP_SHA", "sha"),
    },
    Buffer.from(encryptedPfxPassword, "base64"),
  ).toString("ascii");
}
