/** Tables of the documentation against the source that they describe. */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { variables } from "../../src/config/variables.ts";
import { proseOf, read, root } from "./pages.ts";

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

describe("docs/configuration.md", () => {
  it("lists every variable with its default and meaning, and no other; -u writes the table anew", async () => {
    const rows = variables.map(
      ({ name, default: value, meaning }) => `| \`${name}\` | ${cell(value)} | ${cell(meaning)} |\n`,
    );
    const head = "| variable | default | meaning |\n|---|---|---|\n";
    const [before = "", after = ""] = read("docs/configuration.md").split(head);
    const page = `${before}${head}${rows.join("")}${after.replace(/^(?:\|.*\n)*/, "")}`;

    expect(after).not.toBe("");
    await expect(page).toMatchFileSnapshot("../../docs/configuration.md");
  });
});

describe("docs/errors.md", () => {
  it("explains every error code, and each one once", () => {
    const codes = [...(/type ErrorCode =([\s\S]*?);/.exec(read("src/errors.ts"))?.[1] ?? "").matchAll(/"(\w+)"/g)];
    const [, table = ""] = /\n## Codes\n([\s\S]*?)\n## /.exec(read("docs/errors.md")) ?? [];
    const explained = [...table.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => code);

    expect(codes.length).toBeGreaterThan(10);
    expect(explained).toEqual(expect.arrayContaining(codes.map(([, code]) => code)));
    expect(new Set(explained).size).toBe(explained.length);
  });

  it("knows every code that the client's package knows", () => {
    const source = read("packages/client/src/operations/gateway-error.ts");
    const codes = [...source.matchAll(/"([A-Z]+_[A-Z_]+)"/g)].map(([, code]) => code);

    expect(codes.length).toBeGreaterThan(10);
    expect(codes.filter((code) => !read("docs/errors.md").includes(`\`${code}\``))).toEqual([]);
  });
});

describe("CONTRIBUTING.md", () => {
  it.each(["package.json", "packages/client/package.json", "packages/cli/package.json"])(
    "names every runtime dependency of %s",
    (file) => {
      const { dependencies } = JSON.parse(read(file));
      for (const name of Object.keys(dependencies)) expect(read("CONTRIBUTING.md")).toContain(`\`${name}\``);
    },
  );

  it("names every npm script", () => {
    const page = `${read("CONTRIBUTING.md")}${read("README.md")}${read("docs/deployment.md")}`;
    const { scripts } = JSON.parse(read("package.json"));
    const named = Object.keys(scripts).filter(
      (name) => page.includes(`npm run ${name}`) || page.includes(`npm ${name}`),
    );
    const unnamed = Object.keys(scripts).filter((name) => !named.includes(name));

    expect(unnamed).toEqual(["prepack"]); // npm's own
  });
});

describe("messages that the documentation quotes", () => {
  const sources = readdirSync(new URL("src", root), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => read(`src/${name}`))
    .join("\n");

  it.each(["docs/getting-started.md", "docs/troubleshooting.md"])("are the gateway's own in %s", (path) => {
    const spans = [...proseOf(path, { withoutSpans: false }).matchAll(/`([A-Z][a-z][^`]*)`/g)].map(
      ([, text = ""]) => text,
    );
    const messages = spans.filter((text) => text.split(" ").length > 2);

    expect(messages.length).toBeGreaterThan(3);
    expect(messages.filter((message) => !sources.includes(message))).toEqual([]);
  });
});
