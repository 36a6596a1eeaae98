import { describe, expect, it } from "vitest";
import { buildSchema } from "../../src/server/build-schema.ts";

interface Ruled {
  schemaName: string;
  roles?: string[];
}

/** TypeGraphQL keeps what the decorators said on the global object; it exports no way to ask. */
function metadata(kind: "queries" | "mutations"): Ruled[] {
  buildSchema();
  const storage: unknown = Reflect.get(globalThis, "TypeGraphQLMetadataStorage");
  const found: unknown = typeof storage === "object" && storage !== null ? Reflect.get(storage, kind) : undefined;
  if (!Array.isArray(found)) throw new Error("TypeGraphQL keeps its metadata elsewhere now");
  return found;
}

describe("the rules of who may do what", () => {
  it("cover every query and mutation: queries read, mutations write", () => {
    const rules = (kind: "queries" | "mutations") => metadata(kind).map(({ schemaName, roles }) => [schemaName, roles]);
    const { schema } = buildSchema();

    const queries = Object.keys(schema.getQueryType()?.getFields() ?? {}).filter((name) => !name.startsWith("_"));
    expect(rules("queries")).toEqual(expect.arrayContaining(queries.map((name) => [name, ["read"]])));
    const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {});
    expect(mutations.length).toBeGreaterThan(3);
    expect(rules("mutations")).toEqual(expect.arrayContaining(mutations.map((name) => [name, ["write"]])));
  });
});
