/**
 * What people get who install the packages: packed, linted, unpacked beside nothing but their types' dependencies, compiled
 * against strictly, and run without even those; then installed by npm with their dependencies (`installed.mjs`), which needs
 * the network.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { proveAudit } from "./audit.mjs";
import { proveInstalled } from "./installed.mjs";
import { proveInstalledGateway } from "./installed-gateway.mjs";
import { pack, prove, root, run, tool, unpack, work } from "./packed.mjs";

const packages = {
  ".": {
    needed: ["CHANGELOG.md", "NOTICE.md", "schema.graphql", "dist/main.js", "dist/licenses.md", "dist/sbom.cdx.json"],
    allowed: /^(dist\/|operations\/|(NOTICE\.md|CHANGELOG\.md|schema\.graphql)$)/,
    // GraphiQL is two and a half million of them, the program with everything but MSAL most of the rest.
    maxBytes: 4_000_000,
  },
  "packages/client": {
    needed: ["client", "lists/lists", "operations/operations"].flatMap((path) => [
      `dist/${path}.js`,
      `dist/${path}.d.ts`,
    ]),
    allowed: /^dist\//,
    maxBytes: 200_000,
  },
  "packages/cli": {
    needed: ["bin/intune-pfx.js", "dist/main.js"],
    allowed: /^(bin\/intune-pfx\.js$|dist\/)/,
    maxBytes: 200_000,
  },
};

const { input: sample } = JSON.parse(readFileSync(join(root, "operations/variables.json"), "utf8"));
const use = `
const variables: VariablesOf = { input: {
  thumbprint: "0".repeat(40), intendedPurpose: "SMIME_SIGNING", userPrincipalName: "a@b.example", paddingScheme: "NONE",
  startDateTime: "2026-01-01T00:00:00Z", expirationDateTime: "2028-01-01T00:00:00Z", providerName: "p", keyName: "k",
  encryptedPfxBlob: "AAAA", encryptedPfxPassword: "${sample.encryptedPfxPassword}",
} };
// @ts-expect-error no such purpose
variables.input.intendedPurpose = "SMIME";
// @ts-expect-error no such code
isGatewayError({}, "CONFLICTS");
type IsAny<T> = 0 extends 1 & T ? true : false;
const typed: IsAny<typeof client.CreateUserPfxCertificateDocument> = false;
type Apply = NonNullable<typeof client.CreateUserPfxCertificateDocument.__apiType>;
const id: (answer: ReturnType<Apply>) => string = (answer) => answer.createUserPfxCertificate.id;
const failure: unknown = { errors: [{ message: "No.", extensions: { code: "THROTTLED", retryAfterSeconds: 2 } }] };
const seconds: number | undefined = findGatewayError(failure, "THROTTLED")?.extensions.retryAfterSeconds;
const kind: string = client.CreateUserPfxCertificateDocument.kind;
if (typed || seconds !== 2 || kind !== "Document" || id.length !== 1) throw new Error("The client does not work.");
`;
const types = `type VariablesOf = client.CreateUserPfxCertificateMutationVariables;
const { findGatewayError, isGatewayError } = client;`;
const esm = `import * as client from "intune-pfx-client/operations";\n${types}${use}`;
const cjs = `import client = require("intune-pfx-client/operations");\n${types}${use}`;

/** File, source, and how it is compiled. */
const consumers = [
  ["esm-nodenext.mts", esm, ["--module", "nodenext"]],
  ["cjs-nodenext.cts", cjs, ["--module", "nodenext"]],
  ["esm-bundler.mts", esm, ["--module", "esnext", "--moduleResolution", "bundler"]],
  ["cjs-bundler.cts", cjs, ["--module", "commonjs", "--moduleResolution", "bundler"]],
];

function link(module) {
  const path = join(work, "node_modules", module);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(join(root, "node_modules", module), path);
  return path;
}

/** The operations need nothing at run time, and at compile time what their documents' types are made of. */
function proveOperations() {
  const links = [link("graphql"), link("@graphql-typed-document-node/core")];
  for (const [file, source, options] of consumers) {
    writeFileSync(join(work, file), source);
    tool("tsc", [
      "--strict",
      "--exactOptionalPropertyTypes",
      "--target",
      "es2023",
      "--lib",
      "es2023",
      ...options,
      file,
    ]);
    prove(`${file} compiles strictly, checking the package's own declarations`);
  }
  for (const path of links) rmSync(path);
  for (const [file] of consumers) {
    run(process.execPath, [file.replace(/ts$/, "js")]);
    prove(`${file} runs, on Node.js ${process.versions.node}, without any other package`);
  }
}

function proveExports() {
  const resolve = (path) => run(process.execPath, ["--print", `require.resolve(${JSON.stringify(path)})`]).trim();
  const exported = {
    "intune-pfx-gateway": ["/schema.graphql", "/package.json"],
    "intune-pfx-client": ["", "/operations", "/package.json"],
    "intune-pfx": ["/package.json"],
  };
  for (const [name, paths] of Object.entries(exported)) {
    for (const path of paths) prove(`${name}${path} is exported`, existsSync(resolve(name + path)));
  }
  const inside = {
    "intune-pfx-gateway": ["", "/client", "/dist/main.js"],
    "intune-pfx-client": ["/dist/client.js", "/operations/documents"],
    "intune-pfx": ["", "/dist/main.js"],
  };
  for (const [name, paths] of Object.entries(inside)) {
    for (const path of paths) {
      let refusal = "";
      try {
        resolve(name + path);
      } catch (error) {
        refusal = error.message;
      }
      prove(`${name}${path} is not`, refusal.includes("ERR_PACKAGE_PATH_NOT_EXPORTED"));
    }
  }
}

try {
  const [gateway, client, cli] = Object.entries(packages).map(([folder, contents]) => pack(folder, contents));
  for (const packed of [gateway, client, cli]) unpack(packed, work);
  proveOperations();
  proveExports();
  await proveInstalled(client, cli);
  await proveInstalledGateway(gateway);
  await proveAudit();
} catch (error) {
  console.error(`FAILED  ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
