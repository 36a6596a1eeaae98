/**
 * Limits the writes of one mutation. Each field counts as one write, and a plural create counts each input. A mutation with a
 * single field is left to its resolver, which applies the same limit.
 */
import type { ApolloServerPlugin } from "@apollo/server";
import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
  type ValueNode,
} from "graphql";
import type { GatewayContext } from "../../../context.ts";
import { badUserInput } from "../../../errors.ts";

/** @param max the limit for one plural create. */
export function limitWrites(max: number): ApolloServerPlugin<GatewayContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ operation, document, request }) {
          if (operation?.operation !== OperationTypeNode.MUTATION) return;
          const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
          const nodes = rootFields(operation.selectionSet, new Map(fragments.map((node) => [node.name.value, node])));
          const fields = new Map(nodes.map((node) => [node.alias?.value ?? node.name.value, node])); // fields with the same response name are one field
          if (fields.size < 2) return;
          const variables = { ...defaultsOf(operation), ...request.variables };
          const writes = [...fields.values()].reduce((sum, field) => sum + writesOf(field, variables), 0);
          if (writes <= max) return;
          const message = `must have at most ${max} items across all fields of the mutation`;
          const originalError = badUserInput([{ path: "inputs", message }]);
          throw new GraphQLError(message, { originalError, extensions: { http: { status: 400 } } });
        },
      };
    },
  };
}

/**
 * Collects the fields as execution does, each fragment once: fragments that double at each level would otherwise take
 * exponential time.
 */
function rootFields(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  visited = new Set<string>(),
): FieldNode[] {
  return selections.flatMap((node) => {
    if (node.kind === Kind.FIELD) return [node];
    if (node.kind === Kind.INLINE_FRAGMENT) return rootFields(node.selectionSet, fragments, visited);
    const fragment = fragments.get(node.name.value);
    if (fragment === undefined || visited.has(node.name.value)) return [];
    visited.add(node.name.value);
    return rootFields(fragment.selectionSet, fragments, visited);
  });
}

/** Default values of the variables that are lists; only their lengths matter. */
function defaultsOf({ variableDefinitions = [] }: OperationDefinitionNode): Record<string, unknown> {
  return Object.fromEntries(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue?.kind === Kind.LIST ? [[variable.name.value, defaultValue.values]] : [],
    ),
  );
}

function writesOf({ arguments: given = [] }: FieldNode, variables: Readonly<Record<string, unknown>>): number {
  const inputs = given.find(({ name }) => name.value === "inputs");
  return inputs === undefined ? 1 : lengthOf(inputs.value, variables);
}

function lengthOf(node: ValueNode, variables: Readonly<Record<string, unknown>>): number {
  if (node.kind === Kind.LIST) return node.values.length;
  const value = node.kind === Kind.VARIABLE ? variables[node.name.value] : undefined;
  return Array.isArray(value) ? value.length : 1;
}
