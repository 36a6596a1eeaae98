/**
 * How an operation is executed that asks for one field, and below it for nothing but properties: as most do. graphql-js
 * works out anew for every object of every answer what document and schema have settled long before; a plan does so once
 * per document. It never makes an error: where anything is unusual there is no plan, or its answer is given up, and
 * graphql-js completes what the resolver has come to.
 */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  getVariableValues,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
} from "graphql";
import type { GatewayContext } from "../context.ts";

/** What a value of a resolver's becomes in the answer. Throws where graphql-js would have more to say. */
type Complete = (value: unknown) => unknown;

export interface Plan {
  /**
   * Executes the operation. What its resolver returned is left in the context: it must not be asked again.
   *
   * @returns the answer's `data`; `undefined` where graphql-js is to go on.
   */
  run(
    variables: Readonly<Record<string, unknown>>,
    context: Pick<GatewayContext, "resolved">,
  ): Promise<Record<string, unknown> | undefined>;
}

/** The plan of a valid document's operation; `undefined` where it has more in it than a plan takes. */
export function planOf(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: Readonly<Record<string, FragmentDefinitionNode>>,
): Plan | undefined {
  const parentType = schema.getRootType(operation.operation);
  const selected = parentType && fieldsOf(parentType, [operation], fragments);
  const [[name, fieldNodes] = ["", []], ...others] = selected ?? [];
  const [node] = fieldNodes;
  if (!parentType || !node || others.length > 0 || isUnfit(operation)) return undefined;
  const field = parentType.getFields()[node.name.value];
  if (field?.resolve === undefined) return undefined;
  const complete = completion(field.type, fieldNodes, fragments);
  if (complete === undefined || operation.variableDefinitions?.some(isUnfit)) return undefined;
  const { resolve } = field;
  const info = infoOf(schema, parentType, field, name, fieldNodes, operation, fragments);

  return {
    async run(variables, context) {
      // The first complaint is enough: each quotes the value.
      const definitions = operation.variableDefinitions ?? [];
      const { coerced } = getVariableValues(schema, definitions, variables, { maxErrors: 1 });
      if (coerced === undefined) return undefined;
      try {
        const args = getArgumentValues(field, node, coerced);
        const outcome: unknown = resolve(undefined, args, context, { ...info, variableValues: coerced });
        context.resolved = { outcome };
        return { [name]: complete(await outcome) };
      } catch {
        return undefined; // graphql-js comes to the same, and says it rightly
      }
    },
  };
}

function infoOf(
  schema: GraphQLSchema,
  parentType: GraphQLObjectType,
  { type: returnType, name: fieldName }: GraphQLField<unknown, unknown>,
  responseName: string,
  fieldNodes: readonly FieldNode[],
  operation: OperationDefinitionNode,
  fragments: Readonly<Record<string, FragmentDefinitionNode>>,
): Omit<GraphQLResolveInfo, "variableValues"> {
  const path = { prev: undefined, key: responseName, typename: parentType.name };
  return { fieldName, fieldNodes, returnType, parentType, path, schema, fragments, rootValue: undefined, operation };
}

/** Whether a part of the document is decided by variables. */
function isUnfit({ directives = [] }: Pick<OperationDefinitionNode, "directives">): boolean {
  return directives.length > 0;
}

type WithSelections = Pick<FieldNode | OperationDefinitionNode, "selectionSet">;

/** The fields of an object by the names they have in the answer; `undefined` where a plan can't tell. */
function fieldsOf(
  type: GraphQLObjectType,
  parents: readonly WithSelections[],
  fragments: Readonly<Record<string, FragmentDefinitionNode>>,
): Map<string, FieldNode[]> | undefined {
  const fields = new Map<string, FieldNode[]>();
  const spread = new Set<SelectionNode | FragmentDefinitionNode>(); // each once, as execution does: doubling spreads would take exponential time
  const collect = (node: SelectionNode): boolean => {
    if (isUnfit(node)) return false;
    if (node.kind === Kind.FIELD) {
      const name = node.alias?.value ?? node.name.value;
      const others = fields.get(name);
      if (others === undefined) fields.set(name, [node]);
      else others.push(node);
      return name !== "__proto__"; // not a property like others
    }
    const fragment = node.kind === Kind.FRAGMENT_SPREAD ? fragments[node.name.value] : node;
    if (fragment === undefined || isUnfit(fragment)) return false;
    if (spread.has(fragment)) return true;
    spread.add(fragment);
    if (fragment.typeCondition !== undefined && fragment.typeCondition.name.value !== type.name) return false;
    return fragment.selectionSet.selections.every(collect);
  };
  const isPlain = parents.every(({ selectionSet }) => selectionSet?.selections.every(collect) ?? true);
  return isPlain ? fields : undefined;
}

const unusual = new Error("unusual");

function completion(
  type: GraphQLOutputType,
  nodes: readonly FieldNode[],
  fragments: Readonly<Record<string, FragmentDefinitionNode>>,
): Complete | undefined {
  if (isNonNullType(type)) {
    const inner = completion(type.ofType, nodes, fragments);
    return inner && ((value) => inner(value) ?? fail());
  }
  if (isListType(type)) {
    const inner = completion(type.ofType, nodes, fragments);
    return inner && ((value) => (value == null ? null : Array.isArray(value) ? value.map(inner) : fail()));
  }
  if (isLeafType(type)) {
    return (value) => {
      if (value == null) return null;
      return typeof value === "object" || typeof value === "function" ? fail() : (type.serialize(value) ?? fail());
    };
  }
  return isObjectType(type) ? objectCompletion(type, nodes, fragments) : undefined;
}

function objectCompletion(
  type: GraphQLObjectType,
  nodes: readonly FieldNode[],
  fragments: Readonly<Record<string, FragmentDefinitionNode>>,
): Complete | undefined {
  const selected = type.isTypeOf ? undefined : fieldsOf(type, nodes, fragments);
  if (selected === undefined) return undefined;
  const properties: { name: string; property: string; complete: Complete }[] = [];
  for (const [name, fieldNodes] of selected) {
    const property = fieldNodes[0]?.name.value ?? "";
    const field = type.getFields()[property];
    // A resolver, or an argument: not a mere property. Nor is __typename.
    if (field === undefined || field.resolve !== undefined || field.args.length > 0) return undefined;
    const complete = completion(field.type, fieldNodes, fragments);
    if (complete === undefined) return undefined;
    properties.push({ name, property, complete });
  }
  return (value) => {
    if (value == null) return null;
    if (typeof value !== "object" || value instanceof Error || "then" in value) return fail();
    const result: Record<string, unknown> = {};
    for (const { name, property, complete } of properties) result[name] = complete(Reflect.get(value, property));
    return result;
  };
}

function fail(): never {
  throw unusual;
}
