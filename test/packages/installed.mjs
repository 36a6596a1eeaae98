/**
 * The packages for frontends and the command line, installed from their tarballs into an empty project, with what they depend
 * on from the registry: imported and required, compiled against, bundled by Vite, and run by npx.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";
import { prove, root, run, tool, work } from "./packed.mjs";

const project = join(work, "project");

const useOperations = `if (operations.CreateUserPfxCertificateDocument.kind !== "Document" || operations.findGatewayError({})) {
  throw new Error("The operations do not work.");
}
`;
/** What a consumer does with the PFX library; the same text is compiled, run in Node.js, and bundled for browsers. */
const useLibrary = `const { prepareUserPfxCertificate, inspectPfx, readPublicKey, PfxError } = library;
for (const exported of [prepareUserPfxCertificate, inspectPfx, readPublicKey, PfxError]) {
  if (typeof exported !== "function") throw new Error("The library does not load.");
}
`;

const vectors = join(root, "test/client/vectors");
/** A PFX file becomes the mutation's input; `(async () => { … })()`, since CommonJS has no top-level await. */
const prepareOne = `(async () => {
  const { readFileSync } = process.getBuiltinModule("node:fs");
  const file = readFileSync(${JSON.stringify(join(vectors, "pfx/o30-default.pfx"))});
  const publicKey = readFileSync(${JSON.stringify(join(vectors, "keys/connector.rsapublicblob"))});
  const options = { publicKey, keyName: "PFXEncryptionKey" };
  const { input } = await library.prepareUserPfxCertificate(file, "Passw0rd!", options);
  console.log(Object.keys(input).length, input.userPrincipalName, input.encryptedPfxPassword.length);
})();
`;

const imports = `import * as library from "intune-pfx-client";
import * as operations from "intune-pfx-client/operations";
`;
const requires = imports.replace(/import \* as (\w+) from (".*");/g, "const $1 = require($2);");
const typedRequires = imports.replace(/import \* as (\w+) from (".*");/g, "import $1 = require($2);");

/** File, source, and how it is compiled: with what browsers have, or with what Node.js has. */
const browser = ["--lib", "es2023,dom"];
const node = ["--lib", "es2023", "--types", "node", "--typeRoots", join(root, "node_modules/@types")];
const consumers = [
  ["nodenext.mts", imports + useLibrary + useOperations, ["--module", "nodenext", ...node]],
  ["nodenext.cts", typedRequires + useLibrary + useOperations, ["--module", "nodenext", ...node]],
  [
    "bundler.mts",
    imports + useLibrary + useOperations,
    ["--module", "esnext", "--moduleResolution", "bundler", ...browser],
  ],
];

export async function proveInstalled(client, cli) {
  install([client.tarball, cli.tarball]);
  proveModules();
  proveTypes();
  await proveBundles();
  proveCommand(cli);
}

function install(tarballs) {
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{"name":"consumer","private":true}');
  run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", ...tarballs], project);
  const nested = ["intune-pfx-client", "intune-pfx"].flatMap((name) =>
    readdirSync(join(project, "node_modules", name)).filter((entry) => entry === "node_modules"),
  );
  prove(`the tarballs install, and use the same intune-pfx-client: ${nested.length} nested`, nested.length === 0);
}

function proveModules() {
  writeFileSync(join(project, "esm.mjs"), imports + useLibrary + useOperations);
  writeFileSync(join(project, "cjs.cjs"), requires + useLibrary + useOperations);
  for (const file of ["esm.mjs", "cjs.cjs"]) {
    run(process.execPath, [file], project);
    writeFileSync(join(project, `prepare-${file}`), (file.endsWith(".cjs") ? requires : imports) + prepareOne);
    const prepared = run(process.execPath, [`prepare-${file}`], project);
    prove(`${file} makes the mutation's input from a PFX file`, prepared.trim() === "10 user1@contoso.example 344");
    prove(`${file} runs, on Node.js ${process.versions.node}`);
  }
}

function proveTypes() {
  const strict = ["--strict", "--exactOptionalPropertyTypes", "--target", "es2023", "--noEmit"];
  for (const [file, source, options] of consumers) {
    writeFileSync(join(project, file), source);
    tool("tsc", [...strict, ...options, file], project);
    prove(`${file} compiles strictly, checking the package's own declarations`);
  }
}

async function proveBundles() {
  const operations = await bundle(
    "operations",
    'import { CreateUserPfxCertificateDocument as used } from "intune-pfx-client/operations";\nconsole.log(used);\n',
  );
  prove(
    `Vite bundles one operation as that one alone: ${operations.length} characters`,
    operations.includes("CreateUserPfxCertificate") && !/DeleteUserPfxCertificate|OUTCOME_UNKNOWN/.test(operations),
  );
  const library = await bundle("library", `import * as library from "intune-pfx-client";\n${useLibrary}`);
  prove(`and the library, without a warning: ${library.length} characters`);
  // Here a browser can open join(project, "library", "dist", "index.html"), served under the policy `default-src 'self'`.
}

/** A page of one module, built; its scripts' text. What the bundler warns of, such as a module of Node.js, is a failure. */
async function bundle(name, source) {
  const page = join(project, name);
  mkdirSync(page);
  writeFileSync(join(page, "index.html"), '<!doctype html><script type="module" src="./main.js"></script>');
  writeFileSync(join(page, "main.js"), source);
  const warnings = [];
  const warn = (message) => warnings.push(message);
  const logger = {
    info() {},
    warn,
    warnOnce: warn,
    error: warn,
    clearScreen() {},
    hasErrorLogged: () => false,
    hasWarned: false,
  };
  await build({
    root: page,
    configFile: false,
    customLogger: logger,
    logLevel: "warn",
    build: { modulePreload: { polyfill: false } },
  });
  if (warnings.length > 0) throw new Error(warnings.join("\n"));
  const assets = join(page, "dist", "assets");
  return readdirSync(assets)
    .filter((file) => file.endsWith(".js"))
    .map((file) => readFileSync(join(assets, file), "utf8"))
    .join("\n");
}

function proveCommand({ version }) {
  const printed = run("npx", ["--no-install", "intune-pfx", "--version"], project).trim();
  prove(`npx intune-pfx --version: ${printed}`, printed === `intune-pfx ${version}, Node.js ${process.versions.node}`);
}
