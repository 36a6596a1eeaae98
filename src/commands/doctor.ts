/**
 * `intune-pfx-gateway doctor`: runs the checks that an operator would try by hand. It changes nothing, reads one page of
 * certificates from Graph, and gives advice with every problem.
 */
import { createGraphTokens } from "../auth/graph-tokens.ts";
import type { Config } from "../config/config.ts";
import { GraphClient } from "../datasources/graph/graph-client.ts";
import { WriteQuota } from "../datasources/graph/pipeline/write-quota.ts";
import { InFlightCreates } from "../datasources/user-pfx-certificates/in-flight-creates.ts";
import { UserPfxCertificates } from "../datasources/user-pfx-certificates/user-pfx-certificates.ts";
import { type ErrorCode, GatewayError, GraphError } from "../errors.ts";
import { createLog, type TokenFailureRecord } from "../observability/log.ts";
import { untraced } from "../observability/span.ts";
import { systemClock } from "../request/clock.ts";
import { Deadline } from "../request/deadline.ts";
import { RequestClosed } from "../request/request-closed.ts";
import { adviceOnToken, stepOf } from "./setup-steps.ts";

export interface Finding {
  readonly check:
    | "configuration"
    | "identity"
    | "graph"
    | "apiVersion"
    | "permission"
    | "writeQuota"
    | "redis"
    | "clock";
  /** `skipped`: cannot be checked here. */
  readonly status: "ok" | "warning" | "failed" | "skipped";
  readonly detail: string;
  /** How to fix the problem. */
  readonly advice?: string;
}

const deadlineMs = 15_000;
/** Callers' tokens have a tolerance of one minute. With more skew, every token looks expired or not valid yet. */
const maxSkewMs = 60_000;
const noticeableSkewMs = 5000;
const wantedRole = "DeviceManagementConfiguration.ReadWrite.All";

/** Checks everything but the configuration, which has been read before. Never rejects. */
export async function examine(config: Config, graphBaseUrl: URL): Promise<Finding[]> {
  const { finding: identity, token } = await examineIdentity(config);
  const graph = await examineGraph(config, graphBaseUrl, token);
  return [withCertificateDates(identity, config), ...graph, examineQuota(config), ...(await examineRedis(config))];
}

/** Formats one line per finding, and one line for its advice. */
export function report(findings: readonly Finding[]): string {
  const marks = { ok: "ok     ", warning: "warning", failed: "FAILED ", skipped: "skipped" };
  return findings
    .map(({ check, status, detail, advice }) => {
      const line = `${marks[status]}  ${check.padEnd(13)}  ${detail}`;
      return advice === undefined ? line : `${line}\n${" ".repeat(24)}→ ${advice}`;
    })
    .join("\n");
}

async function examineIdentity({ authMode, identity, proxies }: Config): Promise<{ finding: Finding; token?: string }> {
  const check = "identity";
  if (identity === undefined) {
    const detail = authMode === "none" ? "the emulator accepts any token" : "callers send their own Graph tokens";
    return { finding: { check, status: "skipped", detail: `AUTH_MODE=${authMode}: ${detail}` } };
  }
  let lastFailure: TokenFailureRecord | undefined;
  try {
    const log = {
      tokenNotIssued(record: TokenFailureRecord) {
        lastFailure = record;
      },
    };
    const tokens = await createGraphTokens(identity, {
      nowMs: Date.now,
      clock: systemClock,
      log,
      metrics: undefined,
      proxies,
    });
    try {
      const token = await tokens.app(new Deadline(deadlineMs, systemClock));
      const roles = rolesOf(token);
      const detail = `Microsoft Entra issued a token for Graph; its roles: ${roles.join(", ") || "none"}`;
      if (authMode === "obo") {
        // The user's own token decides what the user may do, and it is not available here.
        return { finding: { check, status: "ok", detail: "Microsoft Entra accepts the credential" } };
      }
      if (roles.includes(wantedRole)) return { finding: { check, status: "ok", detail }, token };
      const advice = `Give the gateway's identity the application permission ${wantedRole}: ${stepOf("permission", "consent")}.`;
      return { finding: { check, status: "warning", detail, advice }, token };
    } finally {
      await tokens.close();
    }
  } catch (error) {
    const cause = causeOf(lastFailure);
    const detail =
      error instanceof GatewayError ? `${error.code}: ${error.message}${cause}` : "no token could be obtained";
    return { finding: { check, status: "failed", detail, advice: adviceOnToken(lastFailure) } };
  }
}

