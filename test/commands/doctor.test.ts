import { describe, expect, it } from "vitest";
import { examine, report } from "../../src/commands/doctor.ts";
import { type Config, readConfig } from "../../src/config/config.ts";
import { answerStatus, dropRequest, type Fault, hangBeforeApplying, redirectTo } from "../../src/emulator/faults.ts";
import { startEmulator } from "../../src/emulator/server.ts";
import { identityAt } from "../support/identity.ts";
import { startIdentityProvider } from "../support/identity-provider.ts";

const collection = "/userPfxCertificates";
const always = { times: Number.POSITIVE_INFINITY };

async function examineWith(given: Partial<Config> = {}, faults: Fault[] = [], now?: () => number) {
  const emulator = await startEmulator({ faults, ...(now && { now }) });
  const defaults = readConfig({
    AUTH_MODE: "passthrough",
    GRAPH_BASE_URL: emulator.url,
    ALLOW_LOOPBACK_UPSTREAM: "true",
  });
  const findings = await examine({ ...defaults, ...given }, new URL(emulator.url));
  await emulator.close();
  const statuses = Object.fromEntries(findings.map(({ check, status }) => [check, status]));
  const of = (check: string) => findings.find((finding) => finding.check === check);
  return { findings, statuses, of, writes: emulator.requests.filter(({ method }) => method !== "GET") };
}

/** A gateway with an identity of its own, whose application has these roles. */
async function withIdentity(roles: string[], change: Partial<Config> = {}, faults: Fault[] = []) {
  await using provider = await startIdentityProvider();
  Object.assign(provider.token.settings, { format: "jwt", appRoles: roles });
  const result = await examineWith({ authMode: "app", identity: identityAt(provider), ...change }, faults);
  return {
    ...result,
    secrets: [provider.clientSecret, ...provider.token.requests.map(({ accessToken }) => accessToken)],
  };
}

const granted = ["DeviceManagementConfiguration.ReadWrite.All"];

