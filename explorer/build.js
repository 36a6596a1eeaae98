/**
 * The first step of `npm run build:gateway`: empties `dist/`, and builds GraphiQL into `dist/graphiql/` unless what is there is newer than
 * everything it is made of. JavaScript, because Node 20 runs no TypeScript.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);
const dist = new URL("dist/", root);
const built = new URL("graphiql/", dist);
const page = new URL("index.html", built);

mkdirSync(dist, { recursive: true });
for (const name of readdirSync(dist)) {
  if (name !== "graphiql") rmSync(new URL(name, dist), { recursive: true, force: true });
}

const madeOf = ["package-lock.json", ...filesIn("explorer/"), ...filesIn("operations/")];
const changedMs = Math.max(...madeOf.map((path) => statSync(new URL(path, root)).mtimeMs));
if (!existsSync(page) || statSync(page).mtimeMs < changedMs) {
  console.error("Building GraphiQL (once; some ten seconds) …");
  const { build } = await import("vite");
  // Under another name until it is whole: an interrupted build must not look like a finished one.
  const unfinished = new URL(`graphiql-${process.pid}/`, dist);
  await build({
    configFile: fileURLToPath(new URL("vite.config.ts", import.meta.url)),
    build: { outDir: fileURLToPath(unfinished), emptyOutDir: true },
  });
  rmSync(built, { recursive: true, force: true });
  renameSync(unfinished, built);
}

/** @param {string} folder */
function filesIn(folder) {
  return readdirSync(new URL(folder, root)).map((name) => `${folder}${name}`);
}
