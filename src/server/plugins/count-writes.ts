/**
 * Bounds what one mutation writes: each of its fields counts, and of the plural create each input, however many such fields
 * it has. One field alone is left to its resolver, which says the same of it.
 */
import type { ApolloServerPlugin } from "@apollo/server";
import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  OperationTypeNode,
  type SelectionSetNode,
  type ValueNode,
} from "graphql";
import type { GatewayContext } from "../../context.ts";
import { badUserInput } from "../../errors.ts";

/** @param max as many as one plural create may have. */
export function countWrites(max: number): ApolloServerPlugin<GatewayContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ operation, document, request }) {
          if (operation?.operation !== OperationTypeNode.MUTATION) return;
          const fragments = document.definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
          const fields = rootFields(operation.selectionSet, new Map(fragments.map((node) => [node.name.value, node])));
          if (fields.length < 2) return;
          const writes = fields.reduce((sum, field) => sum + writesOf(field, request.variables ?? {}), 0);
          if (writes <= max) return;
          const message = `must have at most ${max} items, all fields of the mutation together`;
          const originalError = badUserInput([{ path: "inputs", message }]);
          throw new GraphQLError(message, { originalError, extensions: { http: { status: 400 } } });
        },
      };
    },
  };
}

/** The document is valid here, and its depth bounded. */
function rootFields(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): FieldNode[] {
  return selections.flatMap((node) => {
    if (node.kind === Kind.FIELD) return [node];
    const inner = node.kind === Kind.INLINE_FRAGMENT ? node : fragments.get(node.name.value);
    return inner === undefined ? [] : rootFields(inner.selectionSet, fragments);
  });
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
