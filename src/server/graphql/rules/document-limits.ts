/**
 * Limits the size of a document. This is the first validation rule, and for a document that is too large the only one:
 * graphql-js's own rules compare fields in pairs, and a document of a few kilobytes can keep them busy for minutes. Fragments
 * are followed as in execution. The walk ends at the first exceeded limit, which bounds its own cost.
 */
import {
  type ASTVisitor,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  OperationTypeNode,
  type SelectionSetNode,
  type ValidationContext,
  visit,
} from "graphql";

/**
 * Token limit for graphql-js's parser. One operation with a hundred certificates by id has 2,900 tokens; a bulk create in
 * literals has 6,500.
 */
export const maxTokens = 10_000;

/** Limits for one document. A fragment counts wherever it is spread. They are not configurable: no client needs more. */
export const limits = {
  operations: 50,
  fragments: 100,
  /** Variables of one operation. A hundred aliased fields need one variable each. */
  variables: 250,
  /** Nested selection sets, including those of fragments. Introspection has 18 levels. */
  depth: 30,
  /** Aliases of one operation. A hundred certificates by id is a documented use. */
  aliases: 100,
  /** Fields, spreads and inline fragments. A hundred certificates with every property have 1,500. */
  selections: 5000,
  /** Pairs of fields with the same response name, which validation must compare. */
  repetitions: 10_000,
  /** Directives on one field, fragment, variable or operation. `@skip` and `@include` are the only ones. */
  directivesOfOne: 4,
  directives: 250,
  /** Fields of one mutation. They run one after another within one deadline; larger jobs use the plural create. */
  mutationFields: 20,
  /** Lists of certificates in one operation. Each is at least one request to Graph. */
  lists: 25,
  /** Nested lists of certificates. Each level multiplies the requests to Graph. */
  listDepth: 2,
  /** Lists of objects, `nodes` and `edges`, in one selection. Each repeats a page of up to a thousand items. */
  listsOfPage: 5,
  /**
   * Response names of one property of a list's items, multiplied by those of the enclosing properties. The response repeats
   * the value for each name.
   */
  namesOfProperty: 5,
  /** Nested lists, objects and list types. An input in a list has two levels. */
  literalDepth: 16,
  /** Characters of one name: of a field, an alias, a variable or an operation. Errors repeat names. */
  nameCharacters: 128,
} as const;

type Limit = keyof typeof limits;

const what: Readonly<Record<Limit, string>> = {
  operations: "operations",
  fragments: "fragments",
  variables: "variables in an operation",
  depth: "nested levels of selections",
  aliases: "aliases in an operation",
  selections: "selections, counting every spread fragment",
  repetitions: "pairs of fields with the same response name in one selection",
  directivesOfOne: "directives on one node",
  directives: "directives",
  mutationFields: "fields in a mutation",
  lists: "lists of certificates in an operation",
  listDepth: "nested lists of certificates",
  listsOfPage: "lists of objects in one selection",
  namesOfProperty: "aliases for one property in a list",
  literalDepth: "nested levels in a literal or a type",
  nameCharacters: "characters in a name",
};

class Exceeded extends Error {
  readonly limit: Limit;

  constructor(limit: Limit) {
    super(limit);
    this.limit = limit;
  }
}

/** A validation rule for `validationRules`. */
export function withinLimits(context: ValidationContext): ASTVisitor {
  return {
    Document(document) {
      const limit = exceededLimit(document, context.getSchema());
      if (limit === undefined) return undefined;
      context.reportError(new GraphQLError(`The document is too large: at most ${limits[limit]} ${what[limit]}.`));
      return null; // hides the document from all other rules: nothing below it is visited
    },
  };
}

/** The limit that a document exceeds, if any. */
export function exceededLimit(document: DocumentNode, schema: GraphQLSchema): Limit | undefined {
  try {
    measureText(document);
    new Walk(document, fieldsOf(schema)).run();
    return undefined;
  } catch (error) {
    if (error instanceof Exceeded) return error.limit;
    throw error;
  }
}

const nesting: readonly Kind[] = [Kind.LIST, Kind.OBJECT, Kind.LIST_TYPE];

/** Counts what the document's text contains, without following fragments. */
function measureText(document: DocumentNode): void {
  const kinds = document.definitions.map(({ kind }) => kind);
  atMost("operations", kinds.filter((kind) => kind === Kind.OPERATION_DEFINITION).length);
  atMost("fragments", kinds.filter((kind) => kind === Kind.FRAGMENT_DEFINITION).length);
  let directives = 0;
  let literalDepth = 0;
  visit(document, {
    enter(node) {
      if (nesting.includes(node.kind)) atMost("literalDepth", ++literalDepth);
      if (node.kind === Kind.NAME) atMost("nameCharacters", node.value.length);
      if (node.kind === Kind.OPERATION_DEFINITION) atMost("variables", node.variableDefinitions?.length ?? 0);
      if (!("directives" in node) || node.directives === undefined) return;
      atMost("directivesOfOne", node.directives.length);
      directives += node.directives.length;
      atMost("directives", directives);
    },
    leave({ kind }) {
      if (nesting.includes(kind)) literalDepth -= 1;
    },
  });
}

