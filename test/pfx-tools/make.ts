/** Keys, certificates and PFX files, made by OpenSSL. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { newFile, newPath, readBytes, run } from "./run.ts";

/** What `openssl genpkey` is told. */
export const keyKinds = {
  "RSA 1024": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
  "RSA 2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
  "RSA 3072": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"],
  "RSA 4096": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"],
  "RSA-PSS 2048": ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
  "P-256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
  "P-384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
  "P-521": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
  secp256k1: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"],
  brainpoolP256r1: ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:brainpoolP256r1"],
  Ed25519: ["-algorithm", "ED25519"],
  Ed448: ["-algorithm", "ED448"],
} as const;

export type KeyKind = keyof typeof keyKinds;

export interface Identity {
  /** Files in PEM. */
  key: string;
  certificate: string;
  /** SHA-1 of the certificate. */
  thumbprint: string;
}

export interface Authority extends Identity {
  /** Its own certificate and that of the authority above it, in one PEM file. */
  chain: string;
}

const configuration = `
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[user]
keyUsage = digitalSignature, keyEncipherment
extendedKeyUsage = emailProtection
subjectAltName = email:user1@contoso.example
`;

/** A root, and an authority that it has certified. */
export async function anAuthority(): Promise<Authority> {
  const root = await anIdentity("P-256", { name: "Test Root", section: "authority" });
  const issuing = await anIdentity("P-256", { name: "Test Issuing CA", section: "authority", issuer: root });
  const chain = readFileSync(issuing.certificate, "utf8") + readFileSync(root.certificate, "utf8");
  return { ...issuing, chain: newFile("chain.pem", chain) };
}

/** A user's key and certificate, unless told otherwise; signed by itself without an issuer. */
export async function anIdentity(
  kind: KeyKind,
  { name = "User One", section = "user", issuer }: { name?: string; section?: string; issuer?: Identity } = {},
): Promise<Identity> {
  const [key, certificate] = [newPath("key.pem"), newPath("certificate.pem")];
  await run("openssl", ["genpkey", ...keyKinds[kind], "-out", key]);
  const request = ["-config", newFile("openssl.cnf", configuration), "-extensions", section, "-subj", `/CN=${name}`];
  const signer = issuer === undefined ? [] : ["-CA", issuer.certificate, "-CAkey", issuer.key];
  await run("openssl", [
    "req",
    "-x509",
    "-new",
    "-key",
    key,
    ...request,
    ...signer,
    "-days",
    "365",
    "-out",
    certificate,
  ]);
  return { key, certificate, thumbprint: thumbprintOfFile(certificate) };
}

function thumbprintOfFile(certificate: string): string {
  return new X509Certificate(readFileSync(certificate)).fingerprint.replaceAll(":", "").toLowerCase();
}

/** By `openssl pkcs12 -export`, with the old ciphers at hand. */
export async function exportByOpenssl(
  { key, certificate }: Identity,
  password: string,
  flags: readonly string[] = [],
): Promise<Uint8Array> {
  const path = newPath("made.pfx");
  const args = ["-export", "-inkey", key, "-in", certificate, "-passout", "env:PFX_PASSWORD", "-out", path, ...flags];
  const providers = ["-provider", "default", "-provider", "legacy"];
  await run("openssl", ["pkcs12", ...args, ...providers], { env: { PFX_PASSWORD: password } });
  return readBytes(path);
}
