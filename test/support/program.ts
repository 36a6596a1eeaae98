/** The built program in a folder of its own, like an installed package: neither an older build nor one under way is in it. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** An empty folder for the program. */
export function programFolder(): string {
  return mkdtempSync(join(tmpdir(), "gateway-"));
}

/** Builds the program into `dist`, beside its dependencies and an `empty` folder. Takes some ten seconds. */
export function buildProgram(folder: string): void {
  const bundler = resolve("node_modules/vite/bin/vite.js");
  const args = [bundler, "build", "--config", "bundle.config.ts", "--outDir", join(folder, "dist")];
  const env = { ...process.env, NODE_ENV: "production" };
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", env });
  if (status !== 0) throw new Error(`the build failed:\n${stderr}`);
  cpSync("package.json", join(folder, "package.json"));
  cpSync("operations", join(folder, "operations"), { recursive: true });
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"), "junction");
  mkdirSync(join(folder, "empty"));
  mkdirSync(join(folder, "dist", "graphiql"));
  writeFileSync(join(folder, "dist", "graphiql", "index.html"), "<title>GraphiQL</title>");
}
