/** The README's first page: short, and its mutation answers what it says. `test/cli/readme-import.mjs` runs its import commands. */
import { parse, print } from "graphql";
import { describe, expect, it } from "vitest";
import { seedRecords } from "../../src/emulator/seed.ts";
import { startGateway } from "../support/gateway.ts";
import { blocksOf, read } from "./pages.ts";

const readme = read("README.md");
const example = "examples/create.json";

describe("the README", () => {
  it("has at most 150 lines", () => {
    expect(readme.trimEnd().split("\n").length).toBeLessThanOrEqual(150);
  });

  it("shows an operation with its exact response to the curl command", async () => {
    await using gateway = await startGateway({ seed: seedRecords(), config: { authMode: "none" } });
    const [operation = ""] = blocksOf("README.md", "graphql");
    const [answer = ""] = blocksOf("README.md", "json");
    const { query, variables } = JSON.parse(read(example));

    const { text } = await gateway.send<unknown, object>(query, variables);

    expect(blocksOf("README.md", "sh").join("")).toContain(
      `curl -s http://127.0.0.1:4000/graphql -H 'content-type: application/json' -d @${example}\n`,
    );
    expect(print(parse(query))).toBe(print(parse(operation)));
    expect(JSON.parse(text)).toEqual(JSON.parse(answer));
  });
});
