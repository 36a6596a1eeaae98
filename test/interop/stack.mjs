/** The built gateway as a program, in front of an emulator in this process. */
import { importBuilt, startGateway } from "../../examples/program.mjs";

/** @param variables of the gateway's environment, besides what it needs to find the emulator. */
export async function startStack(variables = {}) {
  const [{ startEmulator }, { seedRecords }] = await Promise.all([
    importBuilt("emulator/server.js"),
    importBuilt("emulator/seed.js"),
  ]);
  const emulator = await startEmulator({ seed: seedRecords() });
  const gateway = await startGateway({
    PORT: "0",
    GRAPH_BASE_URL: emulator.url,
    ALLOW_LOOPBACK_UPSTREAM: "true",
    AUTH_MODE: "none",
    ...variables,
  });
  return {
    emulator,
    url: gateway.url,
    async close() {
      await gateway.close();
      await emulator.close();
    },
  };
}
