/**
 * Compiles each operation that Apollo Server answered without an error, so that the next request with the same text is
 * cheaper.
 */
import type { ApolloServerPlugin } from "@apollo/server";
import { type DocumentNode, type FragmentDefinitionNode, Kind } from "graphql";
import type { GatewayContext } from "../../../context.ts";
import { compileOperation } from "./compile-operation.ts";
import type { DocumentCache } from "./document-cache.ts";
import type { OperationCache } from "./operation-cache.ts";

/** Runs after the plugins that write into the record. */
export function cacheOperations(
  operationCache: OperationCache,
  documents: DocumentCache,
): ApolloServerPlugin<GatewayContext> {
  return {
    async requestDidStart() {
      return {
        async willSendResponse({ request: { query }, document, operation, schema, errors, contextValue }) {
          if (errors !== undefined || query === undefined || document === undefined || !operation) return;
          const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
          if (operations.length !== 1 || !documents.mayKeep(document)) return;
          const compiled = compileOperation(schema, operation, fragmentsOf(document));
          if (compiled === undefined) return;
          const { operationType: recordedType, operationName: recordedName } = contextValue.record;
          operationCache.add(query, { compiled, name: operation.name?.value, recordedType, recordedName });
        },
      };
    },
  };
}

function fragmentsOf({ definitions }: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments = definitions.filter((node) => node.kind === Kind.FRAGMENT_DEFINITION);
  return Object.fromEntries(fragments.map((node) => [node.name.value, node]));
}
