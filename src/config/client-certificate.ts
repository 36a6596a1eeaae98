/**
 * Reads the certificate with which the gateway proves its identity to Microsoft Entra, from a PEM file. The file may have the
 * parts in any order, and other certificates of the chain: Azure Key Vault exports the issuer before or after, the key first or
 * last. The certificate that belongs to the private key counts.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { attempt, decode, type Report, readBytes } from "./text-file.ts";

export interface ClientCertificate {
  readonly thumbprintSha256: string;
  /** PEM. */
  readonly privateKey: string;
  /** Only if its dates need attention; the gateway starts all the same. */
  readonly validity?: CertificateValidity | undefined;
}

export interface CertificateValidity {
  readonly state: "has expired" | "is not valid yet" | "expires soon";
  /** The date that decides. */
  readonly date: Date;
}

/** Entra refuses shorter keys, and msal-node does not sign with them. */
const minModulusBits = 2048;
const soonMs = 30 * 24 * 3_600_000;
const rule = "must name a PEM file with a certificate and its unencrypted private key";

/** @param nowMs epoch milliseconds. */
export function readClientCertificate(
  path: string,
  problem: Report,
  nowMs = Date.now(),
): ClientCertificate | undefined {
  const bytes = readBytes(path, problem);
  if (bytes === undefined) return undefined;
  const text = decode(bytes) ?? "";
  if (bytes.toString("latin1").trim() === "") {
    problem("must name a file that is not empty");
    return undefined;
  }
  const found = findIn(text, bytes, nowMs);
  if (typeof found !== "string") return found;
  problem(`${rule}: ${found}`);
  return undefined;
}

/** The certificate, or what is wrong with the file. */
function findIn(text: string, bytes: Buffer, nowMs: number): ClientCertificate | string {
  const blocks = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----/g)].map(
    ([pem, label = ""]) => ({
      pem,
      label,
    }),
  );
  if (blocks.length === 0) return isPkcs12(bytes, text) ? "it is a PKCS #12 file" : "it has neither in PEM form";
  const certificates = blocks.filter(({ label }) => label.endsWith("CERTIFICATE"));
  const keys = blocks.filter(({ label }) => label.endsWith("PRIVATE KEY"));
  const open = keys.filter(
    ({ pem, label }) => !label.startsWith("ENCRYPTED") && !/^Proc-Type: *4, *ENCRYPTED/m.test(pem),
  );
  if (keys.length === 0) {
    const isPublic = blocks.some(({ label }) => label.endsWith("PUBLIC KEY"));
    return isPublic ? "it has a public key, but no private key" : "it has no private key";
  }
  if (open.length === 0) return "its private key is encrypted";
  if (certificates.length === 0) return "it has no certificate";
  const readableKeys = open.flatMap(({ pem }) => {
    const key = attempt(() => createPrivateKey(pem));
    return key === undefined ? [] : [{ pem, key }];
  });
  const readable = certificates.flatMap(({ pem }) => attempt(() => new X509Certificate(pem)) ?? []);
  if (readableKeys.length === 0) return "its private key can't be read";
  if (readable.length === 0) return "its certificate can't be read";
  return pairOf(readableKeys, readable, nowMs);
}

function pairOf(
  keys: readonly { pem: string; key: KeyObject }[],
  certificates: readonly X509Certificate[],
  nowMs: number,
): ClientCertificate | string {
  const pairs = keys.flatMap(({ pem, key }) => {
    // Several certificates of one key are a renewal.
    const [certificate] = certificates
      .filter((each) => each.checkPrivateKey(key))
      .sort((one, other) => rankOf(other, nowMs) - rankOf(one, nowMs));
    return certificate === undefined ? [] : [{ pem, key, certificate }];
  });
  const [pair, ...others] = pairs;
  if (pair === undefined) return "no certificate in it belongs to its private key";
  if (others.some(({ certificate }) => certificate.fingerprint256 !== pair.certificate.fingerprint256)) {
    return "it has several private keys with a certificate";
  }
  const { key, certificate, pem } = pair;
  if (key.asymmetricKeyType !== "rsa") return "its key is not an RSA key, and Microsoft Entra takes only RSA keys here";
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < minModulusBits) {
    return `its RSA key is shorter than ${minModulusBits} bits`;
  }
  const thumbprintSha256 = certificate.fingerprint256.replaceAll(":", "");
  return { thumbprintSha256, privateKey: pem, validity: validityOf(certificate, nowMs) };
}

/** A certificate that is valid now comes before any other; of several, the one that is valid longest. */
function rankOf(certificate: X509Certificate, nowMs: number): number {
  const endMs = Date.parse(certificate.validTo);
  const isValid = Date.parse(certificate.validFrom) <= nowMs && nowMs < endMs;
  return isValid ? endMs : endMs - Number.MAX_SAFE_INTEGER;
}

function validityOf({ validFrom, validTo }: X509Certificate, nowMs: number): CertificateValidity | undefined {
  const [from, to] = [new Date(validFrom), new Date(validTo)];
  if (to.getTime() <= nowMs) return { state: "has expired", date: to };
  if (from.getTime() > nowMs) return { state: "is not valid yet", date: from };
  return to.getTime() - nowMs < soonMs ? { state: "expires soon", date: to } : undefined;
}

/** DER of PKCS #12: a sequence that begins with version 3. Azure Key Vault gives it in base64. */
function isPkcs12(bytes: Buffer, text: string): boolean {
  const isBase64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(text);
  const hex = (isBase64 ? Buffer.from(text, "base64") : bytes).toString("hex", 0, 12);
  return /^30(?:[0-7].|80|81..|82.{4}|83.{6}|84.{8})020103/.test(hex);
}
