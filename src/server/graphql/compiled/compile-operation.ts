/**
 * Compiles an operation with one root field and only plain properties below it, as most operations are. graphql-js recomputes
 * per object what can be computed once per document. A compiled operation never makes an error. It either cannot be compiled,
 * or its run bails out, and then graphql-js completes the resolver's result.
 */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  type GraphQLUnionType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type VariableDefinitionNode,
} from "graphql";
import type { GatewayContext } from "../../../context.ts";
import { argumentsFrom, bailOut, variablesCoercion } from "./coerce-input.ts";

/** Turns a resolver's value into the response's value. Throws if graphql-js would report an error. */
type Complete = (value: unknown) => unknown;

export interface CompiledOperation {
  /**
   * Executes the operation. The resolver's result is kept in the context, so that the resolver is not called again.
   *
   * @returns the response's `data`; `undefined` if graphql-js must continue.
   */
  run(
    variables: Readonly<Record<string, unknown>>,
    context: Pick<GatewayContext, "resolved">,
  ): Promise<Record<string, unknown> | undefined>;
}

/**
 * Compiles an operation of a valid document; `undefined` if the operation has anything that compiled operations do not
 * support.
 */
export function compileOperation(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode,
  fragments: Readonly<Record<string, FragmentDefinitionNode>>,
): CompiledOperation | undefined {
  const document = { schema, fragments };
  const parentType = schema.getRootType(operation.operation);
  const selected = parentType && fieldsOf(parentType, [operation], document);
  const [[name, fieldNodes] = ["", []], ...others] = selected ?? [];
  const [node] = fieldNodes;
  if (!parentType || !node || others.length > 0 || isUnfit(operation)) return undefined;
  const field = parentType.getFields()[node.name.value];
  if (field?.resolve === undefined) return undefined;
  const complete = completion(field.type, fieldNodes, document);
  if (complete === undefined || operation.variableDefinitions?.some(isUnfitVariable)) return undefined;
  const { resolve } = field;
  const { name: fieldName, type: returnType } = field;
  const coerceVariables = variablesCoercion(schema, operation);
  const argumentsOf = argumentsFrom(field, node);
  const path = { prev: undefined, key: name, typename: parentType.name };

  return {
    async run(variables, context) {
      try {
        const variableValues = coerceVariables(variables);
        const info: GraphQLResolveInfo = {
          fieldName,
          fieldNodes,
          returnType,
          parentType,
          path,
          schema,
          fragments,
          rootValue: undefined,
          operation,
          variableValues,
        };
        const outcome: unknown = resolve(undefined, argumentsOf(variableValues), context, info);
        context.resolved = { outcome };
        return { [name]: complete(await settled(outcome)) };
      } catch {
        return undefined; // graphql-js finds the same error and reports it correctly
      }
    },
  };
}

/** Waits for a result. A list may contain promises, as entities do. */
async function settled(outcome: unknown): Promise<unknown> {
  const value = await outcome;
  return Array.isArray(value) && value.some((item) => item instanceof Promise) ? Promise.all(value) : value;
}

/** Whether directives make a part of the document depend on variables. */
function isUnfit({ directives = [] }: Pick<OperationDefinitionNode, "directives">): boolean {
  return directives.length > 0;
}

/** Also excludes `__proto__`, which is no ordinary property. */
function isUnfitVariable(definition: VariableDefinitionNode): boolean {
  return isUnfit(definition) || definition.variable.name.value === "__proto__";
}

type WithSelections = Pick<FieldNode | OperationDefinitionNode, "selectionSet">;

interface Document {
  readonly schema: GraphQLSchema;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
}

