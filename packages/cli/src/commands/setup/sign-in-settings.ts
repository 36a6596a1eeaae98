/** How people will sign in, and what that needs. */
import { CliError, ExitCode } from "../../cli-error.ts";
import type { Io } from "../../io.ts";
import { isLoopback, type Settings } from "../../settings/settings.ts";
import { checkSettings } from "../../sign-in/check-settings.ts";
import { chooseMode } from "../../sign-in/choose-mode.ts";
import { type AuthMode, authModes, missingSettings } from "../../sign-in/sign-in.ts";
import type { Answers } from "./answers.ts";

type WithGateway = Settings & { readonly gateway: URL };
type SignInName = "tenant" | "clientId" | "scope";

const names: Readonly<Record<string, SignInName>> = {
  "--tenant": "tenant",
  "--client-id": "clientId",
  "--scope": "scope",
};

/** What signing in needs besides, in the order of the questions. */
export function neededFor(mode: AuthMode): SignInName[] {
  return missingSettings(mode, {}).flatMap(({ option }) => names[option] ?? []);
}

export interface ChosenAuth {
  readonly mode: AuthMode;
  /** Whether other commands would choose another mode, so that this one has to be saved. */
  readonly isUnusual: boolean;
}

/**
 * The mode that an import would choose, unless the gateway wants something else: one on this machine may want a sign-in, which
 * then is by browser, and one elsewhere may want none.
 *
 * @param wantsSignIn - `undefined` where the gateway has not been asked yet
 * @throws {CliError} exit code 64 where there is no way to sign in, 4 where the gateway wants one and there is none
 */
export function chooseAuth(
  { gateway, auth, tokenFile }: WithGateway,
  io: Io,
  { noInput, wantsSignIn }: { noInput: boolean; wantsSignIn: boolean | undefined },
): ChosenAuth {
  const given = authModes.find((mode) => mode === auth);
  if (wantsSignIn === false && given === undefined) return { mode: "none", isUnusual: !isLoopback(gateway) };
  const mode = chooseMode({ gateway, auth: given, tokenFile, noInput }, io);
  if (mode !== "none" || wantsSignIn !== true) return { mode, isUnusual: given !== undefined };
  if (!noInput && given === undefined) return { mode: "browser", isUnusual: true };
  const message = "The gateway wants a sign-in: choose one with --auth.\nNothing was saved.";
  throw new CliError(ExitCode.SIGN_IN, "UNAUTHENTICATED", message, { option: "--auth" });
}

/** Settings with everything that the mode needs, asked for where a person is there. */
export async function completeSignIn(settings: WithGateway, mode: AuthMode, answers: Answers): Promise<WithGateway> {
  const found: Partial<Record<SignInName, string>> = {};
  for (const name of neededFor(mode)) {
    found[name] = await answers.get(name, settings[name], (value) =>
      checkSettings({ auth: mode, gateway: settings.gateway, noInput: true, [name]: value }),
    );
  }
  return { ...settings, ...found, auth: mode };
}
