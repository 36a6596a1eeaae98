/**
 * Loaded into the gateway before itself: SIGUSR2 collects all garbage, so that what is measured then is what is kept, and
 * tells the parent when that is done.
 */
import { writeSync } from "node:fs";

process.on("SIGUSR2", () => {
  globalThis.gc();
  writeSync(3, ".");
});
