/**
 * Device code: the person enters a code in a browser on any machine, while this program asks now and then.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8628
 */
import {
  type DeviceAuthorizationResponse,
  deviceAuthorizationRequest,
  deviceCodeGrantRequest,
  None,
  processDeviceAuthorizationResponse,
  processDeviceCodeResponse,
} from "oauth4webapi";
import { CliError, ExitCode } from "../cli-error.ts";
import type { Io } from "../io.ts";
import type { Authority } from "./authority.ts";
import { entraError, oauthErrorOf } from "./entra-error.ts";
import { type Grant, grantOf } from "./grant.ts";
import type { Invitation, Invite } from "./invitation.ts";
import type { PersonSignIn } from "./refresh-token.ts";

const defaultIntervalSeconds = 5;
const slowDownSeconds = 5;
const maxMinutes = 15;

export function createDeviceCodeSignIn(authority: Authority, io: Io, invite: Invite): PersonSignIn {
  return async (signal, claims) => {
    try {
      return await signIn(authority, io, invite, signal, claims);
    } catch (error) {
      throw entraError(error, authority.host, signal);
    }
  };
}

async function signIn(
  authority: Authority,
  io: Io,
  invite: Invite,
  signal: AbortSignal,
  claims?: string,
): Promise<Grant> {
  const { server, client, scopeOfPeople } = authority;
  const parameters = { scope: scopeOfPeople, ...(claims !== undefined && { claims }) };
  const response = await deviceAuthorizationRequest(server, client, None(), parameters, authority.options(signal));
  const device = await processDeviceAuthorizationResponse(server, client, response);
  invite(invitation(device, claims));
  const seconds = Math.min(device.expires_in, maxMinutes * 60);
  const endsAtMs = io.now().getTime() + seconds * 1000;
  let intervalSeconds = device.interval ?? defaultIntervalSeconds;
  for (;;) {
    await io.wait(intervalSeconds * 1000, signal);
    signal.throwIfAborted();
    if (io.now().getTime() >= endsAtMs) throw tooLate(seconds);
    const outcome = await poll(authority, device, signal, claims);
    if (typeof outcome === "object") return outcome;
    if (outcome === "slow_down") intervalSeconds += slowDownSeconds;
    if (outcome === "expired_token") throw tooLate(seconds);
  }
}

const waiting = ["authorization_pending", "slow_down", "expired_token"];

/** What is granted, or why nothing is yet. */
async function poll(
  authority: Authority,
  { device_code }: DeviceAuthorizationResponse,
  signal: AbortSignal,
  claims?: string,
): Promise<Grant | string> {
  const { server, client } = authority;
  try {
    const response = await deviceCodeGrantRequest(server, client, None(), device_code, {
      ...authority.options(signal),
      ...(claims !== undefined && { additionalParameters: { claims } }),
    });
    return grantOf(await processDeviceCodeResponse(server, client, response), authority.now());
  } catch (error) {
    const oauthError = oauthErrorOf(error);
    if (oauthError === "authorization_declined" || oauthError === "access_denied") {
      throw new CliError(ExitCode.SIGN_IN, "SIGN_IN_FAILED", "The sign-in was declined.");
    }
    if (oauthError !== undefined && waiting.includes(oauthError)) return oauthError;
    throw error;
  }
}

/** Code and address come from the authority; they go out without control characters. */
function invitation(
  { verification_uri, user_code }: DeviceAuthorizationResponse,
  claims: string | undefined,
): Invitation {
  const clean = (text: string) => text.replace(/[^!-~]/g, "").slice(0, 200);
  const [url, userCode] = [clean(verification_uri), clean(user_code)];
  const why = claims === undefined ? "" : "The gateway asks for more proof of who you are.\n";
  return { url, userCode, text: `${why}To sign in, open ${url} and enter the code ${userCode}\n` };
}

function tooLate(seconds: number): CliError {
  const message = `Nobody signed in within ${Math.ceil(seconds / 60)} minutes.`;
  return new CliError(ExitCode.SIGN_IN, "SIGN_IN_TIMEOUT", message);
}
