import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { variables } from "../src/config/variables.ts";
import { seedRecords } from "../src/emulator/seed.ts";
import { startGateway } from "./support/gateway.ts";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const readme = read("README.md");
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(([, text = ""]) => text);

describe("the README", () => {
  it("shows an operation with its exact response", async () => {
    await using gateway = await startGateway({ seed: seedRecords(), config: { authMode: "none" } });

    const [operation = ""] = blocks("graphql");
    const [variables = "", answer = ""] = blocks("json");

    const { text } = await gateway.send<unknown, object>(operation, JSON.parse(variables));

    expect(JSON.parse(text)).toEqual(JSON.parse(answer));
  });

  it("lists exactly the variables, with their defaults and meanings", () => {
    const section = /## Configuration([\s\S]*?)\n## /.exec(readme)?.[1] ?? "";
    const rows = [...section.matchAll(/^\| `([A-Z][A-Z0-9_]*)` \| (.*) \| (.*) \|$/gm)].map(
      ([, name, value, meaning]) => ({
        name,
        default: value,
        meaning,
      }),
    );
    expect(rows).toEqual(variables);
  });

  it("explains every error code", () => {
    const codes = [...(/type ErrorCode =([\s\S]*?);/.exec(read("src/errors.ts"))?.[1] ?? "").matchAll(/"(\w+)"/g)];
    const explained = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(10);
    expect(explained).toEqual(expect.arrayContaining(codes.map(([, code]) => code)));
  });

  it.each(["package.json", "packages/client/package.json", "packages/cli/package.json"])(
    "names every runtime dependency of %s",
    (file) => {
      const { dependencies } = JSON.parse(read(file));
      for (const name of Object.keys(dependencies)) expect(readme).toContain(`\`${name}\``);
    },
  );
});
