/** The built gateway as a process of its own, looked at from outside: its metrics, and whether it still runs. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import process, { execPath } from "node:process";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const collectOnSignal = new URL("./collect-on-signal.mjs", import.meta.url).href;

/**
 * Resolves when it listens, on loopback and free ports, as in production but for the given variables.
 *
 * @param {{ graphUrl: string, variables?: Record<string, string>, nodeArgs?: string[] }} options
 */
export async function startGateway({ graphUrl, variables = {}, nodeArgs = [] }) {
  if (!existsSync(main)) throw new Error("The gateway is not built; run: npm run build");
  const child = spawn(execPath, ["--expose-gc", "--import", collectOnSignal, ...nodeArgs, main], {
    env: {
      NODE_ENV: "production",
      AUTH_MODE: "passthrough",
      GRAPH_API_VERSION: "v1.0",
      GRAPH_BASE_URL: graphUrl,
      ALLOW_LOOPBACK_UPSTREAM: "true",
      GRAPH_WRITES_PER_20S: "100000", // Graph's pace is not what is measured
      PORT: "0",
      METRICS_PORT: "0",
      ...variables,
    },
    stdio: ["ignore", "pipe", "pipe", "pipe"], // the last one for what collect-on-signal.mjs tells
    detached: true, // Ctrl-C is for the parent, which stops it
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill); // however this process ends, the other doesn't stay
  let isEnded = false;
  const ended = new Promise((resolve) => child.once("close", resolve)).finally(() => {
    isEnded = true;
    process.off("exit", kill);
  });
  let errors = "";
  child.stderr.on("data", (chunk) => (errors = `${errors}${chunk}`.slice(-10_000)));
  const { url, metricsUrl } = await new Promise((resolve, reject) => {
    let output = "";
    child.once("error", reject);
    ended.then((code) => reject(new Error(`the gateway ended with ${code}: ${errors}`))).catch(reject);
    child.stdout.on("data", (chunk) => {
      if (output === undefined) return; // it listens; the pipe has to be emptied all the same
      output += chunk;
      const line = output.split("\n").find((each) => each.includes('"listening"'));
      if (line === undefined) return;
      output = undefined;
      resolve(JSON.parse(line));
    });
  });
  const metrics = async () => {
    const text = await (await fetch(metricsUrl, { signal: AbortSignal.timeout(10_000) })).text();
    /** The sum over a metric's labels; those that are given with the name are what it begins with. */
    return (name) =>
      text
        .split("\n")
        .filter((line) => line.startsWith(name) && " {,}".includes(line[name.length]))
        .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
  };
  return {
    url,
    metrics,
    ended,
    get isEnded() {
      return isEnded;
    },
    get errors() {
      return errors;
    },
    /** Collects all garbage, and resolves when that is done. */
    async collect() {
      const done = once(child.stdio[3], "data", { signal: AbortSignal.timeout(10_000) });
      child.kill("SIGUSR2");
      await done;
    },
    async close() {
      const patience = setTimeout(kill, 10_000);
      child.kill("SIGTERM");
      const code = await ended;
      clearTimeout(patience);
      return code;
    },
  };
}
