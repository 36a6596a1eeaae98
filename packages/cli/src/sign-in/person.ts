import type { Io } from "../io.ts";
import type { SignInSettings } from "./types.ts";

/**
 * Somebody reads standard error, and may be asked. Standard input doesn't matter: signing in reads nothing from it, and
 * `--password-stdin` must not keep a person from signing in.
 */
export function isPersonThere({ noInput }: Pick<SignInSettings, "noInput">, { stderr }: Io): boolean {
  return !noInput && stderr.isTTY === true;
}
