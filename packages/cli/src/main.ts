/** The program: it gives `run` the arguments and the streams, and ends with the exit code that it returns. */
import process from "node:process";
import { run } from "./run.ts";

// Whoever reads may stop reading, as `head` does: that is no failure.
process.stdout.on("error", (error) => {
  if (!("code" in error) || error.code !== "EPIPE") throw error;
});

process.exitCode = run(process.argv.slice(2), process);