/** The fields of an object by their response names; `undefined` if they cannot be determined in advance. */
function fieldsOf(
  type: GraphQLObjectType,
  parents: readonly WithSelections[],
  { schema, fragments }: Document,
): Map<string, FieldNode[]> | undefined {
  const fields = new Map<string, FieldNode[]>();
  const spread = new Set<SelectionNode | FragmentDefinitionNode>(); // each fragment once, as in execution: fragments that double at each level would take exponential time
  const collect = (node: SelectionNode): boolean => {
    if (isUnfit(node)) return false;
    if (node.kind === Kind.FIELD) {
      const name = node.alias?.value ?? node.name.value;
      const others = fields.get(name);
      if (others === undefined) fields.set(name, [node]);
      else others.push(node);
      return name !== "__proto__"; // no ordinary property
    }
    const fragment = node.kind === Kind.FRAGMENT_SPREAD ? fragments[node.name.value] : node;
    if (fragment === undefined || isUnfit(fragment)) return false;
    if (spread.has(fragment)) return true;
    spread.add(fragment);
    const condition = fragment.typeCondition && schema.getType(fragment.typeCondition.name.value);
    if (condition !== undefined && condition !== type) return isObjectType(condition); // the fragment applies to objects of another type
    return fragment.selectionSet.selections.every(collect);
  };
  const isPlain = parents.every(({ selectionSet }) => selectionSet?.selections.every(collect) ?? true);
  return isPlain ? fields : undefined;
}

function completion(type: GraphQLOutputType, nodes: readonly FieldNode[], document: Document): Complete | undefined {
  if (isNonNullType(type)) {
    const inner = completion(type.ofType, nodes, document);
    return inner && ((value) => inner(value) ?? bailOut());
  }
  if (isListType(type)) {
    const inner = completion(type.ofType, nodes, document);
    return inner && ((value) => (value == null ? null : Array.isArray(value) ? value.map(inner) : bailOut()));
  }
  if (isLeafType(type)) {
    return (value) => {
      if (value == null) return null;
      return typeof value === "object" || typeof value === "function"
        ? bailOut()
        : (type.serialize(value) ?? bailOut());
    };
  }
  if (isUnionType(type)) return unionCompletion(type, nodes, document);
  return isObjectType(type) ? objectCompletion(type, nodes, document) : undefined;
}

/** Finds the member by `__typename`, as graphql-js does for types without `resolveType`. */
function unionCompletion(
  type: GraphQLUnionType,
  nodes: readonly FieldNode[],
  document: Document,
): Complete | undefined {
  if (type.resolveType) return undefined;
  const members = new Map<unknown, Complete>();
  for (const member of type.getTypes()) {
    const complete = objectCompletion(member, nodes, document);
    if (complete === undefined) return undefined;
    members.set(member.name, complete);
  }
  return (value) => {
    if (value == null) return null;
    if (typeof value !== "object") return bailOut();
    const complete = members.get(Reflect.get(value, "__typename"));
    return complete === undefined ? bailOut() : complete(value);
  };
}

function objectCompletion(
  type: GraphQLObjectType,
  nodes: readonly FieldNode[],
  document: Document,
): Complete | undefined {
  const selected = type.isTypeOf ? undefined : fieldsOf(type, nodes, document);
  if (selected === undefined) return undefined;
  const properties: { name: string; property: string; complete: Complete }[] = [];
  for (const [name, fieldNodes] of selected) {
    const property = fieldNodes[0]?.name.value ?? "";
    if (property === "__typename") {
      properties.push({ name, property, complete: () => type.name });
      continue;
    }
    const field = type.getFields()[property];
    // A field with a resolver or an argument is no plain property.
    if (field === undefined || field.resolve !== undefined || field.args.length > 0) return undefined;
    const complete = completion(field.type, fieldNodes, document);
    if (complete === undefined) return undefined;
    properties.push({ name, property, complete });
  }
  return (value) => {
    if (value == null) return null;
    if (typeof value !== "object" || value instanceof Error || "then" in value) return bailOut();
    const result: Record<string, unknown> = {};
    for (const { name, property, complete } of properties) result[name] = complete(Reflect.get(value, property));
    return result;
  };
}
