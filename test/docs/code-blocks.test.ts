/** Code blocks of README and `docs/`: JSON parses, GraphQL is valid, npm scripts exist. */
import { buildASTSchema, parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { blocksOf, guides, read } from "./pages.ts";

const schema = buildASTSchema(parse(read("schema.graphql")), { assumeValidSDL: true });

const blocks = (language: string, paths: readonly string[]) =>
  paths.flatMap((path) => blocksOf(path, language).map((code, index): [string, string] => [`${path} ${index}`, code]));

describe("code blocks", () => {
  it.each(blocks("json", guides))("are JSON: %s", (_, code) => {
    expect(() => JSON.parse(code)).not.toThrow();
  });

  it.each(blocks("graphql", guides))("are valid operations: %s", (_, code) => {
    expect(validate(schema, parse(code))).toEqual([]);
  });

  it("run npm scripts that there are", () => {
    const scripts = Object.keys(JSON.parse(read("package.json")).scripts);
    const texts = [...guides, "CONTRIBUTING.md"].map(read).join("\n");
    const used = [...texts.matchAll(/npm run (?:-s |--silent )?([a-z][\w:-]*)/g)].map(([, name]) => name);

    expect(used.length).toBeGreaterThan(10);
    expect([...new Set(used)].filter((name) => name !== undefined && !scripts.includes(name))).toEqual([]);
  });
});
