/** The token of each request to the gateway. Where the gateway refuses it, the request is sent once more with a renewed one. */
import { ApolloLink } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";
import { findGatewayError } from "intune-pfx-client/operations";
import { currentSignIn, type WantedToken } from "./sign-in.ts";

const addToken = new SetContextLink(async ({ headers, wantedToken }) => {
  const signIn = currentSignIn();
  if (signIn === undefined) return {};
  return { headers: { ...headers, authorization: `Bearer ${await signIn.token(wantedToken)}` } };
});

/** The gateway has executed nothing of what it refuses so, and therefore mutations may be repeated too. */
const renewToken = new ErrorLink(({ error, operation, forward }) => {
  if (currentSignIn() === undefined || operation.getContext().wantedToken !== undefined) return;
  const challenge = findGatewayError(error, "CLAIMS_CHALLENGE");
  if (challenge === undefined && findGatewayError(error, "UNAUTHENTICATED") === undefined) return;
  const wantedToken: WantedToken = { isFresh: true, claims: challenge?.extensions.claims };
  operation.setContext({ wantedToken });
  return forward(operation);
});

export const tokenLink = ApolloLink.from([renewToken, addToken]);
