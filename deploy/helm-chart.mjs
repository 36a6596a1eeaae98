/**
 * The Helm chart's values and manifests. Helm itself is not needed: helm/render does what it does with the template engine that
 * Helm is made of. Needs Go, sprig and sigs.k8s.io/yaml from Debian's packages (.ci/install-go).
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env } from "node:process";
import { fileURLToPath } from "node:url";
import Ajv from "ajv";
import { parse } from "yaml";

const folder = (name) => fileURLToPath(new URL(`helm/${name}/`, import.meta.url));

export const chartFolder = folder("intune-pfx-gateway");

const accepts = new Ajv({ allErrors: true, strictTypes: false }).compile(
  JSON.parse(readFileSync(join(chartFolder, "values.schema.json"), "utf8")),
);

/** Builds the renderer; what it returns renders, and `remove` takes the renderer away again. */
export function buildRenderer() {
  const place = mkdtempSync(join(tmpdir(), "helm-render-"));
  const program = join(place, "render");
  execFileSync("go", ["build", "-o", program, "."], {
    cwd: folder("render"),
    env: { ...env, GO111MODULE: "off", GOPATH: "/usr/share/gocode", GOFLAGS: "" },
    stdio: ["ignore", "ignore", "inherit"],
  });

  /**
   * What `helm template gateway CHART --values FILE` would print, parsed.
   *
   * @returns {{ problems: string[], manifests: Record<string, object>, notes: string, text: string }} `problems`: what the
   *   schema finds wrong with the values, and then nothing else; `manifests` by kind.
   * @throws {Error} where the templates refuse the values, with their message.
   */
  function render(values) {
    const file = join(place, "values.json");
    writeFileSync(file, JSON.stringify(values));
    const output = execFileSync(program, [chartFolder, "gateway", file], { encoding: "utf8" });
    const { values: merged, files = {}, error } = JSON.parse(output);
    const problems = problemsOf(merged);
    if (problems.length === 0 && error !== undefined) throw new Error(error);
    const { "NOTES.txt": notes = "", ...templates } = problems.length === 0 ? files : {};
    const texts = Object.values(templates).filter((text) => text.trim() !== "");
    return {
      problems,
      manifests: Object.fromEntries(texts.map((text) => parse(text)).map((manifest) => [manifest.kind, manifest])),
      notes,
      text: texts.join("---\n"),
    };
  }

  return { render, remove: () => rmSync(place, { recursive: true }) };
}

function problemsOf(values) {
  if (accepts(values)) return [];
  return accepts.errors.map(({ instancePath, message, params }) =>
    [instancePath, message, ...Object.values(params)].join(" "),
  );
}
