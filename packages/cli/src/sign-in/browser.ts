/**
 * Authorization code with PKCE: the person signs in with a browser, which brings the code to a port of this machine.
 *
 * @see https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
 */
import {
  authorizationCodeGrantRequest,
  calculatePKCECodeChallenge,
  generateRandomCodeVerifier,
  generateRandomState,
  None,
  processAuthorizationCodeResponse,
  validateAuthResponse,
} from "oauth4webapi";
import { CliError, ExitCode } from "../cli-error.ts";
import type { Io } from "../io.ts";
import { orAborted, withTimeLimit } from "./abort.ts";
import type { Authority } from "./authority.ts";
import { entraError } from "./entra-error.ts";
import { grantOf } from "./grant.ts";
import type { Invite } from "./invitation.ts";
import { openBrowser } from "./open-browser.ts";
import { receiveRedirect } from "./receive-redirect.ts";
import type { PersonSignIn } from "./refresh-token.ts";

const limitMinutes = 5;

export function createBrowserSignIn(authority: Authority, io: Io, invite: Invite): PersonSignIn {
  return async (signal, claims) => {
    const { server, client, scopeOfPeople, host } = authority;
    const state = generateRandomState();
    const verifier = generateRandomCodeVerifier();
    const receiver = await receiveRedirect(state);
    try {
      const url = new URL(server.authorization_endpoint);
      url.search = new URLSearchParams({
        client_id: client.client_id,
        response_type: "code",
        response_mode: "query",
        redirect_uri: receiver.redirectUri,
        scope: scopeOfPeople,
        state,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        // The first time, people with two accounts choose; the browser's own choice is often the wrong one.
        ...(claims === undefined ? { prompt: "select_account" } : { claims }),
      }).toString();
      const answer = await withTimeLimit(limitMinutes * 60_000, tooLate, signal, async (limited) => {
        const text = `${announcement(claims)}\n${url.href}\nNo browser here? Stop, and use --auth device-code.\n`;
        invite({ url: url.href, text });
        await openBrowser(url, io);
        return orAborted(receiver.answer, limited);
      });
      const parameters = validateAuthResponse(server, client, answer, state);
      const response = await authorizationCodeGrantRequest(
        server,
        client,
        None(),
        parameters,
        receiver.redirectUri,
        verifier,
        authority.options(signal),
      );
      return grantOf(await processAuthorizationCodeResponse(server, client, response), authority.now());
    } catch (error) {
      throw entraError(error, host, signal);
    } finally {
      receiver.close();
    }
  };
}

function announcement(claims: string | undefined): string {
  const why = claims === undefined ? "" : "The gateway asks for more proof of who you are. ";
  return `${why}Sign in with the browser window that opens. If none does, open:`;
}

function tooLate(): CliError {
  return new CliError(ExitCode.SIGN_IN, "SIGN_IN_TIMEOUT", `Nobody signed in within ${limitMinutes} minutes.`);
}
