/** An empty `operationName` is none: forms and URLs have it where nothing was filled in. */
import type { ApolloServerPlugin } from "@apollo/server";
import type { GatewayContext } from "../../../context.ts";

/** @see https://graphql.github.io/graphql-over-http/draft/#sec-GET */
export const emptyOperationName: ApolloServerPlugin<GatewayContext> = {
  async requestDidStart({ request }) {
    if (request.operationName === "") delete request.operationName;
  },
};
