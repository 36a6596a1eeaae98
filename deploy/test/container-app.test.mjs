/** deploy/azure: the Bicep file against the gateway, and its README against the script. There is no Bicep compiler here. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, it } from "node:test";
import { importBuilt, startGateway } from "../../examples/program.mjs";

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const bicep = read("deploy/azure/container-app.bicep");
/** Without comments and descriptions. */
const code = bicep.replaceAll(/^\s*(?:\/\/|@description).*$/gm, "");
/** Without texts, but with what is inserted into them. */
const withoutTexts = code.replaceAll(/'(?:\\.|[^'\\\n])*'/g, (literal) =>
  [...literal.matchAll(/\$\{([^}]*)\}/g)].map(([, inserted]) => inserted).join(" "),
);
const guid = "0d7b0f0e-6d3c-4d3a-9b1e-6c1c6f1f5a11";

/**
 * Property names of the types that the file uses.
 *
 * @see https://github.com/Azure/bicep-types-az/blob/main/generated/app/microsoft.app/2025-01-01/types.md
 */
const known = [
  ...["name", "location", "identity", "properties", "type", "userAssignedIdentities"], // a resource
  ...["environmentId", "configuration", "template"], // ContainerAppProperties
  ...["activeRevisionsMode", "ingress", "registries", "secrets"], // Configuration
  ...["external", "targetPort", "transport", "allowInsecure"], // Ingress
  ...["server", "keyVaultUrl"], // RegistryCredentials, Secret
  ...["terminationGracePeriodSeconds", "containers", "volumes", "scale"], // Template
  ...["image", "resources", "cpu", "memory", "env", "value", "probes", "volumeMounts"], // Container
  ...["httpGet", "path", "port", "periodSeconds", "timeoutSeconds", "failureThreshold"], // ContainerAppProbe
  ...["volumeName", "mountPath", "storageType", "secretRef"], // VolumeMount, Volume
  ...["minReplicas", "maxReplicas", "rules", "http", "metadata", "concurrentRequests"], // Scale
];
/** Of the file's own list of secrets. */
const own = ["variable", "secret", "url"];

const parameters = [...code.matchAll(/^param (\w+)/gm)].map(([, name]) => name);
const variables = [...code.matchAll(/^var (\w+)/gm)].map(([, name]) => name);
/** The gateway's variables that the file sets, by the name of the list that has them. */
const environmentIn = (list) => {
  const [text] = new RegExp(`^var ${list} = [\\s\\S]*?(?=^(?:var|resource) )`, "m").exec(code);
  return [...text.matchAll(/name: '([A-Z_0-9]+)'/g)].map(([, name]) => name);
};
const ofGateway = environmentIn("gatewayEnv");
const ofIdentity = environmentIn("identityEnv");
const ofFiles = [...code.matchAll(/variable: '([A-Z_]+)'/g)].map(([, name]) => name);

