/**
 * `npm start`: Graph's emulator, the gateway, the directory and a router in front of them, until SIGINT or SIGTERM.
 * Ports: ROUTER_PORT (4000), GATEWAY_PORT (4001), DIRECTORY_PORT (4002), EMULATOR_PORT (4010); 0 takes a free one.
 */
import process, { env, exit } from "node:process";
import { startEmulatorProgram, startGateway } from "../program.mjs";
import { startDirectory } from "./directory.mjs";
import { startHive } from "./hive.mjs";

const query = "{ users { displayName pfxCertificates(first: 3) { nodes { id intendedPurpose expirationDateTime } } } }";
const secret = env.ROUTER_SECRET || "only-for-this-example";

/** In the order of starting; stopped the other way round, so that nobody asks who is gone. */
const running = [];
/** What is being started, to be waited for before all is stopped. */
let starting = Promise.resolve();
let stopping;

function stop() {
  stopping ??= (async () => {
    await starting.catch(() => {});
    for (const each of running.reverse()) await each.close();
  })();
  return stopping;
}

async function start(startOne) {
  if (stopping !== undefined) throw new Error("Stopped while starting.");
  starting = startOne().then((started) => {
    running.push(started);
    return started;
  });
  const started = await starting;
  started.ended?.then(() => (stopping === undefined ? fail(new Error(`${started.url} is gone.`)) : undefined));
  return started;
}

async function run() {
  const emulator = await start(() => startEmulatorProgram(port("EMULATOR_PORT", 4010)));
  const gateway = await start(() =>
    startGateway({
      PORT: port("GATEWAY_PORT", 4001),
      GRAPH_BASE_URL: emulator.url,
      ALLOW_LOOPBACK_UPSTREAM: "true",
      AUTH_MODE: "none",
      ROUTER_SECRET: secret,
    }),
  );
  const directory = await start(() => startDirectory(port("DIRECTORY_PORT", 4002)));
  Object.assign(env, { PFX_URL: gateway.url, DIRECTORY_URL: directory.url, ROUTER_SECRET: secret });
  const { gatewayConfig } = await import("./router/hive-gateway.config.mjs");
  const router = await start(() => startHive(gatewayConfig, port("ROUTER_PORT", 4000)));
  console.log(`
Supergraph: ${router.url}
  directory  ${directory.url}  users: displayName, department
  pfx        ${gateway.url}  certificates; takes requests from the router only
  emulator   ${emulator.url}  Microsoft Graph; nothing leaves this machine, nothing is kept

Try: curl -H 'content-type: application/json' -d '{"query":"${query}"}' ${router.url}
`);
}

function port(name, usual) {
  return env[name] || String(usual);
}

async function fail(error) {
  if (stopping !== undefined) return; // and that is why
  console.error(error.message);
  await stop();
  exit(1);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () =>
    stop().then(
      () => exit(0),
      () => exit(1),
    ),
  );
}
await run().catch(fail);
