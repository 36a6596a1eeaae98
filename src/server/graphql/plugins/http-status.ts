/**
 * Sets the HTTP status of a GraphQL response: for missing or insufficient credentials of the caller, and for a request that
 * was not executed.
 *
 * @see https://graphql.github.io/graphql-over-http/draft/#sec-Status-Codes
 */
import type { ApolloServerPlugin } from "@apollo/server";
import { unwrapResolverError } from "@apollo/server/errors";
import type { GatewayContext } from "../../../context.ts";
import { GatewayError } from "../../../errors.ts";
import { httpStatusOf } from "../../../translate-error.ts";
import { graphqlResponseType } from "../../media-types.ts";

export const httpStatus: ApolloServerPlugin<GatewayContext> = {
  async requestDidStart({ request }) {
    return {
      async willSendResponse({ errors, response }) {
        if (errors === undefined || response.body.kind !== "single") return;
        const failures = errors.map(unwrapResolverError).filter((error) => error instanceof GatewayError);
        const known = httpStatusOf(failures);
        if (known !== undefined) {
          response.http.status = known.status;
          for (const [name, value] of Object.entries(known.headers)) response.http.headers.set(name, value);
          return;
        }
        const { status = 200 } = response.http;
        const isExecuted = response.body.singleResult.data !== undefined;
        const isMalformed = errors.some(
          ({ extensions: { code, isMalformed } }) => code === "BAD_REQUEST" || isMalformed,
        );
        if (isExecuted || isMalformed || status >= 500) return;
        // As `application/json`, clients and routers read the body of a response only if its status is 200. Apollo Server sends
        // 400 or 200 without regard to the media type, which the HTTP server has written into `Accept`.
        response.http.status = request.http?.headers.get("accept") === graphqlResponseType ? 400 : 200;
      },
    };
  },
};
