/** Sets the HTTP status for some errors: missing or insufficient credentials of the caller, and responses without `data`. */
import type { ApolloServerPlugin } from "@apollo/server";
import { unwrapResolverError } from "@apollo/server/errors";
import type { GatewayContext } from "../../../context.ts";
import { GatewayError, GraphError } from "../../../errors.ts";

/** @see https://www.rfc-editor.org/rfc/rfc6750#section-3 */
export const httpStatus: ApolloServerPlugin<GatewayContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ errors, response }) {
        const failures = (errors ?? []).map(unwrapResolverError).filter((error) => error instanceof GatewayError);
        const challenge = failures.find(({ code }) => code === "CLAIMS_CHALLENGE");
        if (challenge !== undefined) {
          response.http.status = 401;
          const claims = challenge.claims === undefined ? "" : `, claims="${challenge.claims}"`;
          response.http.headers.set("www-authenticate", `Bearer error="insufficient_claims"${claims}`);
        } else if (failures.some(({ code }) => code === "UNAUTHENTICATED")) {
          response.http.status = 401;
          response.http.headers.set("www-authenticate", "Bearer");
        } else if (failures.some((error) => error.code === "FORBIDDEN" && !(error instanceof GraphError))) {
          response.http.status = 403; // only if the gateway itself rejects the caller; Graph's 403 is reported in the GraphQL error alone
        } else if (errors?.some(({ extensions }) => extensions.code === "PERSISTED_QUERY_NOT_SUPPORTED")) {
          response.http.status = 400; // Apollo Server sends 200, which is for responses with data
        }
      },
    };
  },
};
