/**
 * Adds to a request's record what only Apollo Server knows: the operation's type and the codes of the response's errors. Also
 * makes the operation's span. It is the last plugin, so that it sees the errors as they are sent.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/graphql/graphql-spans/
 */
import type { ApolloServerPlugin } from "@apollo/server";
import type { GatewayContext } from "../../../context.ts";
import { describeOperation, startOperationSpan } from "../operation-span.ts";

/**
 * @param namesOperations true if names come from the operator's manifest; otherwise any caller may choose them, and they are
 * not recorded.
 */
export function recordOperation({ namesOperations }: { namesOperations: boolean }): ApolloServerPlugin<GatewayContext> {
  return {
    async requestDidStart({ contextValue: { record } }) {
      const span = startOperationSpan(record);
      return {
        async didResolveOperation({ operation }) {
          record.operationType = operation?.operation;
          if (namesOperations) record.operationName = operation?.name?.value;
          describeOperation(span, record);
        },
        async willSendResponse({ response: { body } }) {
          if (body.kind !== "single") return;
          for (const { extensions } of body.singleResult.errors ?? []) record.errorCodes.push(String(extensions?.code));
          span.end(record.errorCodes[0]);
        },
      };
    },
  };
}
