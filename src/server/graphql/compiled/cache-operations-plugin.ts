/** Makes a plan of what Apollo Server has just answered without an error, so that the next such request needs less. */
import type { ApolloServerPlugin } from "@apollo/server";
import { type DocumentNode, type FragmentDefinitionNode, Kind } from "graphql";
import type { GatewayContext } from "../../../context.ts";
import { planOf } from "./compile-operation.ts";
import type { DocumentStore } from "./document-cache.ts";
import type { OperationCache } from "./operation-cache.ts";

/** It stands after what writes into the record. */
export function prepareOperations(
  prepared: OperationCache,
  documents: DocumentStore,
): ApolloServerPlugin<GatewayContext> {
  return {
    async requestDidStart() {
      return {
        async willSendResponse({ request: { query }, document, operation, schema, errors, contextValue }) {
          if (errors !== undefined || query === undefined || document === undefined || !operation) return;
          const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
          if (operations.length !== 1 || !documents.mayKeep(document)) return;
          const plan = planOf(schema, operation, fragmentsOf(document));
          if (plan === undefined) return;
          const { operationType: recordedType, operationName: recordedName } = contextValue.record;
          prepared.add(query, { plan, name: operation.name?.value, recordedType, recordedName });
        },
      };
    },
  };
}

function fragmentsOf({ definitions }: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments = definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
  return Object.fromEntries(fragments.map((node) => [node.name.value, node]));
}