function atMost(limit: Limit, count: number): void {
  if (count > limits[limit]) throw new Exceeded(limit);
}

/** Names of fields that make responses large. */
interface LargeFields {
  /** Fields whose type is a connection: lists of certificates. */
  readonly connections: ReadonlySet<string>;
  /** Fields with lists of objects: a connection's lists, the plural create's results, and entities. */
  readonly lists: ReadonlySet<string>;
}

const largeFields = new WeakMap<GraphQLSchema, LargeFields>();

function fieldsOf(schema: GraphQLSchema): LargeFields {
  const known = largeFields.get(schema);
  if (known !== undefined) return known;
  const fields = Object.entries(schema.getTypeMap()).flatMap(([typeName, type]) =>
    isObjectType(type) && !typeName.startsWith("__") ? Object.values(type.getFields()) : [],
  );
  const namesOf = (isOne: (type: GraphQLOutputType) => boolean) =>
    new Set(fields.filter(({ type }) => isOne(type)).map(({ name }) => name));
  const found = {
    connections: namesOf((type) => getNamedType(type).name.endsWith("Connection")),
    lists: namesOf((type) => isListType(getNullableType(type)) && isCompositeType(getNamedType(type))),
  };
  largeFields.set(schema, found);
  return found;
}

/** Counts what execution would see: every fragment spread in its place, and fields of the same response name merged. */
class Walk {
  readonly #document: DocumentNode;
  readonly #large: LargeFields;
  readonly #fragments = new Map<string, FragmentDefinitionNode>();
  readonly #spread = new Set<FragmentDefinitionNode>();
  #selections = 0;
  #repetitions = 0;
  #aliases = 0;
  #listCount = 0;

  constructor(document: DocumentNode, large: LargeFields) {
    this.#document = document;
    this.#large = large;
    for (const node of document.definitions) {
      if (node.kind === Kind.FRAGMENT_DEFINITION) this.#fragments.set(node.name.value, node);
    }
  }

  run(): void {
    for (const node of this.#document.definitions) {
      if (node.kind !== Kind.OPERATION_DEFINITION) continue;
      const fieldCount = this.#root(node.selectionSet);
      if (node.operation === OperationTypeNode.MUTATION) atMost("mutationFields", fieldCount);
    }
    // Unused fragments are rejected too, but only after validation has compared their fields. So they are counted as well.
    for (const node of this.#document.definitions) {
      if (node.kind === Kind.FRAGMENT_DEFINITION && !this.#spread.has(node)) this.#root(node.selectionSet);
    }
  }

  #root(selectionSet: SelectionSetNode): number {
    this.#aliases = 0;
    this.#listCount = 0;
    return this.#merge([selectionSet], 1, 0, 0);
  }

  /**
   * @param repeats how often the response repeats a list's item; 0 outside of lists. @returns the number of properties in this
   * place.
   */
  #merge(selectionSets: readonly SelectionSetNode[], depth: number, listDepth: number, repeats: number): number {
    const fields = new Map<string, FieldNode[]>();
    const seen = new Set<FragmentDefinitionNode>();
    let deepest = depth;
    const collect = ({ selections }: SelectionSetNode, level: number): void => {
      atMost("depth", level);
      deepest = Math.max(deepest, level);
      for (const node of selections) {
        atMost("selections", ++this.#selections);
        if (node.kind === Kind.INLINE_FRAGMENT) collect(node.selectionSet, level + 1);
        else if (node.kind === Kind.FRAGMENT_SPREAD) {
          const fragment = this.#fragments.get(node.name.value);
          if (fragment === undefined || seen.has(fragment)) continue;
          seen.add(fragment);
          this.#spread.add(fragment);
          collect(fragment.selectionSet, level + 1);
        } else {
          if (node.alias !== undefined) atMost("aliases", ++this.#aliases);
          const name = node.alias?.value ?? node.name.value;
          const others = fields.get(name);
          if (others === undefined) fields.set(name, [node]);
          else {
            this.#repetitions += others.length;
            atMost("repetitions", this.#repetitions);
            others.push(node);
          }
        }
      }
    };
    for (const selectionSet of selectionSets) collect(selectionSet, depth);
    const names = new Map<string, number>();
    let lists = 0;
    for (const property of [...fields.values()].map(propertyOf)) {
      names.set(property, (names.get(property) ?? 0) + 1);
      if (this.#large.lists.has(property)) lists += 1;
    }
    if (depth > 1) atMost("listsOfPage", lists);
    for (const nodes of fields.values()) {
      const property = propertyOf(nodes);
      const repeatsBelow = this.#large.lists.has(property)
        ? Math.max(repeats, 1) * (depth > 1 ? lists : 1) // the resolver counts entities at the root
        : repeats * (names.get(property) ?? 1);
      atMost("namesOfProperty", repeatsBelow);
      const isList = nodes.some(({ name }) => this.#large.connections.has(name.value));
      if (isList) {
        atMost("lists", ++this.#listCount);
        atMost("listDepth", listDepth + 1);
      }
      const below = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
      if (below.length > 0) this.#merge(below, deepest + 1, listDepth + (isList ? 1 : 0), repeatsBelow);
    }
    return fields.size;
  }
}

function propertyOf([node]: readonly FieldNode[]): string {
  return node?.name.value ?? "";
}
