/** The commands of docs/getting-started.md before a fake of Azure CLI: they lead where deploy/azure/register.sh leads. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { identity, userId } from "./fake-az.mjs";
import { aTenant, canary, folder, graph } from "./tenant.mjs";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const blocksOf = (text) => [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block);

/** Sections that the page's first table leaves out in `passthrough`. */
const notInPassthrough = ["Register the gateway", "Expose the API", "Give the gateway a credential"];

/** A file with the commands up to "Register the importer", as somebody runs them for a mode. */
function commandsFor(mode) {
  const sections = read("docs/getting-started.md").split(/^## /m);
  const last = sections.findIndex((section) => section.startsWith("Register the importer"));
  const isSkipped = (section) =>
    ["Start the gateway", ...(mode === "passthrough" ? notInPassthrough : [])].some((name) => section.startsWith(name));
  const blocks = sections
    .slice(0, last + 1)
    .filter((section) => !isSkipped(section))
    .flatMap(blocksOf)
    .filter((block) => mode === "app" || !block.includes("pfx-job"));
  const file = join(folder, `${mode}.sh`);
  writeFileSync(file, ["set -euo pipefail", ...blocks].join("\n").replace(/^MODE=\w+/m, `MODE=${mode}`));
  return file;
}

const runPage = (tenant, mode) => tenant.register({ ISSUER: "https://oidc.example" }, commandsFor(mode));

/** What was granted, by names, since ids differ. */
function grantedIn({ grants, assignments, principals, applications }) {
  const nameOf = (id) => {
    const { appId } = principals.find((principal) => principal.id === id);
    return applications.find((app) => app.appId === appId)?.displayName ?? "Microsoft Graph";
  };
  const roles = [graph, ...applications].flatMap(({ appRoles }) => appRoles);
  return [
    ...grants.map(({ clientId, resourceId, scope }) => [scope, nameOf(clientId), nameOf(resourceId)]),
    ...assignments.map(({ principalId, resourceId, appRoleId }) => [
      roles.find(({ id }) => id === appRoleId)?.value,
      nameOf(principalId),
      nameOf(resourceId),
    ]),
  ].sort();
}

/** An application without what differs from one registration to another. */
function comparable({ appId, api, appRoles, identifierUris, isFallbackPublicClient, publicClient }) {
  const text = JSON.stringify({ api, appRoles, identifierUris, isFallbackPublicClient, publicClient }, (name, value) =>
    name === "id" ? undefined : value,
  );
  return JSON.parse(text.replaceAll(appId, "CLIENT-ID"));
}

describe("the commands of docs/getting-started.md", () => {
  for (const mode of ["passthrough", "obo", "app"]) {
    it(`lead where the script leads, ${mode}`, async () => {
      const [byPage, byScript] = [aTenant(), aTenant()];
      await byScript.register({ MODE: mode, JOB_NAME: mode === "app" ? "pfx-job" : "" });

      const { status, stderr } = await runPage(byPage, mode);

      assert.equal(status, 0, stderr);
      assert.deepEqual(grantedIn(byPage), grantedIn(byScript));
      assert.deepEqual(byPage.applications.map(comparable), byScript.applications.map(comparable));
      assert.deepEqual(byPage.directoryRoles, [
        { principalId: userId, roleDefinitionId: "3a2c62db-5318-420d-8d74-23affee5d9d5", directoryScopeId: "/" },
      ]);
    });
  }

  it("add every kind of credential, and print no secret", async () => {
    const tenant = aTenant();

    const { stdout, stderr, calls } = await runPage(tenant, "obo");

    const { federatedCredentials, certificates } = tenant.app("pfx-gateway");
    const audiences = ["api://AzureADTokenExchange"];
    assert.deepEqual(federatedCredentials, [
      {
        name: "managed-identity",
        issuer: `https://login.microsoftonline.com/${tenant.tenantId}/v2.0`,
        subject: identity.principalId,
        audiences,
      },
      {
        name: "workload-identity",
        issuer: "https://oidc.example",
        subject: "system:serviceaccount:NAMESPACE:pfx-intune-pfx-gateway",
        audiences,
      },
    ]);
    assert.equal(certificates.length, 1);
    assert.match(certificates[0].certificate, /BEGIN CERTIFICATE/);
    assert.doesNotMatch(certificates[0].certificate, /PRIVATE/);
    assert.ok(!JSON.stringify([stdout, stderr, calls]).includes(canary));
  });

  for (const page of ["docs/getting-started.md", "deploy/azure/README.md"]) {
    it(`are found right by shellcheck, as those of ${page}`, () => {
      const commands = blocksOf(read(page));
      const file = join(folder, "page.sh");
      writeFileSync(file, commands.join("\n"));

      assert.ok(commands.length >= 2);
      // A page sets what only a later step or the reader uses, and reads what the script printed.
      execFileSync("shellcheck", ["--shell=bash", "--exclude=SC2034,SC2154,SC1091", file], { stdio: "inherit" });
    });
  }
});
