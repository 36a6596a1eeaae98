/** Rejects operations whose type the schema does not have. graphql-js's own rules leave that to execution. */
import { type ASTVisitor, GraphQLError, type ValidationContext } from "graphql";

/** @see https://spec.graphql.org/draft/#sec-Operation-Type-Existence */
export function knownOperationTypes(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(node) {
      if (context.getSchema().getRootType(node.operation)) return;
      context.reportError(new GraphQLError(`The schema has no ${node.operation} operations.`, { nodes: node }));
    },
  };
}
