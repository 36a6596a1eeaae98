/** Which way to sign in, and the settings that each way needs. */
import { describe, expect, it } from "vitest";
import { createSignIn, missingSettings, type SignInSettings } from "../../../packages/cli/src/sign-in/sign-in.ts";
import { signInClientId, signInTenantId } from "../../support/entra-sign-in.ts";
import { createWorld, failureOf, remoteGateway, signInAt, type WorldOptions } from "./world.ts";

const nowhere = { url: new URL("http://127.0.0.1:9") };
const loopback = new URL("http://127.0.0.1:4000/graphql");
const app = { AZURE_CLIENT_ID: signInClientId };

async function modeOf(settings: Partial<SignInSettings>, options: WorldOptions = {}): Promise<string> {
  await using world = await createWorld(options);
  return signInAt(nowhere, world, settings).mode;
}

async function refusalOf(settings: Partial<SignInSettings>, options: WorldOptions = {}) {
  await using world = await createWorld(options);
  return failureOf(() => signInAt(nowhere, world, settings));
}

describe("the mode", () => {
  it("is token where there is one, before anything else", async () => {
    expect(
      await modeOf({ gateway: loopback }, { env: { ...app, AZURE_CLIENT_SECRET: "s", INTUNE_PFX_TOKEN: "t" } }),
    ).toBe("token");
    expect(await modeOf({ tokenFile: "token.txt" })).toBe("token");
  });

  it.each([
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_SECRET_FILE",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_FEDERATED_TOKEN_FILE",
  ])("is app where AZURE_CLIENT_ID and %s are set, also for loopback", async (name) => {
    expect(await modeOf({ gateway: loopback }, { env: { ...app, [name]: "value" } })).toBe("app");
    expect(await modeOf({ gateway: loopback }, { env: { [name]: "value" } })).toBe("none");
  });

  it.each([
    "http://localhost:4000/",
    "http://127.0.0.1/",
    "http://127.8.9.1/",
    "http://[::1]:4000/",
    "https://localhost/",
  ])("is none for the loopback gateway %s", async (url) => {
    expect(await modeOf({ gateway: new URL(url) }, { env: app })).toBe("none");
  });

  it.each(["https://localhost.contoso.example/", "https://128.0.0.1/", "https://127.contoso.example/"])(
    "is not none for %s",
    async (url) => {
      expect(await modeOf({ gateway: new URL(url) })).toBe("browser");
    },
  );

  it("is browser where somebody is there", async () => {
    expect(await modeOf({})).toBe("browser");
  });

  it.each([
    ["without a terminal", {}, { terminal: false }],
    ["with --no-input", { noInput: true }, {}],
  ])("must be said %s: the choices are listed", async (_, settings, options) => {
    const { exitCode, code, option, message } = await refusalOf(settings, options);

    expect({ exitCode, code, option }).toEqual({ exitCode: 64, code: "MISSING", option: "--auth" });
    for (const choice of ["--auth app", "--auth az", "--auth device-code", "--token-file", "INTUNE_PFX_TOKEN"]) {
      expect(message).toContain(choice);
    }
    expect(Math.max(...message.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it.each(["browser", "device-code", "app", "az", "none", "token"] as const)(
    "is %s where that is said",
    async (auth) => {
      const env = { AZURE_CLIENT_SECRET: "s", INTUNE_PFX_TOKEN: "t" };
      expect(await modeOf({ auth }, { env })).toBe(auth);
    },
  );

  it.each([
    ["without a terminal", {}, { terminal: false }],
    ["with --no-input", { noInput: true }, {}],
  ])("can't be browser %s, but can be device-code", async (_, settings, options) => {
    const { exitCode, option, message } = await refusalOf({ auth: "browser", ...settings }, options);

    expect({ exitCode, option }).toEqual({ exitCode: 64, option: "--auth" });
    expect(message).toContain("--auth device-code");
    expect(await modeOf({ auth: "device-code", ...settings }, options)).toBe("device-code");
  });

  it("can't be token without a token", async () => {
    const { exitCode, option, message } = await refusalOf({ auth: "token" });

    expect({ exitCode, option }).toEqual({ exitCode: 64, option: "--token-file" });
    expect(message).toContain("INTUNE_PFX_TOKEN");
  });

  it("can't be app without a credential, or with two", async () => {
    const none = await refusalOf({ auth: "app" }, { env: app });
    expect(none.exitCode).toBe(64);
    expect(none.message).toContain("AZURE_CLIENT_CERTIFICATE_PATH");

    const env = { ...app, AZURE_CLIENT_SECRET: "canary", AZURE_FEDERATED_TOKEN_FILE: "file" };
    const two = await refusalOf({ auth: "app" }, { env });
    expect(two.exitCode).toBe(64);
    expect(two.message).toMatch(/AZURE_CLIENT_SECRET\n.*AZURE_FEDERATED_TOKEN_FILE/);
    expect(two.message).not.toContain("canary");
  });
});

describe("settings", () => {
  it.each(["browser", "device-code", "app"] as const)("of %s that are missing are reported at once", async (auth) => {
    await using world = await createWorld({ env: { ...app, AZURE_CLIENT_SECRET: "s" } });
    const { exitCode, code, option, message } = await failureOf(() =>
      createSignIn({ auth, gateway: remoteGateway, noInput: false }, world.io, globalThis.fetch),
    );

    expect({ exitCode, code, option }).toEqual({ exitCode: 64, code: "MISSING", option: "--tenant" });
    expect(message).toBe(`Nothing was sent: 3 settings are missing.

  --tenant ID       the tenant's id or domain name
  --client-id ID    the id of the app registration to sign in with
  --scope SCOPE     the gateway's scope: api://.../.default

'intune-pfx setup' asks for them, tests them and saves them.`);
  });

  it("of az: only the scope must be there", async () => {
    const { option, message } = await refusalOf({ auth: "az", tenant: undefined, clientId: undefined, scope: "" });

    expect(option).toBe("--scope");
    expect(message).toMatch(/^Nothing was sent: 1 setting is missing\.\n\n {2}--scope SCOPE {4}/);
    expect(await modeOf({ auth: "az", tenant: undefined, clientId: undefined })).toBe("az");
  });

  it("of token and none: nothing", () => {
    expect(missingSettings("token", {})).toEqual([]);
    expect(missingSettings("none", {})).toEqual([]);
  });

  it.each([
    ["--tenant", { tenant: "organizations" }],
    ["--tenant", { tenant: "contoso.example/../evil" }],
    ["--tenant", { tenant: "-.example" }],
    ["--client-id", { clientId: "my app" }],
    ["--client-id", { clientId: "contoso.example" }],
    ["--scope", { scope: "two  spaces" }],
    ["--scope", { scope: "--subscription" }],
    ["--scope", { scope: "api://a/.default --debug" }],
    ["--scope", { scope: "line\nend" }],
  ])("%s can't be %j", async (option, settings) => {
    const refusal = await refusalOf({ auth: "device-code", ...settings });

    expect(refusal).toMatchObject({ exitCode: 64, code: "OPTION_INVALID", option });
    expect(refusal.message).toMatch(new RegExp(`^${option} must be `));
  });

  it.each([{ tenant: "contoso.example" }, { tenant: signInTenantId.toUpperCase() }, { scope: "api://a/b api://a/c" }])(
    "can be %j",
    async (settings) => {
      expect(await modeOf({ auth: "device-code", ...settings })).toBe("device-code");
    },
  );

  it("an application's scope ends in /.default", async () => {
    const env = { AZURE_CLIENT_SECRET: "s" };
    const refusal = await refusalOf({ auth: "app", scope: "api://pfx-gateway/Pfx.ReadWrite" }, { env });

    expect(refusal).toMatchObject({ exitCode: 64, option: "--scope" });
  });

  it("the authority can be replaced by a loopback address only", async () => {
    const refusal = await refusalOf({ auth: "device-code", authorityUrl: new URL("http://login.evil.example/") });

    expect(refusal.exitCode).toBe(64);
  });
});

describe("none", () => {
  it("has no token and no account, and nothing to renew", async () => {
    await using world = await createWorld();
    const signIn = signInAt(nowhere, world, { auth: "none" });

    await signIn.renew();
    expect(await signIn.token()).toBeUndefined();
    expect(signIn.account()).toBeUndefined();
  });
});

describe("clouds", () => {
  it.each([
    [undefined, "https://login.microsoftonline.com"],
    ["global", "https://login.microsoftonline.com"],
    ["usgov", "https://login.microsoftonline.us"],
    ["usgov-dod", "https://login.microsoftonline.us"],
    ["china", "https://login.chinacloudapi.cn"],
  ] as const)("%s is asked at %s", async (cloud, authority) => {
    await using world = await createWorld();
    const asked: string[] = [];
    const signIn = signInAt(nowhere, world, { auth: "device-code", cloud, authorityUrl: undefined }, async (url) => {
      asked.push(url);
      throw new Error("no network here");
    });

    await failureOf(signIn.token());
    expect(asked).toEqual([`${authority}/${signInTenantId}/oauth2/v2.0/devicecode`]);
  });
});
