/**
 * `npm start`: Graph's emulator, the gateway, and this page in front of it, until SIGINT or SIGTERM. Ports: PORT (5173),
 * GATEWAY_PORT (4000), EMULATOR_PORT (4010); 0 takes a free one.
 */
import process, { env } from "node:process";
import { fileURLToPath } from "node:url";
import { startEmulatorProgram, startGateway } from "../program.mjs";
import { buildPage, servePage } from "./serve.mjs";

const samples = fileURLToPath(new URL("../import-pfx/", import.meta.url));
const emulator = await startEmulatorProgram(env.EMULATOR_PORT ?? "4010");
const gateway = await startGateway({
  PORT: env.GATEWAY_PORT ?? "4000",
  GRAPH_BASE_URL: emulator.url,
  ALLOW_LOOPBACK_UPSTREAM: "true",
  AUTH_MODE: "none",
});
await buildPage();
const page = await servePage(gateway.url, Number(env.PORT ?? "5173"));
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

async function stop() {
  for (const each of [page, gateway, emulator]) await each.close();
  process.exit(0);
}
process.removeAllListeners("SIGTERM"); // Vite's own would end this process before the other two
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);
