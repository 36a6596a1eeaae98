/**
 * `npm start`: Graph's emulator, the gateway, and this page in front of it, until SIGINT or SIGTERM. Ports: PORT (5173),
 * GATEWAY_PORT (4000), EMULATOR_PORT (4010); 0 takes a free one. With GATEWAY_URL only the page is started, before that gateway;
 * PORTAL_CONFIG names the file that the page gets as `/config.json`.
 */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import process, { env, exit } from "node:process";
import { fileURLToPath } from "node:url";
import { startEmulatorProgram, startGateway } from "../program.mjs";

const samples = fileURLToPath(new URL("../import-pfx/", import.meta.url));
const ports = {
  PORT: { default: "5173", of: "the portal" },
  GATEWAY_PORT: { default: "4000", of: "the gateway" },
  EMULATOR_PORT: { default: "4010", of: "the emulator" },
};
const portOf = (variable) => env[variable] || ports[variable].default;

const problems = await portProblems();
if (!existsSync(new URL("node_modules/vite", import.meta.url))) problems.push("In this folder run first: npm ci");
if (problems.length > 0) stopWith(problems);

const started = [];
async function stop(code) {
  for (const each of started.toReversed()) await each.close();
  exit(code);
}
const stopOnSignals = () => {
  for (const signal of ["SIGINT", "SIGTERM"]) process.removeAllListeners(signal).once(signal, () => stop(0));
};
stopOnSignals();

const { GATEWAY_URL: gatewayUrl, PORTAL_CONFIG: configFile } = env;
try {
  if (gatewayUrl) await startPage();
  else await startAll();
} catch (error) {
  console.error(`Not started: ${error instanceof Error ? error.message : String(error)}`);
  await stop(1);
}

async function startPage() {
  const { buildPage, servePage } = await import("./serve.mjs");
  const config = configFile ? JSON.parse(readFileSync(configFile, "utf8")) : {};
  await buildPage();
  const page = await servePage(gatewayUrl, Number(portOf("PORT")), config);
  started.push(page);
  console.log(`\nPortal:   ${page.url.replace("127.0.0.1", "localhost")}\nGateway:  ${gatewayUrl}\n`);
}

async function startAll() {
  const emulator = await startEmulatorProgram(portOf("EMULATOR_PORT"));
  started.push(emulator);
  const gateway = await startGateway({
    PORT: portOf("GATEWAY_PORT"),
    GRAPH_BASE_URL: emulator.url,
    ALLOW_LOOPBACK_UPSTREAM: "true",
    AUTH_MODE: "none",
  });
  started.push(gateway);
  const { buildPage, servePage } = await import("./serve.mjs");
  await buildPage();
  const page = await servePage(gateway.url, Number(portOf("PORT")));
  started.push(page);
  console.log(`
Portal:   ${page.url}
Gateway:  ${gateway.url}
Emulator: ${emulator.url}  Microsoft Graph; nothing leaves this machine, nothing is kept

Try the import: drop these four files on it, with users.csv or without.
  ${samples}
  adele-encryption.pfx, adele-signing.pfx   Tulip-47-Harbor
  alex-encryption.pfx                       ink, "blue" & 9
  alex-signing.pfx                          Cedar-18-Window   (users.csv has it wrong on purpose)
`);
}

stopOnSignals(); // again: Vite's own handler would end this process before the other two

/** A port that is taken or none, each with its variable; before anything is started. */
async function portProblems() {
  const found = [];
  if (env.GATEWAY_URL && !URL.canParse(env.GATEWAY_URL))
    found.push("GATEWAY_URL must be a URL, such as https://pfx.contoso.example/graphql.");
  const wanted = new Map();
  for (const [variable, { of }] of Object.entries(ports)) {
    if (env.GATEWAY_URL && variable !== "PORT") continue;
    const text = portOf(variable);
    const port = Number(text);
    if (!/^\d+$/.test(text) || port > 65_535) {
      found.push(`${variable} must be a port number from 0 to 65535.`);
    } else if (port !== 0 && wanted.has(port)) {
      found.push(`${variable} and ${wanted.get(port)} must be different ports.`);
    } else if (!(await isFree(port))) {
      found.push(
        `Port ${port} of ${of} is taken by another program. Stop it, or choose another port: ${variable}=0 takes a free one.`,
      );
      if (variable === "GATEWAY_PORT")
        found.push("It may be the repository's own npm start, which listens on 4000 too.");
    }
    wanted.set(port, variable);
  }
  return found;
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

function stopWith(sentences) {
  console.error(["Not started.", ...sentences].join("\n"));
  exit(1);
}
