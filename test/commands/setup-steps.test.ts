/** What the doctor says about a set-up that lacks a step, and docs/getting-started.md, which quotes it. */
import { describe, expect, it } from "vitest";
import { examine, report } from "../../src/commands/doctor.ts";
import { adviceOnConfiguration } from "../../src/commands/setup-steps.ts";
import { type Config, readConfig } from "../../src/config/config.ts";
import type { Credential } from "../../src/config/identity.ts";
import { ConfigError } from "../../src/config/read-env.ts";
import { answerStatus } from "../../src/emulator/faults.ts";
import { startEmulator } from "../../src/emulator/server.ts";
import { blocksOf, read } from "../docs/pages.ts";
import { identityAt } from "../support/identity.ts";
import { startIdentityProvider } from "../support/identity-provider.ts";
import { serveManagedIdentity } from "../support/managed-identity.ts";

const page = "docs/getting-started.md";
const headings = [...read(page).matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
const permission = "DeviceManagementConfiguration.ReadWrite.All";
const clientId = "5b0f4b5e-1f0a-4a39-8f0e-2f6a7c9d3b22";

interface SetUp {
  readonly mode: "passthrough" | "obo" | "app";
  /** Of the application, in `app`. */
  readonly roles?: readonly string[];
  /** Microsoft's number for the token request. */
  readonly refusal?: number;
  readonly credential?: Credential;
  /** What Graph answers, if it does not list certificates. */
  readonly graph?: { readonly status: number; readonly message?: string };
}

/** What the doctor prints about checks that need a set-up. */
async function doctor({ mode, roles = [permission], refusal, credential, graph }: SetUp): Promise<string> {
  await using provider = await startIdentityProvider();
  Object.assign(provider.token.settings, { format: "jwt", appRoles: roles });
  if (refusal !== undefined) {
    provider.token.challenges.push({ error: "invalid_client", code: refusal, claims: null, status: 401 });
  }
  const { status = 0, message = "An error has occurred." } = graph ?? {};
  const body = { error: { code: status === 403 ? "Forbidden" : "BadRequest", message } };
  const always = { times: Number.POSITIVE_INFINITY, ...(status === 400 && { body }) };
  const faults = graph === undefined ? [] : [answerStatus("GET", "/userPfxCertificates", status, always)];
  const emulator = await startEmulator({ faults });
  const defaults = readConfig({
    AUTH_MODE: "passthrough",
    GRAPH_BASE_URL: emulator.url,
    ALLOW_LOOPBACK_UPSTREAM: "true",
  });
  const identity = mode === "passthrough" ? undefined : identityAt(provider, credential);
  const config: Config = { ...defaults, authMode: mode, identity };
  const text = report(await examine(config, new URL(emulator.url)));
  await emulator.close();
  return text.replaceAll(new URL(emulator.url).origin, "https://graph.microsoft.com");
}

/** The same for variables that can't be used. */
function configuration(env: NodeJS.ProcessEnv): string {
  try {
    readConfig({ NODE_ENV: "production", ...env });
    return "";
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return adviceOnConfiguration(error.problems);
  }
}

/** The headings that a text names. */
const namedIn = (text: string) =>
  [...text.matchAll(/docs\/getting-started\.md, ((?:"[^"]+"(?: and )?)+)/g)].flatMap(([, list = ""]) =>
    [...list.matchAll(/"([^"]+)"/g)].map(([, heading]) => heading),
  );

const refusedByGraph = { status: 401 };
const setUps: Readonly<Record<string, SetUp>> = {
  "complete, passthrough": { mode: "passthrough" },
  "complete, obo": { mode: "obo", graph: refusedByGraph },
  "complete, app": { mode: "app" },
  "without the permission or consent": { mode: "app", roles: [], graph: { status: 403 } },
  "without Intune": { mode: "app", graph: { status: 400, message: "Request not applicable to target tenant." } },
  "with an expired secret": { mode: "obo", refusal: 7000222, graph: refusedByGraph },
};

describe("the doctor", () => {
  it.each([
    [90002, "Fill in the values"],
    [700016, "Register the gateway"],
    [7000229, "Register the gateway"],
    [7000112, "Register the gateway"],
    [7000215, "Give the gateway a credential"],
    [7000222, "Give the gateway a credential"],
    [700027, "Give the gateway a credential"],
    [700211, "Give the gateway a credential"],
    [700213, "Give the gateway a credential"],
  ])("names the step that AADSTS%i means: %s", async (refusal, heading) => {
    const text = await doctor({ mode: "obo", refusal, graph: refusedByGraph });

    const [, advice = ""] = /^FAILED {3}identity.*\n +→ (.*)$/m.exec(text) ?? [];
    expect(namedIn(advice)).toEqual([heading]);
  });

  it("names both steps that an unknown refusal may mean", async () => {
    expect(await doctor({ mode: "app", refusal: 7777777 })).toContain(
      '"Register the gateway" and "Give the gateway a credential"',
    );
  });

  it("names the credential's step if the managed identity gives no token", async () => {
    await using provider = await startIdentityProvider();
    using _ = serveManagedIdentity(provider);
    provider.faults.fail("imds", { status: 400, body: { error: "invalid_request", error_description: "" } }, "always");

    const text = await doctor({
      mode: "obo",
      credential: { kind: "trustedIdentity", clientId },
      graph: refusedByGraph,
    });

    expect(text).toContain(
      'Assign the managed identity to this machine, and check its client id: docs/getting-started.md, "Give',
    );
  });

  it.each([
    [{}, ["Choose the mode"]],
    [{ AUTH_MODE: "obo" }, ["Fill in the values", "Register the gateway", "Give the gateway a credential"]],
    [{ AUTH_MODE: "app", AZURE_TENANT_ID: clientId, AZURE_CLIENT_ID: clientId }, ["Give the gateway a credential"]],
    [{ AUTH_MODE: "passthrough", PORT: "no" }, []],
  ])("names the steps of variables that are missing: %o", (env, expected) => {
    expect(namedIn(configuration(env))).toEqual(expected);
  });

  it("names only headings of the page, and the page quotes only what the doctor prints", {
    timeout: 30_000,
  }, async () => {
    const texts = [];
    for (const setUp of Object.values(setUps)) texts.push(await doctor(setUp));
    const printed = texts.join("\n");
    const lines = new Set(["ok       configuration  can be used", ...printed.split("\n")]);

    expect(namedIn(printed).length).toBeGreaterThan(5);
    expect(namedIn(printed).filter((name) => !headings.includes(name))).toEqual([]);
    const quoted = blocksOf(page, "text").flatMap((block) => block.trimEnd().split("\n"));
    expect(quoted.length).toBeGreaterThan(12);
    expect(quoted.filter((line) => !lines.has(line))).toEqual([]);
  });

  it("has a heading in the page for each step that it may name", () => {
    const [, table = ""] = /const headings = \{([\s\S]*?)\}/.exec(read("src/commands/setup-steps.ts")) ?? [];
    const steps = [...table.matchAll(/: "([^"]+)"/g)].map(([, heading]) => heading);

    expect(steps.length).toBeGreaterThan(6);
    expect(steps.filter((step) => !headings.includes(step))).toEqual([]);
  });
});
