import fc from "fast-check";
import { buildSchema, execute, type FragmentDefinitionNode, Kind, parse, validate } from "graphql";
import { describe, expect, it } from "vitest";
import { compileOperation } from "../../../../src/server/graphql/compiled/compile-operation.ts";

/** Of a resolver's value, whatever that is. */
const schema = buildSchema(`
  type Query { thing(id: ID, first: Int! = 3): Thing  things: [Thing!]!  numbers: [[Int]!]  kind: Kind  other: Other  others: [Other]  named: Named }
  type Mutation { change(input: Change!): Thing!  nest(nests: [Nest!], count: Int): Thing }
  input Nest { name: String!  flag: Boolean  kind: Kind! = B  ratios: [[Float!]]  inner: Nest  id: ID }
  input Change { name: String!  count: Int = 7  kinds: [Kind!] }
  type Thing { id: ID!  name: String  count: Int  ratio: Float  flag: Boolean!  kind: Kind  kinds: [Kind!]  inner: Thing  inners: [Thing!] }
  enum Kind { A B }
  interface Named { name: String }
  type Person implements Named { name: String }
  union Other = Thing | Person
`);
for (const type of [schema.getQueryType(), schema.getMutationType()]) {
  for (const field of Object.values(type?.getFields() ?? {})) {
    field.resolve = async (_source, args, context: { outcome: () => unknown; asked: unknown[] }) => {
      context.asked.push(args);
      return context.outcome();
    };
  }
}

const leaf = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, "", "A", "B", "C", "text", 0, 1, 1.5, 2 ** 40, Number.NaN, true, false),
  fc
    .constantFrom<() => unknown>(
      () => () => "called",
      () => new Error("in the place of a value"),
      () => [],
      () => ({}),
      () => ({ valueOf: () => 3 }),
      () => 10n,
      () => Symbol("s"),
    )
    .map((make) => make()),
);
const mostly = (usual: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: leaf });

/** A value for a Thing, as it should be or not. */
function aThing(depth: number): fc.Arbitrary<unknown> {
  const inner = depth === 0 ? leaf : fc.oneof(aThing(depth - 1), fc.constant(null));
  const inners = depth === 0 ? leaf : fc.array(aThing(depth - 1), { maxLength: 2 });
  return mostly(
    fc.record({
      id: mostly(fc.constantFrom<unknown>("x", 7)),
      flag: mostly(fc.boolean()),
      name: mostly(fc.string()),
      count: mostly(fc.integer()),
      ratio: mostly(fc.double()),
      kind: mostly(fc.constantFrom<unknown>("A", "B", null)),
      kinds: mostly(fc.array(mostly(fc.constantFrom<unknown>("A", "B")), { maxLength: 3 })),
      inner: mostly(inner),
      inners: mostly(inners),
    }),
  );
}
const value = fc.oneof(
  { weight: 8, arbitrary: aThing(2) },
  { weight: 4, arbitrary: fc.array(aThing(1), { maxLength: 3 }) },
  { weight: 2, arbitrary: fc.array(fc.array(leaf, { maxLength: 3 }), { maxLength: 3 }) },
  { weight: 1, arbitrary: leaf },
);

/** Selections of a Thing, with aliases, fragments and repetitions. */
function selectionsOf(depth: number): fc.Arbitrary<string> {
  const plain = fc.constantFrom(
    ...["id", "name", "count", "ratio", "flag", "kind", "kinds", "again: name"],
    ...["__typename", "type: __typename", "...F", "... on Thing { count }", "... { flag }"],
  );
  const nested = fc
    .tuple(
      fc.constantFrom("inner", "inners", "deep: inner"),
      depth === 0 ? fc.constant("{ id }") : selectionsOf(depth - 1),
    )
    .map((both) => both.join(" "));
  return fc
    .array(fc.oneof({ weight: 3, arbitrary: plain }, { weight: 1, arbitrary: nested }), { minLength: 1, maxLength: 6 })
    .map((all) => `{ ${all.join(" ")} }`);
}
const selections = selectionsOf(2);
const document = fc.oneof(
  fc
    .tuple(fc.constantFrom("thing", "things", "t: thing(id: $id)", "thing(first: $first)"), selections)
    .map((all) => all.join(" ")),
  fc.constantFrom("numbers", "kind", "k: kind"),
);

async function settle(outcome: () => Promise<unknown>): Promise<unknown> {
  return outcome().catch((error: unknown) => ({ thrown: String(error) }));
}

