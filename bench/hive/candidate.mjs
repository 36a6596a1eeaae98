/**
 * Hive Gateway over Microsoft's own OpenAPI description: no code at all, so the schema is Microsoft's too, and its requests are
 * said in that schema's terms. 500 MB of packages: a candidate only where they are installed.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { answered, properties, scenarios } from "../scenarios.mjs";

const folder = fileURLToPath(new URL(".", import.meta.url));
const composer = `${folder}node_modules/@graphql-mesh/compose-cli/esm/bin.js`;
const server = `${folder}node_modules/@graphql-hive/gateway/dist/bin.js`;
/** Among the packages, so that it goes when they go. */
const supergraph = `${folder}node_modules/.supergraph.graphql`;

export const hiveIsInstalled = () => existsSync(composer) && existsSync(server);

export function installHive() {
  execFileSync("npm", ["ci", "--loglevel=error"], { cwd: folder, stdio: ["ignore", 2, 2] });
}

/** The same certificate; enum members are named as on the wire. */
function create({ variables: { input } }) {
  return {
    query: `mutation Create($input: userPFXCertificate_Input!) {
  deviceManagement_CreateUserPfxCertificates(input: $input) { ... on userPFXCertificate { ${answered.join(" ")} } }
}`,
    variables: {
      input: {
        _AT_odata_type: "#microsoft.graph.userPFXCertificate",
        ...input,
        intendedPurpose: "smimeEncryption",
        paddingScheme: "oaepSha512",
      },
    },
    begins: '{"data":{"deviceManagement_CreateUserPfxCertificates":{"id":',
  };
}

export const hive = {
  title: "Hive Gateway over OpenAPI, with JIT",
  /** Composing is a build step, so it isn't part of what is measured as the start. */
  start(upstream) {
    execFileSync(process.execPath, [composer, "--config-path", "mesh.config.mjs", "--output", supergraph], {
      cwd: folder,
      env: { PATH: process.env.PATH, GRAPH_BASE_URL: upstream },
      stdio: ["ignore", "ignore", process.env.BENCH_STDERR ? "inherit" : "pipe"],
    });
    const options = ["--config-path", `${folder}gateway.config.mjs`, "--host", "127.0.0.1", "--jit"];
    return { args: [server, "supergraph", supergraph, ...options], env: {} };
  },
  requests: {
    create4k: create(scenarios.create4k),
    create256k: create(scenarios.create256k),
    list100: {
      query: `query List { deviceManagement_ListUserPfxCertificates(_DOLLAR_top: 100) {
  ... on Collection_of_userPFXCertificate { value { ${properties.join(" ")} } _AT_odata_nextLink }
} }`,
      begins: '{"data":{"deviceManagement_ListUserPfxCertificates":{"value":[{"id":',
    },
  },
};
