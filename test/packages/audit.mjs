/** `npm run audit` against a registry that knows of vulnerabilities: of a bundled package, of an installed one, of a tool, of nothing. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { env } from "node:process";
import { prove, root } from "./packed.mjs";

export async function proveAudit() {
  const bundled = await audit({ undici: [advisory("GHSA-bundled")] });
  prove("the audit fails for a bundled package", bundled.code === 1 && bundled.output.includes("GHSA-bundled"));
  const installed = await audit({ jsonwebtoken: [advisory("GHSA-installed")] });
  prove("and for an installed one", installed.code === 1 && installed.output.includes("GHSA-installed"));
  const tool = await audit({ vitest: [advisory("GHSA-tool")] });
  prove("not for a tool", tool.code === 0 && !tool.output.includes("GHSA-tool"));
  const nothing = await audit({});
  prove("nor for nothing", nothing.code === 0 && /\d+ shipped packages, 0 known/.test(nothing.output));
  const silent = await audit(undefined);
  prove(
    "a registry without an answer is a failure",
    silent.code === 1 && silent.output.includes("npm audit has no answer"),
  );
}

const advisory = (id) => ({
  id: 1,
  url: `https://example.com/${id}`,
  title: "A flaw",
  severity: "high",
  vulnerable_versions: "*",
  cwe: [],
  cvss: { score: 0, vectorString: null },
});

const locked = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;

/** What a registry says of a package: npm asks whether other versions have the flaw as well. */
function packument(name) {
  const paths = Object.keys(locked).filter((path) => path.endsWith(`node_modules/${name}`));
  const versions = paths.map((path) => [locked[path].version, { name, version: locked[path].version }]);
  return { name, "dist-tags": {}, versions: Object.fromEntries(versions) };
}

/** @param {object | undefined} advisories by package's name; undefined: the registry refuses. */
async function audit(advisories) {
  const registry = createServer((request, response) => {
    request.resume().on("end", () => {
      response.statusCode = advisories === undefined ? 405 : 200;
      const isAsked = request.url.endsWith("/advisories/bulk");
      response.end(JSON.stringify(isAsked ? (advisories ?? {}) : packument(decodeURIComponent(request.url.slice(1)))));
    });
  });
  await once(registry.listen(0, "127.0.0.1"), "listening");
  const child = spawn(process.execPath, ["packaging/audit.js"], {
    cwd: root,
    env: { ...env, npm_config_registry: `http://127.0.0.1:${registry.address().port}/`, npm_config_fetch_retries: "0" },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const [code] = await once(child, "close");
  registry.close();
  return { code, output };
}