describe("the doctor", () => {
  it("reports no problem for a healthy gateway, writes nothing, and prints no secret", async () => {
    const { findings, statuses, of, writes, secrets } = await withIdentity(granted);

    expect(statuses).toEqual({
      identity: "ok",
      graph: "ok",
      apiVersion: "ok",
      permission: "ok",
      clock: "ok",
      writeQuota: "ok",
    });
    expect(of("identity")?.detail).toContain(granted[0]);
    expect(writes).toEqual([]);
    expect(secrets.length).toBeGreaterThan(1);
    for (const secret of secrets) expect(JSON.stringify(findings)).not.toContain(secret);
  });

  it("names the role that the application lacks", async () => {
    const { of } = await withIdentity(["User.Read.All"]);

    expect(of("identity")).toMatchObject({ status: "warning", advice: expect.stringContaining(granted[0] ?? "") });
  });

  it("reports that the identity provider rejects the credential", async () => {
    await using provider = await startIdentityProvider();
    const identity = identityAt(provider, { kind: "secret", secret: "wrong" });

    const { of } = await examineWith({ authMode: "app", identity });

    expect(of("identity")).toMatchObject({ status: "failed", advice: expect.stringContaining("AZURE_CLIENT_ID") });
    expect(of("identity")?.detail).toMatch(/^UPSTREAM_MISCONFIGURED: .* \(AADSTS7000215\)$/);
  });

  it("names the cause if the identity provider does not answer", async () => {
    const provider = await startIdentityProvider();
    const identity = identityAt(provider);
    await provider[Symbol.asyncDispose]();

    const { of } = await examineWith({ authMode: "app", identity });

    expect(of("identity")?.detail).toMatch(/^UPSTREAM_UNAVAILABLE: .* \(ECONNREFUSED\)$/);
  });

  it("warns of a certificate that expires soon, though it is accepted", async () => {
    await using provider = await startIdentityProvider();
    const { path } = await provider.credentials.clientCertificate();
    const env = { AUTH_MODE: "app", AZURE_TENANT_ID: provider.tenantId, AZURE_CLIENT_ID: provider.clientId };
    const credential = readConfig({ ...env, AZURE_CLIENT_CERTIFICATE_PATH: path }).identity?.credential;
    if (credential?.kind !== "certificate") throw new Error("no certificate");
    const validity = { state: "expires soon", date: new Date("2031-02-03T04:05:06Z") } as const;
    Object.assign(provider.token.settings, { format: "jwt", appRoles: granted });

    const identity = identityAt(provider, { ...credential, validity });
    const { of } = await examineWith({ authMode: "app", identity });

    expect(of("identity")).toMatchObject({
      status: "warning",
      detail: expect.stringMatching(/the certificate expires soon: 2031-02-03$/),
      advice: expect.stringContaining("AZURE_CLIENT_CERTIFICATE_PATH"),
    });
  });

  it("reports a missing read permission with Graph's code", async () => {
    const { of, statuses } = await withIdentity(granted, {}, [answerStatus("GET", collection, 403, always)]);

    expect(statuses).toMatchObject({ graph: "ok", permission: "failed" });
    expect(of("permission")?.detail).toMatch(/^FORBIDDEN/);
  });

  it.each([
    ["plain", "Request not applicable to target tenant."],
    [
      "in Intune's JSON",
      JSON.stringify({ _version: 3, Message: "Request not applicable to target tenant - Operation ID 0" }),
    ],
  ])("says that the tenant needs a license if Graph does not serve it: %s", async (_, message) => {
    const body = { error: { code: "BadRequest", message } };
    const { of, statuses } = await withIdentity(granted, {}, [
      answerStatus("GET", collection, 400, { body, ...always }),
    ]);

    expect(statuses).toMatchObject({ graph: "ok", permission: "failed" });
    expect(of("permission")?.advice).toMatch(/Intune license/);
    expect(of("permission")?.advice).toMatch(/no case for Microsoft's support/);
  });

  it("passes on Graph's words about a status that it does not expect", async () => {
    const body = { error: { code: "BadRequest", message: "Something is wrong." } };
    const { of } = await withIdentity(granted, {}, [answerStatus("GET", collection, 400, { body, ...always })]);

    expect(of("graph")).toMatchObject({ status: "failed", detail: expect.stringContaining("Something is wrong.") });
    expect(of("graph")?.advice).toMatch(/^Read Graph's message/);
  });

  it("finds the version that has the collection", async () => {
    const body = {
      error: { code: "BadRequest", message: "Resource not found for the segment 'userPfxCertificates'." },
    };

    const moved = await withIdentity(granted, {}, [answerStatus("GET", /v1\.0.*userPfxCertificates/, 400, { body })]);
    const stuck = await withIdentity(granted, { graphApiVersion: "v1.0" }, [
      answerStatus("GET", collection, 400, { body, ...always }),
    ]);

    expect(stuck.of("apiVersion")).toMatchObject({
      status: "failed",
      advice: expect.stringContaining("GRAPH_API_VERSION"),
    });
    expect(moved.of("apiVersion")?.status).toBe("ok");
  });

  it.each([
    ["refuses", dropRequest("GET", collection, always)],
    ["does not answer", hangBeforeApplying("GET", collection, always)],
  ])("reports that Graph cannot be reached if it %s", { timeout: 30_000 }, async (_, fault) => {
    const { statuses, of } = await examineWith({}, [fault]);

    expect(statuses).toMatchObject({ graph: "failed" });
    expect(of("graph")?.advice).toMatch(/firewall/);
  });

  it.each([
    ["throttles", answerStatus("GET", collection, 429, { ...always, retryAfter: 60 }), "warning", /in a minute/],
    ["is down", answerStatus("GET", collection, 503, always), "warning", /in a minute/],
    [
      "is another site",
      answerStatus("GET", collection, 200, { ...always, body: "<html>" }),
      "failed",
      /Something else answers/,
    ],
    [
      "is nothing that has such a path",
      answerStatus("GET", collection, 404, { ...always, body: "<html>" }),
      "failed",
      /Something else answers/,
    ],
    [
      "points elsewhere",
      redirectTo("GET", collection, "http://portal.example/", 302, always),
      "failed",
      /Something else answers/,
    ],
  ])("does not report a missing permission if Graph %s", async (_, fault, status, advice) => {
    const { of, statuses } = await withIdentity(granted, {}, [fault]);

    expect(statuses).toMatchObject({ graph: status, apiVersion: "skipped", permission: "skipped" });
    expect(of("graph")?.advice).toMatch(advice);
  });

  it("skips the clock if Graph cannot be reached", async () => {
    const { statuses } = await examineWith({}, [dropRequest("GET", collection, always)]);

    expect(statuses.clock).toBe("skipped");
  });

  it.each([
    [0, "ok"],
    [20_000, "warning"],
    [-120_000, "failed"],
  ])("reports a clock %i ms from Graph's as %s", async (ms, status) => {
    const { statuses } = await examineWith({}, [], () => Date.now() + ms);

    expect(statuses.clock).toBe(status);
  });

  it("lists in passthrough the checks that need a caller", async () => {
    const { statuses } = await examineWith();

    expect(statuses).toMatchObject({ identity: "skipped", graph: "ok", permission: "skipped" });
  });

  it("warns of a Redis that does not answer", async () => {
    const { of } = await examineWith({ redisUrl: "redis://127.0.0.1:9" });

    expect(of("redis")?.status).toBe("warning");
  });

  it("prints a line for each finding and the advice below it", () => {
    const text = report([
      { check: "graph", status: "ok", detail: "answers" },
      { check: "clock", status: "failed", detail: "is wrong", advice: "Set it." },
    ]);

    expect(text.split("\n").map((line) => line.trim().replace(/\s+/g, " "))).toEqual([
      "ok graph answers",
      "FAILED clock is wrong",
      "→ Set it.",
    ]);
  });
});