/** Adds what the dates of the gateway's certificate need, also to a refusal, whose reason they may be. */
function withCertificateDates(finding: Finding, { identity }: Config): Finding {
  const validity = identity?.credential.kind === "certificate" ? identity.credential.validity : undefined;
  if (validity === undefined) return finding;
  const { check, status, detail } = finding;
  const advice = "Add a new certificate to the application in Entra, then to AZURE_CLIENT_CERTIFICATE_PATH.";
  return {
    check,
    status: status === "ok" ? "warning" : status,
    detail: `${detail}; the certificate ${validity.state}: ${validity.date.toISOString().slice(0, 10)}`,
    advice: status === "ok" ? advice : `${advice} ${finding.advice ?? ""}`.trim(),
  };
}

/** Microsoft's error number, or why there was no answer. The operator may see what callers may not. */
function causeOf(failure: TokenFailureRecord | undefined): string {
  if (failure === undefined) return "";
  const numbers = failure.aadsts.map((number) => `AADSTS${number}`).join(", ");
  const cause = numbers || failure.reason || (failure.status === undefined ? "" : `HTTP ${failure.status}`);
  return cause === "" ? "" : ` (${cause})`;
}

async function examineGraph(config: Config, baseUrl: URL, token: string | undefined): Promise<Finding[]> {
  let version = config.graphApiVersion === "beta" ? "beta" : "v1.0";
  const log = {
    ...createLog("silent"),
    movedToBeta: () => {
      version = "beta";
    },
  };
  const client = new GraphClient({
    baseUrl,
    apiVersion: config.graphApiVersion,
    maxConnections: 1,
    proxies: config.proxies,
    circuitsOf: "tenants",
    writeQuotas: new Map([[undefined, new WriteQuota(1, systemClock)]]),
    log,
    metrics: undefined,
    clock: systemClock,
  });
  const caller = {
    token: async () => token ?? "of-the-doctor",
    authorize() {},
    audit() {},
    tokenOwner: "gateway",
    deadline: new Deadline(deadlineMs, systemClock),
    closed: new RequestClosed(),
    span: untraced(undefined),
  } as const;
  const knowsPermission = token !== undefined || config.authMode === "none";
  try {
    const failure = await new UserPfxCertificates(client, caller, new InFlightCreates(), 1)
      .list({ first: 1, after: null, filter: null })
      .then(
        () => undefined,
        (error: unknown) =>
          error instanceof GatewayError ? error : new GatewayError("UPSTREAM_UNAVAILABLE", "failed"),
      );
    const skew = examineClock(client);
    if (failure === undefined) {
      return [
        { check: "graph", status: "ok", detail: `${baseUrl.origin} answers` },
        { check: "apiVersion", status: "ok", detail: `${version} has userPfxCertificates` },
        knowsPermission
          ? { check: "permission", status: "ok", detail: "reading certificates is permitted" }
          : callersPermission,
        skew,
      ];
    }
    const detail = `${failure.code}: ${failure.message}`;
    const isMisconfigured = failure.code === "UPSTREAM_MISCONFIGURED";
    const isVersion = isMisconfigured && /segment|route/i.test(failure.message);
    const lacksIntune = isMisconfigured && /no Intune/.test(failure.message);
    const isPermission = !isVersion && permissionCodes.includes(failure.code);
    const graph: Finding =
      isVersion || isPermission
        ? { check: "graph", status: "ok", detail: `${baseUrl.origin} answers` }
        : { check: "graph", detail: `${baseUrl.origin}: ${detail}`, ...adviceOn(failure) };
    const untold = "not checked: this needs a token that Graph accepts";
    return [
      graph,
      isVersion && knowsPermission
        ? {
            check: "apiVersion",
            status: "failed",
            detail: failure.message,
            advice: "Set GRAPH_API_VERSION to auto, or to the version that has userPfxCertificates in this cloud.",
          }
        : { check: "apiVersion", status: "skipped", detail: isPermission ? untold : "could not be checked yet" },
      isPermission && knowsPermission
        ? {
            check: "permission",
            status: "failed",
            detail,
            advice: lacksIntune
              ? `Buy or assign an Intune license in this tenant, and open the Intune admin center once: ${stepOf("license")}. Check that AZURE_TENANT_ID names the intended tenant. This is no case for Microsoft's support.`
              : `Grant ${wantedRole}: ${stepOf("consent")}. Tokens issued earlier keep their old roles for an hour.`,
          }
        : knowsPermission
          ? { check: "permission", status: "skipped", detail: "could not be checked yet" }
          : callersPermission,
      skew,
    ];
  } finally {
    await client.close();
  }
}