describe("the Bicep file", () => {
  let gateway;
  before(async () => {
    const { readConfig } = await importBuilt("config/config.js");
    const { variables: table } = await importBuilt("config/variables.js");
    gateway = { readConfig, names: table.map(({ name }) => name) };
  });

  it("closes what it opens", () => {
    const open = [];
    const pairs = { ")": "(", "]": "[", "}": "{" };
    for (const [sign] of withoutTexts.matchAll(/[()[\]{}]/g)) {
      if (!(sign in pairs)) open.push(sign);
      else assert.equal(open.pop(), pairs[sign]);
    }
    assert.deepEqual(open, []);
    assert.doesNotMatch(withoutTexts, /'/);
  });

  it("uses each parameter and variable that it declares, and no other", () => {
    const words = [...withoutTexts.matchAll(/(?<![.\w])([a-z]\w*)\b(?!\s*[:(])/g)];
    const counts = new Map();
    for (const [, word] of words) counts.set(word, (counts.get(word) ?? 0) + 1);

    assert.ok(parameters.length > 10);
    assert.deepEqual(
      [...parameters, ...variables].filter((name) => (counts.get(name) ?? 0) < 2),
      [],
    );
    const keywords = [
      "targetScope",
      "param",
      "var",
      "resource",
      "output",
      "string",
      "int",
      "bool",
      "object",
      "for",
      "in",
    ];
    const symbols = ["identity", "gateway", "file", "each", "principalId", "url", "true", "false", "resourceGroup"];
    assert.deepEqual(
      [...counts.keys()].filter((word) => ![...parameters, ...variables, ...keywords, ...symbols].includes(word)),
      [],
    );
  });

  it("has no property that Microsoft's types do not have", () => {
    const properties = [...code.matchAll(/(?:^\s*|[{,]\s*)(\w+):/gm)].map(([, name]) => name);

    assert.ok(properties.length > 50);
    assert.deepEqual(
      properties.filter((name) => ![...known, ...own].includes(name)),
      [],
    );
  });

  it("sets only variables of the gateway, and none twice", () => {
    const names = [...ofGateway, ...ofIdentity, ...ofFiles];

    assert.equal(new Set(names).size, 8);
    assert.deepEqual(
      names.filter((name) => !gateway.names.includes(name.replace(/_FILE$/, ""))),
      [],
    );
  });

  for (const mode of ["passthrough", "obo", "app"]) {
    it(`has an environment that the gateway starts with, ${mode}`, () => {
      const values = { AUTH_MODE: mode, REQUEST_DEADLINE_MS: "25000", GRAPH_WRITES_PER_20S: "25" };
      const names = mode === "passthrough" ? ofGateway : [...ofGateway, ...ofIdentity];
      const environment = Object.fromEntries(names.map((name) => [name, values[name] ?? guid]));

      const { authMode, identity } = gateway.readConfig({ NODE_ENV: "production", ...environment });

      assert.equal(authMode, mode);
      assert.equal(identity?.credential.kind, mode === "passthrough" ? undefined : "trustedIdentity");
    });
  }

  it("takes secrets from Key Vault, as files", () => {
    assert.doesNotMatch(code, /@secure|secretRef: '|value: .*[sS]ecret/);
    assert.deepEqual(ofFiles, ["REDIS_URL_FILE", "ROUTER_SECRET_FILE"]);
    assert.match(code, /keyVaultUrl: file\.url, identity: identity\.id/);
  });

  it("probes routes that a gateway answers, on the image's port", async () => {
    const probes = [...code.matchAll(/type: '(\w+)'\n\s*httpGet: \{ path: '([^']+)', port: port \}/g)];
    const running = await startGateway({ PORT: "0" });
    try {
      assert.deepEqual(
        probes.map(([, type, path]) => [type, path]),
        [
          ["Startup", "/livez"],
          ["Liveness", "/livez"],
          ["Readiness", "/readyz"],
        ],
      );
      for (const [, , path] of probes) assert.equal((await fetch(new URL(path, running.url))).status, 200);
    } finally {
      await running.close();
    }
    assert.equal(/^var port = (\d+)$/m.exec(code)[1], /PORT=(\d+)/.exec(read("Dockerfile"))[1]);
  });

  it("keeps the limits of Container Apps' probes", () => {
    for (const [, count] of code.matchAll(/failureThreshold: (\d+)/g)) assert.ok(Number(count) <= 10);
  });
});

describe("deploy/azure/README.md", () => {
  const page = read("deploy/azure/README.md");

  it("says that nothing was tried in a real subscription", () => {
    assert.match(page, /untried in a real subscription/);
    assert.match(bicep, /Untried in a real subscription/);
  });

  it("lists the script's variables", () => {
    const settings = [...read("deploy/azure/register.sh").matchAll(/^([A-Z_]+)=\$\{\1:-/gm)].map(([, name]) => name);
    const listed = [...page.matchAll(/^\| (`[A-Z_`, ]+`) \|/gm)].flatMap(([, cell]) => cell.match(/[A-Z_]+/g));

    assert.deepEqual(
      settings.filter((name) => name !== "PAUSE_SECONDS"),
      listed,
    );
  });

  it("gives the Bicep file parameters that it has", () => {
    const [, deployment] = /az deployment group create([\s\S]*?)\n\n/.exec(page);
    const given = [...deployment.matchAll(/(?:^|\s)([a-zA-Z]+)="/g)].map(([, name]) => name);
    const named = [...page.matchAll(/`([a-z]+[A-Z]\w+)`/g)].map(([, name]) => name);

    assert.ok(given.length >= 5);
    assert.deepEqual(
      [...given, ...named].filter((name) => !parameters.includes(name)),
      [],
    );
    const required = [...code.matchAll(/^param (\w+) \w+$/gm)].map(([, name]) => name);
    assert.deepEqual(
      required.filter((name) => !given.includes(name)),
      [],
    );
  });
});
