/**
 * Refuses mutations while the audit log takes no more lines: nothing may be written to Graph without an audit line. Queries go
 * on.
 */
import { type ApolloServerPlugin, HeaderMap } from "@apollo/server";
import { GraphQLError, OperationTypeNode } from "graphql";
import type { GatewayContext } from "../../../context.ts";
import type { Backlog } from "../../../observability/standard-output.ts";

const message = "The gateway's audit log takes no more lines, so nothing may be changed; retry later.";
/** Like other overloads. */
const retryAfterSeconds = 1;

export function auditLogHasRoom(backlog: Pick<Backlog, "isFull">): ApolloServerPlugin<GatewayContext> {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ operation }) {
          if (operation?.operation !== OperationTypeNode.MUTATION || !backlog.isFull) return;
          const headers = new HeaderMap([["retry-after", String(retryAfterSeconds)]]);
          const extensions = { code: "OVERLOADED", retryAfterSeconds, http: { status: 503, headers } };
          throw new GraphQLError(message, { extensions });
        },
      };
    },
  };
}
