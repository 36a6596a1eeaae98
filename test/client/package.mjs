/**
 * What people get who install the packages: packed, linted, unpacked beside nothing but their types' dependencies, compiled
 * against strictly, and run without even those. Needs a build, and no network.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "package-"));
const modules = join(work, "node_modules");
const name = "intune-pfx-gateway";
const clientName = "intune-pfx-client";
/** GraphiQL is two and a half million of them, the program with what every start loads most of the rest. */
const maxPackedBytes = 3_500_000;

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
const esm = `import * as client from "${clientName}/operations";\n${types}${use}`;
const cjs = `import client = require("${clientName}/operations");\n${types}${use}`;

/** File, source, and how it is compiled. */
const consumers = [
  ["esm-nodenext.mts", esm, ["--module", "nodenext"]],
  ["cjs-nodenext.cts", cjs, ["--module", "nodenext"]],
  ["esm-bundler.mts", esm, ["--module", "esnext", "--moduleResolution", "bundler"]],
  ["cjs-bundler.cts", cjs, ["--module", "commonjs", "--moduleResolution", "bundler"]],
];

function run(command, args, cwd = work) {
  try {
    return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    throw new Error(`${command} ${args.join(" ")}\n${error.stdout ?? ""}${error.stderr ?? ""}`);
  }
}

const tool = (tool, ...args) => run(join(root, "node_modules", ".bin", tool), args);

function prove(what, holds = true) {
  if (!holds) throw new Error(`not true: ${what}`);
  console.log(`ok  ${what}`);
}

function checkContents({ files, size }) {
  const paths = files.map(({ path }) => path);
  const needed = ["LICENSE", "README.md", "CHANGELOG.md", "NOTICE.md", "schema.graphql", "dist/main.js"];
  const allowed = /^(dist\/|operations\/|(LICENSE|NOTICE\.md|README\.md|CHANGELOG\.md|schema\.graphql|package\.json)$)/;
  const missing = needed.filter((path) => !paths.includes(path));
  const strangers = paths.filter((path) => !allowed.test(path) || /\.map$|(?<!\.d)\.ts$/.test(path));
  prove(`the tarball has all it needs ${missing.join(", ")}`.trim(), missing.length === 0);
  prove(
    `and nothing else: ${paths.length} files, ${size} bytes ${strangers.join(", ")}`.trim(),
    strangers.length === 0,
  );
  prove(`and is smaller than ${maxPackedBytes} bytes`, size < maxPackedBytes);
}

function unpack(name, folder) {
  const pack = ["pack", "--json", "--ignore-scripts", "--offline", "--pack-destination", work];
  const [packed] = JSON.parse(run("npm", pack, folder));
  const tarball = join(work, packed.filename);
  tool("publint", "run", tarball, "--strict");
  prove(`publint finds nothing in ${name}`);
  mkdirSync(join(modules, name), { recursive: true });
  run("tar", ["xzf", tarball, "--strip-components=1", "-C", join(modules, name)]);
  return { ...packed, tarball };
}

function link(module) {
  const path = join(modules, module);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(join(root, "node_modules", module), path);
  return path;
}

function checkExports() {
  const resolve = (path) => run(process.execPath, ["--print", `require.resolve(${JSON.stringify(path)})`]).trim();
  for (const path of [`${name}/schema.graphql`, `${name}/package.json`, `${clientName}/operations`, clientName]) {
    prove(`${path} is exported`, existsSync(resolve(path)));
  }
  for (const path of [name, `${name}/dist/main.js`, `${clientName}/operations/documents`]) {
    let refusal = "";
    try {
      resolve(path);
    } catch (error) {
      refusal = error.message;
    }
    prove(`${path} is not`, refusal.includes("ERR_PACKAGE_PATH_NOT_EXPORTED"));
  }
}

try {
  const packed = unpack(name, root);
  checkContents(packed);
  const client = unpack(clientName, join(root, "packages/client"));
  const quiet = ["--no-definitely-typed", "--format", "ascii"];
  // An ES module for CommonJS as well: require() of one works on every Node.js that the package supports.
  tool("attw", client.tarball, "--profile", "node16", "--ignore-rules", "cjs-resolves-to-esm", ...quiet);
  prove("attw finds the client's types right for node16 (ESM, CommonJS) and bundlers");
  const links = [link("graphql"), link("@graphql-typed-document-node/core")];
  for (const [file, source, options] of consumers) {
    writeFileSync(join(work, file), source);
    tool("tsc", "--strict", "--exactOptionalPropertyTypes", "--target", "es2023", "--lib", "es2023", ...options, file);
    prove(`${file} compiles strictly, checking the package's own declarations`);
  }
  for (const path of links) rmSync(path);
  for (const [file] of consumers) {
    run(process.execPath, [file.replace(/ts$/, "js")]);
    prove(`${file} runs, on Node.js ${process.versions.node}, without any other package`);
  }
  const program = join(modules, name, "dist/main.js");
  const installed = run(process.execPath, [program, "--version"]).trim();
  prove(`the program itself runs: ${installed}`, installed === packed.version);
  prove(
    "and finds its chunks: doctor and emulator",
    JSON.parse(run(process.execPath, [program, "doctor", "--json"])).ok,
  );
  checkExports();
} catch (error) {
  console.error(`FAILED  ${error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
