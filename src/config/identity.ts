/** Reads the accepted callers and the gateway's own identity, for the modes `obo` and `app`. */
import type { ClientCertificate } from "./client-certificate.ts";
import type { Reader } from "./read-env.ts";

/** The gateway's credential. */
export type Credential =
  | { kind: "secret"; secret: string }
  | ({ kind: "certificate" } & ClientCertificate)
  /** The file is read for each token, because the platform replaces it. */
  | { kind: "federated"; path: string }
  | { kind: "managedIdentity" }
  /** The application trusts a user-assigned managed identity: that identity's token stands for a secret. */
  | { kind: "trustedIdentity"; clientId: string };

export interface IdentityConfig {
  authorityUrl: URL;
  tenantId: string;
  /** Undefined only for a system-assigned managed identity. */
  clientId: string | undefined;
  credential: Credential;
  /** Graph's root with `/.default`. */
  graphScope: string;
  /** The audience of a managed identity's token that stands for a secret; each cloud has its own. */
  exchangeAudience: string;
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
  reader: Reader,
  mode: "obo" | "app",
  authorityUrl: URL,
  cloud: Pick<IdentityConfig, "graphScope" | "exchangeAudience">,
): IdentityConfig {
  const { read, problem } = reader;
  const credential = readCredential(reader, mode);
  const tenantId = read("AZURE_TENANT_ID") ?? "";
  if (tenantId === "") problem("AZURE_TENANT_ID", "must be set: the tenant's id, a GUID");
  const clientId = read("AZURE_CLIENT_ID");
  const audience = read("AUTH_AUDIENCE");
  if (clientId === undefined && !read("AZURE_USE_MANAGED_IDENTITY")) {
    problem("AZURE_CLIENT_ID", "must be set: the application's id, a GUID");
  } else if (clientId === undefined && audience === undefined) {
    problem(
      "AUTH_AUDIENCE",
      "must be set if AZURE_CLIENT_ID is not set: callers can't be verified without an audience",
    );
  }
  const allowedTenants = read("AUTH_ALLOWED_TENANTS");
  return {
    authorityUrl,
    tenantId,
    clientId,
    credential,
    ...cloud,
    audience,
    allowedTenants: allowedTenants.length > 0 ? allowedTenants : [tenantId],
    write: { scope: read("AUTH_REQUIRED_SCOPE"), role: read("AUTH_REQUIRED_ROLE") },
    read: { scope: read("AUTH_READ_SCOPE"), role: read("AUTH_READ_ROLE") },
  };
}

function readCredential({ read, problem, problems }: Reader, mode: "obo" | "app"): Credential {
  const earlier = problems.length;
  const secret = read("AZURE_CLIENT_SECRET");
  const path = read("AZURE_FEDERATED_TOKEN_FILE");
  const trusted = read("AZURE_FEDERATED_IDENTITY_CLIENT_ID");
  const certificate = read("AZURE_CLIENT_CERTIFICATE_PATH");
  const given: Credential[] = [
    ...(secret ? [{ kind: "secret" as const, secret }] : []),
    ...(certificate ? [{ kind: "certificate" as const, ...certificate }] : []),
    ...(path ? [{ kind: "federated" as const, path }] : []),
    ...(trusted ? [{ kind: "trustedIdentity" as const, clientId: trusted }] : []),
    ...(read("AZURE_USE_MANAGED_IDENTITY") ? [{ kind: "managedIdentity" as const }] : []),
  ];
  const [credential, ...more] = given;
  // A credential that can't be read has its own problem already.
  if ((credential === undefined && problems.length === earlier) || more.length > 0) {
    const names =
      "AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH, AZURE_FEDERATED_TOKEN_FILE, AZURE_FEDERATED_IDENTITY_CLIENT_ID";
    const managed = mode === "app" ? " or AZURE_USE_MANAGED_IDENTITY=true" : "";
    problem("AZURE_CLIENT_SECRET", `exactly one of ${names}${managed} must be set`);
  } else if (credential?.kind === "managedIdentity" && mode === "obo") {
    problem("AZURE_USE_MANAGED_IDENTITY", "works only in app mode; obo mode needs another credential");
  }
  return credential ?? { kind: "managedIdentity" };
}
