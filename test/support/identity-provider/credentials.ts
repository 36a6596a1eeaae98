/**
 * The gateway's own credentials at the identity provider, as files where the gateway wants files: a client certificate
 * with its key, and federated tokens as Kubernetes would project them.
 */
import { createHash, randomUUID, X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeProtectedHeader, jwtVerify } from "jose";
import { generate } from "selfsigned";

export interface ClientCertificate {
  /** PEM of certificate and private key, for `AZURE_CLIENT_CERTIFICATE_PATH`. */
  readonly path: string;
  readonly certificate: string;
  readonly privateKey: string;
}

export class Credentials {
  readonly clientSecret: string;
  /** The client id of the managed identity that the application trusts, as its federated credential names it. */
  trustedIdentity: string | undefined;
  readonly #clientId: string;
  readonly #certificates = new Map<string, X509Certificate>();
  readonly #federatedTokens = new Set<string>();
  #folder: Promise<string> | undefined;

  constructor(clientId: string, clientSecret: string) {
    this.#clientId = clientId;
    this.clientSecret = clientSecret;
  }

  /** Writes a text to a file that goes when the provider is closed. @returns its path. */
  async file(name: string, text: string): Promise<string> {
    this.#folder ??= mkdtemp(join(tmpdir(), "identity-provider-"));
    const path = join(await this.#folder, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  }

  /**
   * A new certificate, accepted for the client from now on.
   *
   * @param fileOf puts the file together; default the certificate, which is its own issuer, then the key.
   */
  async clientCertificate(
    fileOf?: (certificate: string, key: string, issuer: string) => string,
  ): Promise<ClientCertificate> {
    const options = { keySize: 2048, algorithm: "sha256" } as const;
    const issuer = fileOf && (await generate([{ name: "commonName", value: "issuer" }], options));
    const pem = await generate([{ name: "commonName", value: "gateway" }], {
      ...options,
      ...(issuer && { ca: { key: issuer.private, cert: issuer.cert } }),
    });
    const certificate = new X509Certificate(pem.cert);
    this.#certificates.set(createHash("sha256").update(certificate.raw).digest("base64url"), certificate);
    const path = await this.file(
      `client-${randomUUID()}.pem`,
      fileOf && issuer ? fileOf(pem.cert, pem.private, issuer.cert) : `${pem.cert}\n${pem.private}`,
    );
    return { path, certificate: pem.cert, privateKey: pem.private };
  }

  /** Accepts this token as the client's credential from now on. */
  acceptFederated(token: string): void {
    this.#federatedTokens.add(token);
  }

  /** Writes a new federated token, accepted from now on besides the earlier ones; with a path, over that file. */
  async federatedTokenFile(path?: string): Promise<string> {
    const token = `federated.${randomUUID()}.token`;
    this.acceptFederated(token);
    if (path === undefined) return this.file(`federated-${randomUUID()}`, token);
    await writeFile(path, token);
    return path;
  }

  /** How a token request authenticates the client; undefined where it doesn't. @param audience the token endpoint. */
  async check(form: Readonly<Record<string, string>>, audience: string): Promise<ClientAuthentication | undefined> {
    if (form.client_id !== this.#clientId) return undefined;
    if (form.client_secret !== undefined) return form.client_secret === this.clientSecret ? "secret" : undefined;
    const { client_assertion: assertion, client_assertion_type: type } = form;
    if (assertion === undefined || type !== "urn:ietf:params:oauth:client-assertion-type:jwt-bearer") return undefined;
    if (this.#federatedTokens.has(assertion)) return "federated";
    return (await this.#isCertificates(assertion, audience)) ? "certificate" : undefined;
  }

  async #isCertificates(assertion: string, audience: string): Promise<boolean> {
    try {
      const thumbprint = decodeProtectedHeader(assertion)["x5t#S256"];
      const certificate = typeof thumbprint === "string" ? this.#certificates.get(thumbprint) : undefined;
      if (certificate === undefined) return false;
      const { payload } = await jwtVerify(assertion, certificate.publicKey, {
        algorithms: ["PS256", "RS256"],
        issuer: this.#clientId,
        subject: this.#clientId,
        requiredClaims: ["exp", "jti"],
        clockTolerance: 60, // MSAL rounds the time to whole seconds, upwards too
      });
      // The same endpoint over http and over https is the same audience.
      return String(payload.aud).endsWith(new URL(audience).pathname);
    } catch {
      return false;
    }
  }

  async remove(): Promise<void> {
    if (this.#folder !== undefined) await rm(await this.#folder, { recursive: true, force: true });
  }
}

export type ClientAuthentication = "secret" | "certificate" | "federated";
