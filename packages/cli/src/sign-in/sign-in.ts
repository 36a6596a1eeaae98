/** Signs in at Microsoft Entra, so that the gateway knows who imports. Tokens are kept in memory only. */
import type { Io } from "../io.ts";
import { createAppSource } from "./app.ts";
import { createAuthority } from "./authority.ts";
import { createAzSource } from "./az.ts";
import { createBrowserSignIn } from "./browser.ts";
import { checkSettings, requireSettings } from "./check-settings.ts";
import { chooseMode } from "./choose-mode.ts";
import { createDeviceCodeSignIn } from "./device-code.ts";
import { createGivenTokenSource } from "./given-token.ts";
import { createInvite } from "./invitation.ts";
import { isPersonThere } from "./person.ts";
import { withRefreshToken } from "./refresh-token.ts";
import { SignInSession, type TokenSource } from "./session.ts";
import type { AuthMode, Fetch, SignIn, SignInSettings } from "./types.ts";

export { missingSettings } from "./check-settings.ts";
export {
  type AuthMode,
  authModes,
  type Cloud,
  clouds,
  type Fetch,
  type SignIn,
  type SignInSettings,
} from "./types.ts";

/**
 * Chooses the mode and checks the settings; nothing is asked or sent before the first `token()`.
 *
 * @throws CliError with exit code 64 where settings are missing or wrong.
 */
export function createSignIn(settings: SignInSettings, io: Io, fetch: Fetch): SignIn {
  const mode = chooseMode(settings, io);
  checkSettings(settings);
  const answersClaims = (mode === "browser" || mode === "device-code") && isPersonThere(settings, io);
  return new SignInSession(mode, sourceOf(mode, settings, io, fetch), answersClaims, io);
}

/** Undefined: the gateway is asked without a token. */
function sourceOf(mode: AuthMode, settings: SignInSettings, io: Io, fetch: Fetch): TokenSource | undefined {
  const invite = createInvite(io, settings.isJson === true);
  switch (mode) {
    case "browser": {
      const authority = createAuthority(requireSettings(mode, settings), settings, io, fetch);
      return withRefreshToken(createBrowserSignIn(authority, io, invite), authority);
    }
    case "device-code": {
      const authority = createAuthority(requireSettings(mode, settings), settings, io, fetch);
      return withRefreshToken(createDeviceCodeSignIn(authority, io, invite), authority);
    }
    case "app":
      return createAppSource(createAuthority(requireSettings(mode, settings), settings, io, fetch), io);
    case "az":
      return createAzSource(requireSettings(mode, settings).scope, settings.tenant, io);
    case "token":
      return createGivenTokenSource(settings, io);
    case "none":
      return undefined;
  }
}
