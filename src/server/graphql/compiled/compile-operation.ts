/**
 * How an operation is executed that asks for one field, and below it for nothing but properties: as most do. graphql-js
 * works out anew for every object of every answer what document and schema have settled long before; a plan does so once
 * per document. It never makes an error: where anything is unusual there is no plan, or its answer is given up, and
 * graphql-js completes what the resolver has come to.
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
import { argumentsFrom, fail, variablesCoercion } from "./coerce-input.ts";

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
        return undefined; // graphql-js comes to the same, and says it rightly
      }
    },
  };
}

/** A list may be one of promises, as entities are. */
async function settled(outcome: unknown): Promise<unknown> {
  const value = await outcome;
  return Array.isArray(value) && value.some((item) => item instanceof Promise) ? Promise.all(value) : value;
}

/** Whether a part of the document is decided by variables. */
function isUnfit({ directives = [] }: Pick<OperationDefinitionNode, "directives">): boolean {
  return directives.length > 0;
}

/** As `__proto__`, which is no property like others. */
function isUnfitVariable(definition: VariableDefinitionNode): boolean {
  return isUnfit(definition) || definition.variable.name.value === "__proto__";
}

type WithSelections = Pick<FieldNode | OperationDefinitionNode, "selectionSet">;

interface Document {
  readonly schema: GraphQLSchema;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
}

/** The fields of an object by the names they have in the answer; `undefined` where a plan can't tell. */
function fieldsOf(
  type: GraphQLObjectType,
  parents: readonly WithSelections[],
  { schema, fragments }: Document,
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
    const condition = fragment.typeCondition && schema.getType(fragment.typeCondition.name.value);
    if (condition !== undefined && condition !== type) return isObjectType(condition); // of another type's objects
    return fragment.selectionSet.selections.every(collect);
  };
  const isPlain = parents.every(({ selectionSet }) => selectionSet?.selections.every(collect) ?? true);
  return isPlain ? fields : undefined;
}

function completion(type: GraphQLOutputType, nodes: readonly FieldNode[], document: Document): Complete | undefined {
  if (isNonNullType(type)) {
    const inner = completion(type.ofType, nodes, document);
    return inner && ((value) => inner(value) ?? fail());
  }
  if (isListType(type)) {
    const inner = completion(type.ofType, nodes, document);
    return inner && ((value) => (value == null ? null : Array.isArray(value) ? value.map(inner) : fail()));
  }
  if (isLeafType(type)) {
    return (value) => {
      if (value == null) return null;
      return typeof value === "object" || typeof value === "function" ? fail() : (type.serialize(value) ?? fail());
    };
  }
  if (isUnionType(type)) return unionCompletion(type, nodes, document);
  return isObjectType(type) ? objectCompletion(type, nodes, document) : undefined;
}

/** By `__typename`, which is how graphql-js tells where the type has no way of its own. */
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
    if (typeof value !== "object") return fail();
    const complete = members.get(Reflect.get(value, "__typename"));
    return complete === undefined ? fail() : complete(value);
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
    // A resolver, or an argument: not a mere property.
    if (field === undefined || field.resolve !== undefined || field.args.length > 0) return undefined;
    const complete = completion(field.type, fieldNodes, document);
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
