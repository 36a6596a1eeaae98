/**
 * A client certificate: it signs an assertion, and its SHA-256 thumbprint says which certificate that was.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/certificate-credentials
 */
import { createHash, createPrivateKey, type KeyObject, webcrypto, X509Certificate } from "node:crypto";
import { type ClientAuth, modifyAssertion, PrivateKeyJwt } from "oauth4webapi";
import { type CliError, usageError } from "../cli-error.ts";
import type { Io } from "../io.ts";
import { readSecretFile } from "./secret-file.ts";

const lifetimeSeconds = 600;

/** @param path of a PEM file with an RSA key and its certificate; other certificates, in any order, don't matter. */
export async function readCertificate(path: string, option: string, io: Io): Promise<ClientAuth> {
  const pem = await readSecretFile(path, option, io);
  const problem = (what: string): CliError => usageError("OPTION_INVALID", `${path} (${option}) ${what}.`, { option });
  const privateKey = readPrivateKey(pem, problem);
  const certificate = blocksOf(pem, "CERTIFICATE")
    .map((block) => parsed(() => new X509Certificate(block)))
    .find((each) => each?.checkPrivateKey(privateKey));
  if (certificate === undefined) throw problem("has no certificate that belongs to its private key");
  const thumbprint = createHash("sha256").update(certificate.raw).digest("base64url");
  const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
  const key = await webcrypto.subtle
    .importKey("pkcs8", pkcs8, { name: "RSA-PSS", hash: "SHA-256" }, false, ["sign"])
    .finally(() => pkcs8.fill(0));
  return async (server, client, body, headers) => {
    const sign = PrivateKeyJwt(key, {
      [modifyAssertion](header, payload) {
        const now = Math.floor(io.now().getTime() / 1000);
        header["x5t#S256"] = thumbprint;
        payload.aud = server.token_endpoint;
        payload.iat = now;
        payload.nbf = now;
        payload.exp = now + lifetimeSeconds;
      },
    });
    await sign(server, client, body, headers);
  };
}

function readPrivateKey(pem: string, problem: (what: string) => CliError): KeyObject {
  const [block, ...others] = blocksOf(pem, "[A-Z ]*PRIVATE KEY");
  if (block === undefined) throw problem("must be a PEM file with a private key and its certificate");
  if (others.length > 0) throw problem("has more than one private key");
  if (/ENCRYPTED/.test(block)) throw problem("has an encrypted private key; it must not be encrypted");
  const key = parsed(() => createPrivateKey(block));
  if (key === undefined) throw problem("has a private key that can't be read");
  if (key.asymmetricKeyType !== "rsa") throw problem("has a key that is not RSA; Microsoft Entra takes RSA keys only");
  return key;
}

function blocksOf(pem: string, label: string): string[] {
  return pem.match(new RegExp(`-----BEGIN ${label}-----[^]+?-----END ${label}-----`, "g")) ?? [];
}

/** What OpenSSL says of it helps nobody. */
function parsed<Value>(parse: () => Value): Value | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
