import { UserPfxCertificatesDocument as LIST } from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";
import { startGateway } from "../support/gateway.ts";
import { identityAt } from "../support/identity.ts";
import { startIdentityProvider } from "../support/identity-provider.ts";
import { serveManagedIdentity } from "../support/managed-identity.ts";

const managedIdentity = "3a4e7d00-0000-4000-8000-000000000004";

/** @param trusted the managed identity that the application trusts in Entra. */
async function start(authMode: "obo" | "app", trusted = managedIdentity) {
  const provider = await startIdentityProvider();
  const endpoint = serveManagedIdentity(provider, "App Service");
  provider.credentials.trustedIdentity = trusted;
  const identity = identityAt(provider, { kind: "trustedIdentity", clientId: managedIdentity });
  const gateway = await startGateway({ config: { authMode, identity } });
  return {
    provider,
    gateway,
    failures: () => gateway.log.filter(({ msg }) => msg === "no token for Graph"),
    async list(user: string) {
      return gateway.send(LIST, {}, { authorization: `Bearer ${await provider.callers.issue({ sub: user })}` });
    },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
      endpoint[Symbol.dispose]();
    },
  };
}

describe("a managed identity that the application trusts", () => {
  it.each(["obo", "app"] as const)("is the application's credential in %s", async (mode) => {
    await using here = await start(mode);

    expect((await here.list("anna")).errors).toBeUndefined();

    const [asked] = here.provider.requests.filter(({ endpoint }) => endpoint === "appService");
    const query = new URL(asked?.path ?? "", here.provider.url).searchParams;
    expect(query.get("resource")).toBe("api://AzureADTokenExchange");
    expect(query.get("client_id")).toBe(managedIdentity);
    expect(here.provider.token.requests).toMatchObject([
      {
        grant: mode === "obo" ? "on_behalf_of" : "client_credentials",
        authentication: "federated",
        form: { client_id: here.provider.clientId },
      },
    ]);
    expect(here.gateway.emulator.requests[0]?.headers.authorization).toBe(
      `Bearer ${here.provider.token.requests[0]?.accessToken}`,
    );
  });

  it("is asked once for the requests of many callers", async () => {
    await using here = await start("obo");

    for (const user of ["anna", "ben", "chris"]) expect((await here.list(user)).errors).toBeUndefined();

    expect(here.provider.count("appService")).toBe(1);
    expect(here.provider.token.requests).toHaveLength(3);
  });

  it("is asked again when its token is about to expire", async () => {
    await using here = await start("obo");
    here.provider.token.settings.lifetimeSeconds = 60; // less than the margin

    for (const user of ["anna", "ben"]) expect((await here.list(user)).errors).toBeUndefined();

    expect(here.provider.count("appService")).toBe(2);
  });

  it("is refused by Entra if the application trusts another one", async () => {
    await using here = await start("obo", "3a4e7d00-0000-4000-8000-000000000005");

    const { errors } = await here.list("anna");

    expect(errors?.[0]?.extensions).toMatchObject({ code: "UPSTREAM_MISCONFIGURED" });
    expect(here.failures()).toMatchObject([{ source: "entra", aadsts: [7000215] }]);
  });

  it("is asked again after its endpoint failed, and the log names the endpoint", async () => {
    await using here = await start("app");
    here.provider.faults.fail("appService", { status: 500 }, 1);

    expect((await here.list("anna")).errors).toBeUndefined();

    expect(here.failures()).toMatchObject([{ source: "managedIdentity", status: 500 }]);
    expect(here.provider.token.requests).toHaveLength(1);
  });
});