const callersPermission: Finding = {
  check: "permission",
  status: "skipped",
  detail: "depends on the caller's token",
  advice: `A call shows it: ${stepOf("call")}. It needs consent and an Intune role: ${stepOf("consent", "role")}.`,
};

/** Codes about a token or its permissions. */
const permissionCodes: readonly ErrorCode[] = [
  "FORBIDDEN",
  "UNAUTHENTICATED",
  "CLAIMS_CHALLENGE",
  "UPSTREAM_MISCONFIGURED",
];

/** Advice on why Graph does not answer, as far as the failure shows. */
function adviceOn(failure: GatewayError): Pick<Finding, "status" | "advice"> {
  const isGraphs = failure instanceof GraphError && (failure.graph.code !== null || failure.graph.status >= 500);
  const isStranger = failure instanceof GraphError ? !isGraphs : failure.code === "UPSTREAM_INVALID_RESPONSE";
  if (isStranger) {
    const advice =
      "Something else answers instead of Graph, such as a proxy or a sign-in page. Allow this machine's requests to reach Graph.";
    return { status: "failed", advice };
  }
  if (failure instanceof GraphError && (failure.code === "THROTTLED" || failure.code === "UPSTREAM_UNAVAILABLE")) {
    return { status: "warning", advice: "Graph is reachable; run this check again in a minute." };
  }
  if (failure instanceof GraphError) {
    return { status: "failed", advice: "Read Graph's message. Microsoft's support can find the request by its id." };
  }
  const advice = "Check this machine's DNS and firewall, HTTPS_PROXY and NO_PROXY, and GRAPH_CLOUD or GRAPH_BASE_URL.";
  return { status: "failed", advice };
}

function examineClock({ graphClock }: GraphClient): Finding {
  if (!graphClock.isSet) return { check: "clock", status: "skipped", detail: "Graph's time is unknown" };
  const skewMs = graphClock.earliestAt(systemClock.now()) - Date.now();
  const seconds = Math.round(skewMs / 1000);
  const detail = `Graph's clock is ${Math.abs(seconds)} s ${seconds < 0 ? "behind" : "ahead of"} this machine's`;
  const advice = "Synchronise this machine's clock (NTP).";
  if (Math.abs(skewMs) > maxSkewMs) return { check: "clock", status: "failed", detail, advice };
  if (Math.abs(skewMs) > noticeableSkewMs) return { check: "clock", status: "warning", detail, advice };
  return { check: "clock", status: "ok", detail: "agrees with Graph's clock to within 5 s" };
}

function examineQuota({ graphWritesPer20s, redisUrl }: Config): Finding {
  const whose =
    redisUrl === undefined
      ? "for this process alone; with several replicas, set REDIS_URL"
      : "for all replicas together";
  return { check: "writeQuota", status: "ok", detail: `${graphWritesPer20s} writes in 20 s, ${whose}` };
}

/** Writes to Redis: a connection that only answers may be a read-only replica's. */
async function examineRedis({ redisUrl }: Config): Promise<Finding[]> {
  if (redisUrl === undefined) return [];
  const check = "redis";
  const { SharedStore } = await import("../shared-store.ts");
  const problem = await SharedStore.examine(redisUrl, createLog("silent"));
  if (problem === undefined) return [{ check, status: "ok", detail: "takes writes" }];
  const { kind, reason, detail, advice } = problem;
  if (kind !== "absent") return [{ check, status: "failed", detail: `${detail} (${reason})`, advice }];
  const meanwhile =
    "Until then each replica uses its own share of the write quota, its own rate limits and its own creates.";
  return [{ check, status: "warning", detail: `${detail} (${reason})`, advice: `${advice} ${meanwhile}` }];
}

/** Reads only the roles. The token is the gateway's own, and its other claims are not needed. */
function rolesOf(token: string): string[] {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    const roles = typeof claims === "object" && claims !== null && "roles" in claims ? claims.roles : [];
    return Array.isArray(roles) ? roles.filter((role) => typeof role === "string" && /^[\w.-]{1,100}$/.test(role)) : [];
  } catch {
    return [];
  }
}
