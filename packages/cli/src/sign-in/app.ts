/** Client credentials: an application signs in as itself, for jobs that nobody watches. */
import { clientCredentialsGrantRequest, processClientCredentialsResponse } from "oauth4webapi";
import type { Io } from "../io.ts";
import type { Authority } from "./authority.ts";
import { readClientCredential, requireCredentialVariable } from "./client-credential.ts";
import { entraError } from "./entra-error.ts";
import { grantOf } from "./grant.ts";
import type { TokenSource } from "./session.ts";

export function createAppSource(authority: Authority, io: Io): TokenSource {
  const { server, client, scope, host } = authority;
  const variable = requireCredentialVariable(io);
  return async (signal) => {
    const credential = await readClientCredential(variable, io);
    try {
      const parameters = { scope };
      const options = authority.options(signal);
      const response = await clientCredentialsGrantRequest(server, client, credential, parameters, options);
      return grantOf(await processClientCredentialsResponse(server, client, response), authority.now()).token;
    } catch (error) {
      throw entraError(error, host, signal);
    }
  };
}
