/**
 * A fake of Azure CLI, as far as deploy/azure/register.sh and docs/getting-started.md use it: Entra's objects in memory, `--query` with JMESPath, and
 * `--output tsv`. It refuses commands and options that it does not know, and writes down every call.
 *
 * @see https://learn.microsoft.com/cli/azure/ad/app
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { resolve } from "node:path";
import jmespath from "jmespath";

/** Commands, with the number of values of each option. */
const commandOptions = {
  login: { "--tenant": 1, "--allow-no-subscriptions": 0 },
  "account show": {},
  "ad app list": { "--filter": 1 },
  "ad app create": {
    "--display-name": 1,
    "--sign-in-audience": 1,
    "--is-fallback-public-client": 1,
    "--public-client-redirect-uris": 1,
  },
  "ad app show": { "--id": 1 },
  "ad app permission list": { "--id": 1 },
  "ad app permission add": { "--id": 1, "--api": 1, "--api-permissions": 1 },
  "ad app permission grant": { "--id": 1, "--api": 1, "--scope": 1, "--consent-type": 1 },
  "ad app federated-credential list": { "--id": 1 },
  "ad app federated-credential create": { "--id": 1, "--parameters": 1 },
  "ad app credential list": { "--id": 1, "--cert": 0 },
  "ad app credential reset": { "--id": 1, "--append": 0, "--cert": 1, "--display-name": 1, "--years": 1 },
  "ad sp list": { "--filter": 1 },
  "ad sp create": { "--id": 1 },
  "ad sp show": { "--id": 1 },
  "ad user show": { "--id": 1 },
  "identity create": { "--resource-group": 1, "--name": 1 },
  "identity show": { "--resource-group": 1, "--name": 1 },
  rest: { "--method": 1, "--url": 1, "--headers": 1, "--body": 1 },
};
const commonOptions = { "--query": 1, "--output": 1, "-o": 1, "--only-show-errors": 0 };

class Refusal extends Error {}

function refuse(message) {
  throw new Refusal(message);
}

const unknown = (id) =>
  refuse(`Resource '${id}' does not exist or one of its queried reference-property objects are not present.`);

/** The text of a value, or of the file that `@FILE` names. */
const contentOf = ({ folder }, text) =>
  text?.startsWith("@") ? readFileSync(resolve(folder, text.slice(1)), "utf8") : text;

function parse(args) {
  const end = args.findIndex((arg) => arg.startsWith("-"));
  const name = args.slice(0, end === -1 ? undefined : end).join(" ");
  const known = commandOptions[name] ?? refuse(`'${name}' is misspelled or not recognized by the system.`);
  const given = {};
  for (let rest = args.slice(name.split(" ").length); rest.length > 0; ) {
    const [option, value] = rest;
    const count = { ...commonOptions, ...known }[option] ?? refuse(`unrecognized arguments: ${option}`);
    given[option === "-o" ? "output" : option.slice(2)] = count === 0 ? true : value;
    rest = rest.slice(1 + count);
  }
  return { name, given };
}

/** A new object is not shown everywhere at once. */
function shown(object, id) {
  if (object === undefined) unknown(id);
  if (object.hiddenFor > 0) {
    object.hiddenFor -= 1;
    unknown(id);
  }
  return object;
}

function filtered(list, filter) {
  const [, property, text] = /^(\w+) eq '(.*)'$/.exec(filter);
  return list.filter((each) => each[property] === text.replaceAll("''", "'"));
}

/** What `az rest` sends to Microsoft Graph. */
function graph(tenant, { method, url, body: text }) {
  const [, kind, id, part] = /^\/v1\.0\/(\w+)(?:\/([^/]+))?(?:\/(\w+))?$/.exec(new URL(url).pathname);
  const body = text && JSON.parse(contentOf(tenant, text));
  const principalOf = (principalId) =>
    shown(
      tenant.principals.find((each) => each.id === principalId),
      principalId,
    );
  switch (`${method} ${kind}${part ? `/${part}` : ""}`) {
    case "GET servicePrincipals":
      return principalOf(id);
    case "GET servicePrincipals/oauth2PermissionGrants":
      return { value: tenant.grants.filter(({ clientId }) => clientId === principalOf(id).id) };
    case "GET servicePrincipals/appRoleAssignments":
      return { value: tenant.assignments.filter(({ principalId }) => principalId === principalOf(id).id) };
    case "POST servicePrincipals/appRoleAssignments":
      tenant.assignments.push({ ...body, resourceId: principalOf(body.resourceId).id });
      return body;
    case "POST oauth2PermissionGrants":
      tenant.grants.push({ id: randomUUID(), ...body });
      return body;
    case "PATCH oauth2PermissionGrants":
      return Object.assign(
        tenant.grants.find((grant) => grant.id === id),
        body,
      );
    case "PATCH applications": {
      const app = shown(
        tenant.applications.find((each) => each.id === id),
        id,
      );
      const { oauth2PermissionScopes: scopes = app.api.oauth2PermissionScopes } = body.api;
      const kept = new Set(scopes.map((scope) => scope.id));
      if (app.api.oauth2PermissionScopes.some((scope) => !kept.has(scope.id))) {
        refuse("Permission (scope or role) cannot be deleted or updated unless disabled first.");
      }
      return Object.assign(app, body, { api: { ...app.api, ...body.api } });
    }
    case "POST roleManagement/roleAssignments":
      tenant.directoryRoles.push(body);
      return body;
    default:
      return refuse(`Not Found: ${method} ${url}`);
  }
}

