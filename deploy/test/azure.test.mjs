/** deploy/azure: the registration script before a fake of Azure CLI. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { aTenant, canary, folder, graph, script } from "./tenant.mjs";

const { generate } = createRequire(new URL("../../package.json", import.meta.url))("selfsigned");

const importerSteps = ["ad app create", "ad sp create", "ad app permission add", "POST /v1.0/oauth2PermissionGrants"];

const modes = {
  passthrough: { variables: {}, steps: importerSteps },
  obo: {
    variables: { TRUSTED_IDENTITY: "3a4e7d00-0000-4000-8000-000000000004" },
    steps: [
      "ad app create",
      "ad sp create",
      "PATCH /v1.0/applications/ID",
      "ad app permission add",
      "POST /v1.0/oauth2PermissionGrants",
      "ad app federated-credential create",
      ...importerSteps,
    ],
  },
  app: {
    variables: {
      JOB_NAME: "pfx-job",
      FEDERATED_ISSUER: "https://oidc.example/id/",
      FEDERATED_SUBJECT: "system:serviceaccount:pfx:gateway",
    },
    steps: [
      "ad app create",
      "ad sp create",
      "PATCH /v1.0/applications/ID",
      "ad app permission add",
      "POST /v1.0/servicePrincipals/ID/appRoleAssignments",
      "ad app federated-credential create",
      ...importerSteps,
      "ad app create",
      "ad sp create",
      "POST /v1.0/servicePrincipals/ID/appRoleAssignments",
    ],
  },
};

for (const [mode, { variables, steps }] of Object.entries(modes)) {
  describe(`the registration, ${mode}`, () => {
    const tenant = aTenant();
    let first;
    before(async () => {
      first = await tenant.register({ MODE: mode, ...variables });
    });

    it("takes the page's steps in their order", async () => {
      assert.equal(first.status, 0, first.stderr);
      assert.deepEqual(first.writes, steps);
    });

    it("makes nothing twice, however often it runs", async () => {
      const before = JSON.stringify({ ...tenant, calls: [] });

      const second = await tenant.register({ MODE: mode, ...variables });

      assert.equal(second.status, 0, second.stderr);
      assert.deepEqual(second.writes, []);
      assert.equal(second.stdout, first.stdout);
      assert.equal(JSON.stringify({ ...tenant, calls: [] }), before);
    });

    it("prints the gateway's variables, and the importer's options", async () => {
      const gateway = tenant.app("pfx-gateway");
      const importer = tenant.app("pfx-import");
      const { tenantId } = tenant;

      const identity = gateway ? [`AZURE_TENANT_ID=${tenantId}`, `AZURE_CLIENT_ID=${gateway.appId}`] : [];
      assert.deepEqual(first.stdout.trim().split("\n"), [`AUTH_MODE=${mode}`, ...identity]);
      const scope = gateway ? `api://${gateway.appId}/.default` : "https://graph.microsoft.com/.default";
      assert.match(first.stderr, new RegExp(`--client-id ${importer.appId} --scope ${scope}\n`));
      assert.equal(gateway === undefined, mode === "passthrough");
    });

    it("grants the permission to whom Graph sees, and lets the importer call the gateway", async () => {
      const { grants, assignments, principals } = tenant;
      const principalOf = (name) => principals.find(({ appId }) => appId === tenant.app(name)?.appId)?.id;
      const [gateway, importer, job] = ["pfx-gateway", "pfx-import", "pfx-job"].map(principalOf);
      const scopes = grants.map(({ clientId, resourceId, scope, consentType }) => [
        clientId,
        resourceId,
        scope,
        consentType,
      ]);
      const roles = assignments.map(({ principalId, resourceId, appRoleId }) => [principalId, resourceId, appRoleId]);
      const permission = graph.oauth2PermissionScopes[0].value;
      const ofGateway = [importer, gateway, "Pfx.ReadWrite", "AllPrincipals"];

      const expected = {
        passthrough: [[[importer, graph.id, permission, "AllPrincipals"]], []],
        obo: [[[gateway, graph.id, permission, "AllPrincipals"], ofGateway], []],
        app: [
          [ofGateway],
          [
            [gateway, graph.id, graph.appRoles[0].id],
            [job, gateway, tenant.app("pfx-gateway")?.appRoles.find(({ value }) => value === "Pfx.ReadWrite.All").id],
          ],
        ],
      };
      assert.deepEqual([scopes, roles], expected[mode]);
    });
  });
}

describe("the registration", () => {
  it("exposes scopes for people and roles for programs, as version 2 tokens", async () => {
    const tenant = aTenant();
    await tenant.register({ MODE: "obo" });

    const { api, appRoles, identifierUris, appId } = tenant.app("pfx-gateway");
    assert.deepEqual(identifierUris, [`api://${appId}`]);
    assert.equal(api.requestedAccessTokenVersion, 2);
    assert.deepEqual(
      api.oauth2PermissionScopes.map(({ value }) => value),
      ["Pfx.ReadWrite", "Pfx.Read"],
    );
    assert.deepEqual(
      appRoles.map(({ value }) => value),
      ["Pfx.ReadWrite.All", "Pfx.Read.All"],
    );
    const ids = [...api.oauth2PermissionScopes, ...appRoles].map(({ id }) => id);
    assert.equal(new Set(ids).size, 4);
    for (const id of ids) assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it("keeps what somebody added to the API, and the ids of what is there", async () => {
    const tenant = aTenant();
    await tenant.register({ MODE: "obo" });
    const own = { id: "0b0d0000-0000-4000-8000-000000000009", value: "Other.Read", isEnabled: true };
    tenant.app("pfx-gateway").api.oauth2PermissionScopes.unshift(own);
    tenant.app("pfx-gateway").appRoles.pop();
    const before = structuredClone(tenant.app("pfx-gateway"));

    const { status, stderr, writes } = await tenant.register({ MODE: "obo" });

    assert.equal(status, 0, stderr);
    assert.deepEqual(writes, ["PATCH /v1.0/applications/ID"]);
    const { api, appRoles } = tenant.app("pfx-gateway");
    assert.deepEqual(
      api.oauth2PermissionScopes.map(({ id }) => id),
      before.api.oauth2PermissionScopes.map(({ id }) => id),
    );
    assert.equal(appRoles[0].id, before.appRoles[0].id);
    assert.equal(appRoles[1].value, "Pfx.Read.All");
  });

  for (const [what, edit] of [
    ["an identifier URI", (app) => app.identifierUris.splice(0, 1, "https://pfx.contoso.example")],
    ["version 2 of tokens", (app) => Object.assign(app.api, { requestedAccessTokenVersion: null })],
  ]) {
    it(`mends an API that lacks ${what}, and keeps other identifier URIs`, async () => {
      const tenant = aTenant();
      await tenant.register({ MODE: "obo" });
      const app = tenant.app("pfx-gateway");
      const before = structuredClone(app);
      edit(app);
      const others = app.identifierUris.filter((uri) => !uri.startsWith("api://"));

      const { status, stderr, writes } = await tenant.register({ MODE: "obo" });

      assert.equal(status, 0, stderr);
      assert.deepEqual(writes, ["PATCH /v1.0/applications/ID"]);
      assert.deepEqual(app.identifierUris, [...others, `api://${app.appId}`]);
      assert.deepEqual(app.api, before.api);
      assert.deepEqual((await tenant.register({ MODE: "obo" })).writes, []);
    });
  }

  it("adds to a consent that is there", async () => {
    const tenant = aTenant();
    await tenant.register({ MODE: "passthrough" });
    tenant.grants[0].scope = "User.Read openid";

    const { writes } = await tenant.register({ MODE: "passthrough" });

    assert.deepEqual(writes, ["PATCH /v1.0/oauth2PermissionGrants/ID"]);
    assert.equal(tenant.grants[0].scope, "User.Read openid DeviceManagementConfiguration.ReadWrite.All");
  });

  it("trusts the managed identity with the issuer of the tenant", async () => {
    const tenant = aTenant();
    const subject = "3a4e7d00-0000-4000-8000-000000000004";
    await tenant.register({ MODE: "obo", TRUSTED_IDENTITY: subject });

    assert.deepEqual(tenant.app("pfx-gateway").federatedCredentials, [
      {
        name: "managed-identity",
        issuer: `https://login.microsoftonline.com/${tenant.tenantId}/v2.0`,
        subject,
        audiences: ["api://AzureADTokenExchange"],
      },
    ]);
  });

  it("waits for Entra to show a new registration everywhere", async () => {
    const tenant = aTenant({ hideNewFor: 3 });

    const { status, stderr } = await tenant.register({ MODE: "obo" });

    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, /does not exist/);
  });

  it("gives up on a registration that never shows", async () => {
    const { status, stderr } = await aTenant({ hideNewFor: 100 }).register({ MODE: "obo" });

    assert.equal(status, 1);
    assert.match(stderr, /does not exist/);
  });

  it("stops at what Entra refuses, with Entra's words, and asks no second time", async () => {
    const { status, stderr, stdout, calls } = await aTenant({ denied: "ad app permission add" }).register({
      MODE: "obo",
    });

    assert.equal(status, 1);
    assert.match(stderr, /Insufficient privileges/);
    assert.equal(stdout, "");
    assert.equal(calls.filter(({ command }) => command === "ad app permission add").length, 1);
  });

  it("stops if two registrations have the name", async () => {
    const tenant = aTenant();
    await tenant.register({ MODE: "obo" });
    tenant.applications.push({ ...tenant.applications[0], appId: "other" });

    const { status, stderr, writes } = await tenant.register({ MODE: "obo" });

    assert.equal(status, 1);
    assert.match(stderr, /more than one registration is called pfx-gateway/);
    assert.deepEqual(writes, []);
  });

  it("takes a name with an apostrophe", async () => {
    const tenant = aTenant();
    const names = { GATEWAY_NAME: "Anna's gateway" };
    await tenant.register({ MODE: "obo", ...names });

    assert.deepEqual((await tenant.register({ MODE: "obo", ...names })).writes, []);
    assert.equal(tenant.app("Anna's gateway").identifierUris.length, 1);
  });

  for (const [variables, message] of [
    [{}, /MODE must be passthrough, obo or app/],
    [{ MODE: "none" }, /MODE must be/],
    [{ MODE: "obo", JOB_NAME: "job" }, /JOB_NAME needs MODE=app/],
    [{ MODE: "obo", FEDERATED_ISSUER: "https://oidc.example" }, /FEDERATED_ISSUER needs FEDERATED_SUBJECT/],
    [{ MODE: "obo", FEDERATED_SUBJECT: "x" }, /FEDERATED_SUBJECT needs FEDERATED_ISSUER/],
    [{ MODE: "obo", CERTIFICATE: "/nowhere" }, /CERTIFICATE must name a file that can be read/],
  ]) {
    it(`refuses ${JSON.stringify(variables)} before it asks anything`, async () => {
      const { status, stderr, calls } = await aTenant().register(variables);

      assert.equal(status, 1);
      assert.match(stderr, message);
      assert.deepEqual(calls, []);
    });
  }
});

describe("the registration's certificate", () => {
  let certificate;
  let withKey;
  let pem;
  before(async () => {
    pem = await generate([{ name: "commonName", value: "gateway" }], { algorithm: "sha256" });
    certificate = join(folder, "gateway.crt");
    withKey = join(folder, "gateway.pem");
    writeFileSync(certificate, pem.cert);
    writeFileSync(withKey, `${pem.cert}\n${pem.private}`);
  });

  it("is added once, and no key or password is on a command line or printed", async () => {
    const tenant = aTenant();
    const first = await tenant.register({ MODE: "obo", CERTIFICATE: certificate });
    const second = await tenant.register({ MODE: "obo", CERTIFICATE: certificate });

    assert.equal(first.status, 0, first.stderr);
    assert.ok(first.writes.includes("ad app credential reset"));
    assert.deepEqual(second.writes, []);
    assert.equal(tenant.app("pfx-gateway").certificates.length, 1);
    assert.equal(tenant.app("pfx-gateway").certificates[0].certificate, pem.cert);
    const seen = JSON.stringify([first, second]);
    assert.ok(!seen.includes(canary));
    assert.doesNotMatch(seen, /PRIVATE KEY/);
  });

  it("is refused together with its private key", async () => {
    const { status, stderr, calls } = await aTenant().register({ MODE: "obo", CERTIFICATE: withKey });

    assert.equal(status, 1);
    assert.match(stderr, /without the private key/);
    assert.deepEqual(calls, []);
  });
});

describe("the script", () => {
  it("is found right by shellcheck", () => {
    execFileSync("shellcheck", [script], { stdio: "inherit" });
  });

  it("makes no client secret", () => {
    const resets = readFileSync(script, "utf8").match(/credential reset.*/g);

    assert.equal(resets.length, 1);
    assert.match(resets[0], /--cert "@\$CERTIFICATE".*--output none/);
  });
});
