/** Treats an empty `operationName` as absent: forms and URLs send it for an empty field. */
import type { ApolloServerPlugin } from "@apollo/server";
import type { GatewayContext } from "../../../context.ts";

/** @see https://graphql.github.io/graphql-over-http/draft/#sec-GET */
export const emptyOperationName: ApolloServerPlugin<GatewayContext> = {
  async requestDidStart({ request }) {
    if (request.operationName === "") delete request.operationName;
  },
};