async function compare(
  text: string,
  variables: Record<string, unknown>,
  made: unknown,
  makeOutcome: () => unknown = () => made,
): Promise<boolean> {
  const parsed = parse(text);
  const [operation, ...rest] = parsed.definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION || validate(schema, parsed).length > 0) return false;
  const fragments = rest.filter((node): node is FragmentDefinitionNode => node.kind === Kind.FRAGMENT_DEFINITION);
  const compiled = compileOperation(
    schema,
    operation,
    Object.fromEntries(fragments.map((node) => [node.name.value, node])),
  );
  if (compiled === undefined) return false;
  const outcome = () => {
    if (made instanceof Error) throw made;
    return makeOutcome();
  };
  const planned: { outcome: typeof outcome; asked: unknown[]; resolved?: { outcome: unknown } } = {
    outcome,
    asked: [],
  };
  const executed = { outcome, asked: [] };
  const data = await settle(() => compiled.run(variables, planned));
  const expected = await execute({ schema, document: parsed, variableValues: variables, contextValue: executed });
  expect(planned.asked, "the resolver is asked alike, and no more than once").toEqual(executed.asked);
  if (data === undefined) {
    // What graphql-js goes on with: nothing where nobody was asked, else what was answered.
    expect(planned.resolved === undefined).toBe(planned.asked.length === 0);
    if (planned.resolved) await Promise.resolve(planned.resolved.outcome).catch(() => {});
    return false;
  }
  expect(expected.errors).toBeUndefined();
  expect(JSON.stringify(data)).toBe(JSON.stringify(expected.data));
  return true;
}

/** What a resolver of others may come to: members of the union, some of them later, or never. */
interface Promised {
  member: unknown;
  comes: "now" | "later" | "never";
}
const member = fc.oneof(
  { weight: 3, arbitrary: aThing(1).map((made) => (isObject(made) ? { ...made, __typename: "Thing" } : made)) },
  {
    weight: 1,
    arbitrary: fc.record({
      __typename: fc.constantFrom("Person", "Person", "Person", "Thing", "Kind", undefined),
      name: mostly(fc.string()),
    }),
  },
  { weight: 1, arbitrary: leaf },
);
const promised: fc.Arbitrary<Promised> = fc.record({
  member,
  comes: fc.constantFrom("now", "later", "later", "later", "later", "never"),
});
const unionSelections = fc
  .subarray(["__typename", "... on Thing { id name }", "... on Person { name }", "...F", "... { __typename }"], {
    minLength: 1,
  })
  .map((all) => `{ ${all.join(" ")} }`);

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function fulfil({ member: made, comes }: Promised): unknown {
  if (comes === "now") return made;
  return comes === "later" ? Promise.resolve(made) : Promise.reject(new Error("failed"));
}

