/** Loaded into the gateway before itself: SIGUSR2 collects all garbage, so that what is measured then is what is kept. */
process.on("SIGUSR2", () => globalThis.gc());
