/**
 * Runs the emulator alone, seeded: `node dist/emulator/main.js`. EMULATOR_PORT sets the port (default 4010), EMULATOR_HOST the
 * address (default 127.0.0.1), EMULATOR_WRITES_PER_20S the write quota (default 100, like Graph's). EMULATOR_STRICT=true
 * removes the collection from v1.0.
 */
import { seedRecords } from "./seed.ts";
import { startEmulator } from "./server.ts";

const {
  EMULATOR_PORT = "4010",
  EMULATOR_HOST = "127.0.0.1",
  EMULATOR_WRITES_PER_20S = "100",
  EMULATOR_STRICT,
} = process.env;

const port = Number(EMULATOR_PORT);
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error(`EMULATOR_PORT must be a port number from 0 to 65535, not "${EMULATOR_PORT}".`);
  process.exit(2);
}

const writesPer20s = Number(EMULATOR_WRITES_PER_20S);
if (!Number.isInteger(writesPer20s) || writesPer20s < 1) {
  console.error(`EMULATOR_WRITES_PER_20S must be a whole number above 0, not "${EMULATOR_WRITES_PER_20S}".`);
  process.exit(2);
}

const strict = EMULATOR_STRICT === "true";
const emulator = await startEmulator({
  host: EMULATOR_HOST,
  port,
  seed: seedRecords(),
  keptRequests: 0, // nobody here looks at them
  v1HasSegment: !strict,
  writeQuota: { limit: writesPer20s, windowMs: 20_000, retryAfter: "seconds" },
}).catch((error: unknown) => {
  console.error(`Could not listen on ${EMULATOR_HOST}:${port}: ${error instanceof Error ? error.message : error}`);
  process.exit(1);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    emulator.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  });
}

const version = strict ? "beta" : "v1.0";
console.log(`Emulating Microsoft Graph's userPfxCertificates at ${emulator.url} (${emulator.records.length} records).
Try: curl -H 'Authorization: Bearer anything' '${emulator.url}/${version}/deviceManagement/userPfxCertificates?$top=2'`);
