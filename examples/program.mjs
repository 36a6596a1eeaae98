/** Runs a built program of the root's `dist/` as a process of its own, and knows when it listens. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import process, { env, execPath } from "node:process";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);

/** A password as the certificate connector wants it: a ciphertext of RSA-OAEP, of a throw-away key. */
export const encryptedPassword = JSON.parse(readFileSync(new URL("operations/variables.json", root), "utf8")).input
  .encryptedPfxPassword;

/** @throws {Error} saying what to do, where the root is not built. */
export function needBuild() {
  const needed = ["node_modules", "dist/main.js", "dist/emulator/main.js"];
  const missing = needed.filter((path) => !existsSync(new URL(path, root)));
  if (missing.length === 0) return;
  const folder = fileURLToPath(root);
  throw new Error(`The gateway is not built (no ${missing.join(", ")}). In ${folder} run: npm ci && npm run build`);
}

/** Imports a module of the root's `dist/`. */
export function importBuilt(path) {
  needBuild();
  return import(new URL(`dist/${path}`, root).href);
}

/**
 * Starts `node dist/<path>`. Of this process's environment it gets what is no setting of the gateway's.
 *
 * @param {{ path: string, variables: Record<string, string>, listening: RegExp }} options `listening`: what it prints once it
 *   listens, with its address as the first group.
 * @returns {Promise<{ url: string, ended: Promise<number | null>, close(): Promise<void>, output(): string }>}
 */
export async function startProgram({ path, variables, listening }) {
  needBuild();
  const child = spawn(execPath, [fileURLToPath(new URL(`dist/${path}`, root))], {
    cwd: fileURLToPath(new URL("dist/", root)), // where no .env is
    env: { ...only(env, ["PATH", "SystemRoot", "NODE_EXTRA_CA_CERTS"]), ...variables },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // Ctrl-C is for the parent, which stops the rest in order
  });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill); // however this process ends, the other doesn't stay
  const ended = new Promise((resolve) => child.once("close", resolve)).finally(() => process.off("exit", kill));
  const close = async () => {
    const patience = setTimeout(kill, 10_000);
    child.kill("SIGTERM");
    await ended;
    clearTimeout(patience);
  };
  let output = "";
  const listens = new Promise((resolve, reject) => {
    const read = (chunk) => {
      if (output.length > 100_000) return; // it listens long since; only the pipe has to be emptied
      output += chunk;
      const found = listening.exec(output);
      if (found !== null) resolve(found[1]);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", reject);
  });
  const endsFirst = ended.then((code) => {
    throw new Error(`${path} ended with ${code}:\n${output}`);
  });
  return { url: await Promise.race([listens, endsFirst]), ended, close, output: () => output };
}

export const startGateway = (variables) =>
  startProgram({ path: "main.js", variables, listening: /"url":"([^"]+)"[^\n]*"listening"/ });

export const startEmulatorProgram = (port) =>
  startProgram({
    path: "emulator/main.js",
    variables: { EMULATOR_PORT: String(port) },
    listening: /userPfxCertificates at (\S+)/,
  });

function only(values, names) {
  return Object.fromEntries(names.filter((name) => values[name] !== undefined).map((name) => [name, values[name]]));
}
