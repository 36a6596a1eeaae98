/** Which way to sign in, where nobody says it; and whether the way that was said can be gone. */
import { usageError } from "../cli-error.ts";
import type { Io } from "../io.ts";
import { credentialVariables } from "./client-credential.ts";
import { isLoopback } from "./loopback.ts";
import { isPersonThere } from "./person.ts";
import type { AuthMode, SignInSettings } from "./types.ts";

const choices = `  --auth app           an application's own: AZURE_CLIENT_ID and
                       AZURE_CLIENT_SECRET, AZURE_CLIENT_CERTIFICATE_PATH
                       or AZURE_FEDERATED_TOKEN_FILE
  --auth az            the account that Azure CLI is signed in with
  --auth device-code   a code, to be entered in a browser on any machine
  --token-file FILE    a token from elsewhere; or INTUNE_PFX_TOKEN
`;

const more = "'intune-pfx help sign-in' says more.";

/** @throws CliError with exit code 64, naming the choices, where there is no way or the way needs a person. */
export function chooseMode(settings: SignInSettings, io: Io): AuthMode {
  const { auth, gateway, tokenFile } = settings;
  const hasToken = tokenFile !== undefined || Boolean(io.env.INTUNE_PFX_TOKEN);
  if (auth === "browser" && !isPersonThere(settings, io)) {
    const why = settings.noInput ? "with --no-input" : "where standard error is no terminal";
    throw usageError("NO_PERSON", `Nobody can sign in by browser ${why}. Instead:\n\n${choices}\n${more}`, {
      option: "--auth",
    });
  }
  if (auth === "token" && !hasToken) {
    const message = "There is no token: name its file with --token-file, or set INTUNE_PFX_TOKEN.";
    throw usageError("MISSING", message, { option: "--token-file" });
  }
  if (auth !== undefined) return auth;
  if (hasToken) return "token";
  if (io.env.AZURE_CLIENT_ID && credentialVariables(io).length > 0) return "app";
  if (isLoopback(gateway)) return "none";
  if (isPersonThere(settings, io)) return "browser";
  throw usageError("MISSING", `Nothing was sent: say how to sign in.\n\n${choices}\n${more}`, { option: "--auth" });
}
