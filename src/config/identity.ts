/** Reads the accepted callers and the gateway's own identity, for the modes `obo` and `app`. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { ConfigReader } from "./read-env.ts";

/** The gateway's credential. */
export type Credential =
  | { kind: "secret"; secret: string }
  | { kind: "certificate"; thumbprintSha256: string; privateKey: string }
  /** The file is read for each token, because the platform replaces it. */
  | { kind: "federated"; path: string }
  | { kind: "managedIdentity" };

export interface IdentityConfig {
  authorityUrl: URL;
  tenantId: string;
  /** Undefined only for a system-assigned managed identity. */
  clientId: string | undefined;
  credential: Credential;
  /** Graph's root with `/.default`. */
  graphScope: string;
  /** An accepted audience of callers' tokens besides the client id. */
  audience: string | undefined;
  /** GUIDs in lower case. */
  allowedTenants: readonly string[];
  /** Scopes of users' tokens and roles of applications' tokens: `write` permits writing and reading, `read` only reading. */
  write: { scope: string; role: string };
  read: { scope: string; role: string };
}

/** Adds every problem to the reader. The result is used only if there is no problem. */
export function readIdentity(
  read: ConfigReader,
  mode: "obo" | "app",
  authorityUrl: URL,
  graphScope: string,
): IdentityConfig {
  const [tenantId = "", ...moreTenants] = read.guids("AZURE_TENANT_ID");
  if (tenantId === "" || moreTenants.length > 0)
    read.problem("AZURE_TENANT_ID", "must be the id of one tenant, a GUID");
  const clientId = read.word("AZURE_CLIENT_ID", "").toLowerCase() || undefined; // tokens contain it in lower case
  const audience = read.word("AUTH_AUDIENCE", "") || undefined;
  const credential = readCredential(read, mode);
  if (clientId === undefined && credential.kind !== "managedIdentity") read.problem("AZURE_CLIENT_ID", "must be set");
  if (clientId === undefined && audience === undefined) {
    read.problem(
      "AUTH_AUDIENCE",
      "must be set if AZURE_CLIENT_ID is not set: callers can't be verified without an audience",
    );
  }
  const allowedTenants = read.guids("AUTH_ALLOWED_TENANTS");
  return {
    authorityUrl,
    tenantId,
    clientId,
    credential,
    graphScope,
    audience,
    allowedTenants: allowedTenants.length > 0 ? allowedTenants : [tenantId],
    write: {
      scope: read.word("AUTH_REQUIRED_SCOPE", "Pfx.ReadWrite"),
      role: read.word("AUTH_REQUIRED_ROLE", "Pfx.ReadWrite.All"),
    },
    read: { scope: read.word("AUTH_READ_SCOPE", "Pfx.Read"), role: read.word("AUTH_READ_ROLE", "Pfx.Read.All") },
  };
}

function readCredential(read: ConfigReader, mode: "obo" | "app"): Credential {
  const secret = read.secret("AZURE_CLIENT_SECRET");
  const certificate = read.text("AZURE_CLIENT_CERTIFICATE_PATH", "");
  const federated = read.text("AZURE_FEDERATED_TOKEN_FILE", "");
  if (federated !== "") read.file("AZURE_FEDERATED_TOKEN_FILE"); // only checks the file; its content is read again later
  const given: Credential[] = [
    ...(secret === undefined ? [] : [{ kind: "secret" as const, secret }]),
    ...(certificate === "" ? [] : [readCertificate(read, "AZURE_CLIENT_CERTIFICATE_PATH")]),
    ...(federated === "" ? [] : [{ kind: "federated" as const, path: federated }]),
    ...(read.boolean("AZURE_USE_MANAGED_IDENTITY", false) ? [{ kind: "managedIdentity" as const }] : []),
  ];
  const [credential, ...more] = given;
  if (credential === undefined || more.length > 0) {
    const names = "AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH, AZURE_FEDERATED_TOKEN_FILE";
    const managed = mode === "app" ? " or AZURE_USE_MANAGED_IDENTITY=true" : "";
    read.problem("AZURE_CLIENT_SECRET", `exactly one of ${names}${managed} must be set`);
  } else if (credential.kind === "managedIdentity" && mode === "obo") {
    read.problem("AZURE_USE_MANAGED_IDENTITY", "works only in app mode; obo mode needs another credential");
  }
  return credential ?? { kind: "managedIdentity" };
}

function readCertificate(read: ConfigReader, name: string): Credential {
  const pem = read.file(name) ?? "";
  const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+?-----END [A-Z ]*PRIVATE KEY-----/.exec(pem)?.[0] ?? "";
  const certificate = parsed(() => new X509Certificate(pem));
  const key = parsed(() => createPrivateKey(privateKey));
  if (pem !== "" && (certificate === undefined || key === undefined || !certificate.checkPrivateKey(key))) {
    read.problem(name, "must name a PEM file with a certificate and its unencrypted private key");
  }
  return { kind: "certificate", thumbprintSha256: certificate?.fingerprint256.replaceAll(":", "") ?? "", privateKey };
}

/** Returns undefined instead of OpenSSL's error, which does not help and may reveal too much. */
function parsed<Value>(parse: () => Value): Value | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
