/**
 * The gateway as `npm install --global` leaves it: from its tarball, into an empty prefix. How much that is, and that what is loaded
 * on demand works from the bundle: Redis, traces, metrics, callers' tokens, GraphiQL, the emulator and `doctor`.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { env } from "node:process";
import { prove, root, run, work } from "./packed.mjs";

const maxPackages = 25;
const maxMegabytes = 30;

/** @param {{ tarball: string, version: string }} gateway as `pack` returns it. */
export async function proveInstalledGateway({ tarball, version }) {
  const prefix = join(work, "prefix");
  mkdirSync(prefix);
  run("npm", ["install", "--global", "--prefix", prefix, "--no-audit", "--no-fund", "--ignore-scripts", tarball]);
  const folder = join(prefix, "lib", "node_modules", "intune-pfx-gateway");
  const command = join(prefix, "bin", "intune-pfx-gateway");

  proveSize(prefix, folder);
  proveSbom(folder);
  // Nothing of this process's environment: a bundler sets NODE_ENV, for which the gateway asks for an AUTH_MODE.
  const answer = (args) => execFileSync(command, args, { cwd: work, encoding: "utf8", env: { PATH: env.PATH } });
  prove("the installed command tells its version", answer(["--version"]).trim() === version);
  prove("doctor and the emulator work", JSON.parse(answer(["doctor", "--json"])).ok);
  await proveEmulated(command);
  await proveOnDemand(command);
}

function proveSize(prefix, folder) {
  const packages = run("npm", ["ls", "--all", "--omit=dev", "--parseable"], folder).trim().split("\n").length;
  prove(`it is ${packages} packages, at most ${maxPackages}`, packages > 1 && packages <= maxPackages);
  const megabytes = Number(execFileSync("du", ["-sk", prefix], { encoding: "utf8" }).split("\t")[0]) / 1024;
  prove(`and ${Math.round(megabytes)} MB, at most ${maxMegabytes}`, megabytes <= maxMegabytes);
}

/** What is installed, by the tree; what is bundled, by the licences; both are in the SBOM. */
function proveSbom(folder) {
  const { components, dependencies } = JSON.parse(readFileSync(join(folder, "dist/sbom.cdx.json"), "utf8"));
  const listed = components.map((component) => component["bom-ref"]);
  const installed = run("npm", ["ls", "--all", "--omit=dev", "--parseable", "--long"], folder)
    .trim()
    .split("\n")
    .map((line) => line.split(":")[1])
    .filter((name) => !name.startsWith("intune-pfx-gateway@"));
  const missing = installed.filter((name) => !listed.includes(name));
  prove(`the SBOM lists every installed package ${missing.join(" ")}`.trim(), missing.length === 0);
  const bundled = ["@apollo/server", "type-graphql", "undici", "ioredis", "jose", "graphiql", "react"];
  const unlisted = bundled.filter((name) => !listed.some((each) => each.startsWith(`${name}@`)));
  prove(`and the bundled ones ${unlisted.join(" ")}`.trim(), unlisted.length === 0);
  const tools = ["vitest", "typescript", "vite", "@biomejs/biome", "playwright-core", "intune-pfx-client"];
  const strangers = tools.filter((name) => listed.some((each) => each.startsWith(`${name}@`)));
  prove(`but no tool ${strangers.join(" ")}`.trim(), strangers.length === 0);
  const known = new Set([...listed, dependencies[0].ref]);
  prove(
    "and no dependency that it does not list",
    dependencies.every(({ dependsOn }) => dependsOn.every((each) => known.has(each))),
  );

  const notice = readFileSync(join(folder, "NOTICE.md"), "utf8");
  const licences = ["dist/licenses.md", "dist/graphiql/licenses.md"].map((path) =>
    readFileSync(join(folder, path), "utf8"),
  );
  const unnamed = licences
    .flatMap((text) => text.split(/^(?=## \S+ - \S+ \()/m).slice(1))
    .filter((section) => section.trim().split("\n").length === 1)
    .map((section) => section.split(" ")[1])
    .filter((name) => !notice.includes(`\`${name}\``));
  prove(`NOTICE.md names each package without a licence text ${unnamed.join(" ")}`.trim(), unnamed.length === 0);
}

async function proveEmulated(command) {
  const gateway = await start(command, { METRICS_PORT: "0" });
  const create = readFileSync(join(root, "examples/create.json"), "utf8");
  const { data, errors } = await post(gateway.url, create);
  prove("with the emulator it creates a certificate", errors === undefined && data.createUserPfxCertificate.id !== "");
  const page = await fetch(new URL("/graphiql", gateway.url));
  prove("GraphiQL is there", page.status === 200 && (await page.text()).includes("<title>"));
  prove("it stops with 0", (await gateway.stop()) === 0);
}

/** Everything that only some configurations load, at once. */
async function proveOnDemand(command) {
  const collector = createServer((request, response) => {
    collector.emit("path", request.url);
    request.resume().on("end", () => response.end());
  });
  const redis = createTcpServer((socket) =>
    socket.on("error", () => {}).once("data", (data) => redis.emit("said", String(data))),
  );
  for (const server of [collector, redis]) {
    await once(server.listen(0, "127.0.0.1"), "listening");
    server.unref(); // a proof that fails must not wait for connections
  }
  const traced = once(collector, "path");
  const asked = once(redis, "said");
  const gateway = await start(command, {
    NODE_ENV: "production",
    AUTH_MODE: "obo",
    AZURE_TENANT_ID: "11111111-1111-4111-8111-111111111111",
    AZURE_CLIENT_ID: "22222222-2222-4222-8222-222222222222",
    AZURE_CLIENT_SECRET: "no-secret-of-anybody",
    GRAPH_BASE_URL: "https://127.0.0.1:9",
    AUTHORITY_URL: "https://127.0.0.1:9",
    ALLOW_LOOPBACK_UPSTREAM: "true",
    METRICS_PORT: "0",
    REDIS_URL: `redis://127.0.0.1:${redis.address().port}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.address().port}`,
    OTEL_BSP_SCHEDULE_DELAY: "100",
  });
  prove("with Redis it speaks to Redis", /^\*\d+\r\n\$\d+\r\n/.test((await asked)[0]));
  const { errors } = await post(gateway.url, JSON.stringify({ query: "{ __typename }" }), {
    authorization: "Bearer a.b.c",
  });
  prove(
    `with obo it refuses a token that is none: ${errors?.[0].extensions.code}`,
    errors?.[0].extensions.code === "UNAUTHENTICATED",
  );
  prove("with traces it exports them", (await traced)[0] === "/v1/traces");
  prove("it stops with 0", (await gateway.stop()) === 0);
}

async function post(url, body, headers = {}) {
  const answer = await fetch(url, {
    method: "POST",
    body,
    headers: { "content-type": "application/json", ...headers },
  });
  return answer.json();
}

/** Starts the command on a free port; resolves when it listens. */
async function start(command, variables) {
  const child = spawn(command, [], {
    cwd: work,
    env: { PATH: env.PATH, PORT: "0", ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const ended = once(child, "close").finally(() => process.off("exit", kill));
  let output = "";
  const listening = new Promise((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        output += chunk;
        const found = /"url":"([^"]+)"[^\n]*"listening"/.exec(output);
        if (found) resolve(found[1]);
      });
    }
  });
  const failed = ended.then(([code]) => {
    throw new Error(`the installed gateway ended with ${code}:\n${output}`);
  });
  failed.catch(() => {});
  const url = await Promise.race([listening, failed]);
  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      const [code] = await ended;
      return code;
    },
  };
}
