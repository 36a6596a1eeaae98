/** What the operations that this package exports may select. */
import { readdirSync, readFileSync } from "node:fs";
import { parse, print, visit } from "graphql";
import * as client from "intune-pfx-client/operations";
import { describe, expect, it } from "vitest";

const files = readdirSync("operations")
  .filter((file) => file.endsWith(".graphql"))
  .map((file) => [file, readFileSync(`operations/${file}`, "utf8")] as const);
const documents = Object.entries(client).flatMap(([name, exported]) =>
  typeof exported === "function" ? [] : [[name, print(exported)] as const],
);

/** The names of all fields that an operation selects, in fragments too. */
function selectedBy(text: string): string[] {
  const names: string[] = [];
  visit(parse(text), { Field: ({ name }) => void names.push(name.value) });
  return names;
}

describe("the operations of the client", () => {
  it.each([...files, ...documents])(
    "select no file and no password, which a client's cache would keep: %s",
    (_, text) => {
      const selected = selectedBy(text);

      expect(selected.length).toBeGreaterThan(0);
      expect(selected.filter((name) => /^encryptedPfx|password|blob/i.test(name))).toEqual([]);
    },
  );

  it("are those of the files, all of them", () => {
    expect(documents.length).toBe(files.length);
  });
});
