/** Sets the HTTP status for some errors: missing or insufficient credentials of the caller, and responses without `data`. */
import type { ApolloServerPlugin } from "@apollo/server";
import { unwrapResolverError } from "@apollo/server/errors";
import type { GatewayContext } from "../../../context.ts";
import { GatewayError } from "../../../errors.ts";
import { httpStatusOf } from "../../../translate-error.ts";

export const httpStatus: ApolloServerPlugin<GatewayContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ errors, response }) {
        const failures = (errors ?? []).map(unwrapResolverError).filter((error) => error instanceof GatewayError);
        const known = httpStatusOf(failures);
        if (known !== undefined) {
          response.http.status = known.status;
          for (const [name, value] of Object.entries(known.headers)) response.http.headers.set(name, value);
        } else if (errors?.some(({ extensions }) => extensions.code === "PERSISTED_QUERY_NOT_SUPPORTED")) {
          response.http.status = 400; // Apollo Server sends 200, which is for responses with data
        }
      },
    };
  },
};