describe("a compiled operation", () => {
  it("answers exactly as graphql-js, or bails out", { timeout: 60_000 }, async () => {
    let planned = 0;
    await fc.assert(
      fc.asyncProperty(
        document,
        value,
        fc.record(
          { id: fc.option(leaf, { nil: "7" }), first: fc.oneof(fc.integer({ min: 0, max: 9 }), leaf) },
          { requiredKeys: [] },
        ),
        async (text, made, variables) => {
          const needs = [
            ["$id", "ID"],
            ["$first", "Int! = 5"],
          ].filter(([name = ""]) => text.includes(name));
          const head = needs.length > 0 ? `query (${needs.map((each) => each.join(": ")).join(", ")})` : "query";
          const fragment = text.includes("...F") ? "fragment F on Thing { ratio kind inner { id } }" : "";
          if (await compare(`${head} { ${text} } ${fragment}`, variables, made)) planned += 1;
        },
      ),
      { numRuns: 3000, endOnFailure: true },
    );
    expect(planned).toBeGreaterThan(300);
  });

  it("distinguishes the types of a union, and waits for promises", { timeout: 60_000 }, async () => {
    let planned = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(promised, { minLength: 1, maxLength: 4 }),
        unionSelections,
        async (isList, all, text) => {
          const fragment = text.includes("...F") ? "fragment F on Thing { ratio kind inner { id } }" : "";
          const field = isList ? "others" : "other";
          const outcome = () => {
            const made = all.map(fulfil);
            for (const each of made) if (each instanceof Promise) each.catch(() => {}); // also where nobody asks for it
            return isList ? made : made[0];
          };
          if (await compare(`{ ${field} ${text} } ${fragment}`, {}, undefined, outcome)) planned += 1;
        },
      ),
      { numRuns: 2000, endOnFailure: true },
    );
    expect(planned).toBeGreaterThan(200);
  });

  it.each([
    ["{ thing { id } things { id } }", "two fields"],
    ["{ thing { id @include(if: true) } }", "a directive"],
    ["query @skip(if: false) { kind }", "a directive of the operation"],
    ["{ named { name } }", "an interface"],
    ["{ other { ... on Thing { ... on Named { name } } } }", "an interface of none of its types"],
    ["{ __typename }", "nothing to ask a resolver"],
    ["{ thing { __proto__: id } }", "a name that is no property like others"],
    ["query ($__proto__: ID) { thing(id: $__proto__) { id } }", "a variable of such a name"],
    ["{ thing { ...F } } fragment F on Thing @custom { id }", "a directive of a fragment"],
  ])("is not made for %s: %s", (text) => {
    const [operation, ...rest] = parse(text).definitions;
    const fragments = rest.filter((node): node is FragmentDefinitionNode => node.kind === Kind.FRAGMENT_DEFINITION);
    if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error("no operation");

    expect(
      compileOperation(schema, operation, Object.fromEntries(fragments.map((node) => [node.name.value, node]))),
    ).toBeUndefined();
  });

  it("takes no inherited property of an object for a variable", async () => {
    const text = "query ($toString: ID, $valueOf: Int! = 4) { thing(id: $toString, first: $valueOf) { id } }";

    expect(await compare(text, {}, { id: "x" })).toBe(true);
    expect(await compare(text, { toString: "7", valueOf: 9 }, { id: "x" })).toBe(true);
  });

  it.each([
    ["a promise in the place of a property", { id: "x", flag: true, name: Promise.resolve("later") }],
    ["a promise in the place of an object", { id: "x", flag: true, inner: Promise.resolve({ id: "y" }) }],
  ])("bails out to graphql-js for %s", async (_, made) => {
    expect(await compare("{ thing { name inner { id } } }", {}, made)).toBe(false);
  });

  it("coerces any input as graphql-js does, or bails out", { timeout: 60_000 }, async () => {
    const some = fc.constantFrom<unknown>(null, "A", "B", "C", "text", 0, 1.5, 2 ** 40, true, [], {});
    const usually = (arbitrary: fc.Arbitrary<unknown>) =>
      fc.oneof({ weight: 12, arbitrary }, { weight: 1, arbitrary: some });
    const { nest } = fc.letrec((tie) => ({
      nest: fc.record(
        {
          name: usually(fc.string()),
          flag: usually(fc.boolean()),
          kind: usually(fc.constantFrom("A", "B")),
          ratios: usually(fc.array(fc.oneof(fc.double(), fc.array(usually(fc.double()))))),
          inner: usually(fc.oneof({ maxDepth: 2 }, fc.constant(null), tie("nest"))),
          id: usually(fc.oneof(fc.string(), fc.integer())),
          ...Object.fromEntries(["other", "constructor"].map((name) => [name, fc.constant(1)])),
        },
        { requiredKeys: ["name"] },
      ),
    }));
    const withoutOthers = nest.map((made) =>
      JSON.parse(JSON.stringify(made, (name, each) => (name === "other" ? undefined : each))),
    );
    const nests = fc.oneof(
      usually(nest),
      usually(withoutOthers),
      usually(fc.array(usually(withoutOthers), { maxLength: 3 })),
    );
    let planned = 0;
    await fc.assert(
      fc.asyncProperty(fc.record({ nests, count: usually(fc.integer()) }, { requiredKeys: [] }), async (variables) => {
        const text = "mutation ($nests: [Nest!], $count: Int = 3) { nest(nests: $nests, count: $count) { name } }";
        const json: Record<string, unknown> = JSON.parse(JSON.stringify(variables));
        if (await compare(text, json, { id: "x", name: "n", flag: true })) planned += 1;
      }),
      { numRuns: 3000, endOnFailure: true },
    );
    expect(planned).toBeGreaterThan(200);
  });

  it("coerces a mutation's input as graphql-js does", async () => {
    const text = "mutation ($input: Change!) { change(input: $input) { name count } }";
    const made = { name: "n", count: 1 };

    expect(await compare(text, { input: { name: "n", kinds: "A" } }, made)).toBe(true);
    expect(await compare(text, { input: { name: "n", kinds: ["C"] } }, made)).toBe(false);
    expect(await compare(text, {}, made)).toBe(false);
    expect(await compare(text, { input: { name: "n" } }, new Error("refused"))).toBe(false);
  });
});