const commands = {
  "account show": ({ tenantId }) => ({ tenantId }),
  "ad app list": ({ applications }, { filter }) => filtered(applications, filter),
  "ad app create"(tenant, given) {
    const app = {
      id: randomUUID(),
      appId: randomUUID(),
      displayName: given["display-name"],
      isFallbackPublicClient: given["is-fallback-public-client"] === "true",
      publicClient: { redirectUris: [given["public-client-redirect-uris"]].filter(Boolean) },
      identifierUris: [],
      api: { oauth2PermissionScopes: [] },
      appRoles: [],
      requiredResourceAccess: [],
      federatedCredentials: [],
      certificates: [],
      hiddenFor: tenant.hideNewFor,
    };
    tenant.applications.push(app);
    return app;
  },
  "ad app show": appOf,
  "ad app permission list": (tenant, given) => appOf(tenant, given).requiredResourceAccess,
  "ad app permission add"(tenant, given) {
    const { requiredResourceAccess } = appOf(tenant, given);
    const [id, type] = given["api-permissions"].split("=");
    const entry = requiredResourceAccess.find(({ resourceAppId }) => resourceAppId === given.api);
    if (entry) entry.resourceAccess.push({ id, type });
    else requiredResourceAccess.push({ resourceAppId: given.api, resourceAccess: [{ id, type }] });
  },
  "ad app federated-credential list": (tenant, given) => appOf(tenant, given).federatedCredentials,
  "ad app federated-credential create"(tenant, given) {
    appOf(tenant, given).federatedCredentials.push(
      JSON.parse(contentOf(tenant, `@${given.parameters.replace("@", "")}`)),
    );
  },
  "ad app credential list": (tenant, given) => appOf(tenant, given).certificates,
  "ad app credential reset"(tenant, given) {
    const { appId, certificates } = appOf(tenant, given);
    if (given.cert)
      certificates.push({ displayName: given["display-name"], certificate: contentOf(tenant, given.cert) });
    return { appId, password: tenant.canary, tenant: tenant.tenantId };
  },
  "ad sp list": ({ principals }, { filter }) => filtered(principals, filter),
  "ad sp create"(tenant, given) {
    const principal = { id: randomUUID(), appId: appOf(tenant, given).appId };
    tenant.principals.push(principal);
    return principal;
  },
  "ad sp show"({ principals }, { id }) {
    return shown(
      principals.find((each) => each.appId === id || each.id === id),
      id,
    );
  },
  "ad app permission grant"(tenant, { id, api, scope, "consent-type": consentType }) {
    const principalOf = (appId) =>
      shown(
        tenant.principals.find((each) => each.appId === appId),
        appId,
      ).id;
    tenant.grants.push({ clientId: principalOf(id), consentType, resourceId: principalOf(api), scope });
  },
  "ad user show": () => ({ id: userId }),
  "identity create": () => identity,
  "identity show": () => identity,
  login: () => [],
  rest: graph,
};

function appOf({ applications }, { id }) {
  return shown(
    applications.find((each) => each.appId === id || each.id === id),
    id,
  );
}

export const userId = "5e7a0000-0000-4000-8000-00000000000a";
/** The managed identity of every name. */
export const identity = {
  clientId: "3a4e7d00-0000-4000-8000-000000000003",
  principalId: "3a4e7d00-0000-4000-8000-000000000004",
};

/** As `az` prints it. */
function printed(result, output) {
  if (output === "none" || result === null) return "";
  if (output !== "tsv") return `${JSON.stringify(result, null, 2)}\n`;
  const text = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));
  return [result]
    .flat()
    .map((each) => `${text(each)}\n`)
    .join("");
}

/**
 * Runs one command.
 *
 * @param tenant Entra's objects; `calls` grows by this call. `denied` names a command that is refused.
 * @returns {{ status: number, stdout: string, stderr: string }}
 */
function runCommand(tenant, args) {
  try {
    const { name, given } = parse(args);
    tenant.calls.push({
      command: name === "rest" ? `${given.method} ${new URL(given.url).pathname}` : name,
      isWrite: /(?:create|add|grant|reset)$/.test(name) || (name === "rest" && given.method !== "GET"),
      args,
    });
    if (tenant.denied === name) refuse("Insufficient privileges to complete the operation.");
    const result = commands[name](tenant, given) ?? null;
    const wanted = given.query === undefined ? result : jmespath.search(result, given.query);
    return { status: 0, stdout: printed(wanted, given.output), stderr: "" };
  } catch (error) {
    return { status: error instanceof Refusal ? 1 : 2, stdout: "", stderr: `ERROR: ${error.message}\n` };
  }
}

/** The program `az`: it hands its arguments to the server of `serveAz`, in Bash alone, so that it starts at once. */
export const azProgram = `#!/usr/bin/env bash
exec 3<>"/dev/tcp/127.0.0.1/$FAKE_AZ_PORT"
printf '%s\\0' "$#" "$PWD" "$@" >&3
for part in status stdout stderr; do IFS= read -r -d '' "\${part?}" <&3; done
printf %s "$stdout"
printf %s "$stderr" >&2
exit "$status"
`;

/** Answers `azProgram` for one tenant. @returns {Promise<{ port: number, close(): void }>} */
export async function serveAz(tenant) {
  const server = createServer((socket) => {
    let received = "";
    socket.setEncoding("utf8").on("data", (text) => {
      received += text;
      const [count, folder, ...args] = received.split("\0");
      if (args.length <= Number(count)) return; // the text after the last zero is empty
      const { status, stdout, stderr } = runCommand({ ...tenant, folder }, args.slice(0, Number(count)));
      socket.end(`${status}\0${stdout}\0${stderr}\0`);
    });
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { port: server.address().port, close: () => server.close() };
}
