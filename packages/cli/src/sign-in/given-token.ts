/** A token from elsewhere: a file, which is read again for each renewal, or a variable. */
import { CliError, ExitCode, usageError } from "../cli-error.ts";
import type { Io } from "../io.ts";
import { accessTokenOf, isHeaderSafe } from "./access-token.ts";
import { readSecretFile } from "./secret-file.ts";
import type { TokenSource } from "./session.ts";
import type { SignInSettings } from "./types.ts";

const variable = "INTUNE_PFX_TOKEN";

export function createGivenTokenSource({ tokenFile }: Pick<SignInSettings, "tokenFile">, io: Io): TokenSource {
  const option = tokenFile === undefined ? variable : "--token-file";
  const name = tokenFile === undefined ? variable : `${tokenFile} (${option})`;
  return async () => {
    const text =
      tokenFile === undefined ? (io.env[variable] ?? "").trim() : await readSecretFile(tokenFile, option, io);
    if (!isHeaderSafe(text)) {
      const message = `${name} holds no access token: a token has no spaces, line ends or quotes.`;
      throw usageError("OPTION_INVALID", message, { option });
    }
    const token = accessTokenOf(text, io.now());
    if (token.expiresAt !== undefined && token.expiresAt <= io.now()) {
      const message = `The token in ${name} expired at ${token.expiresAt.toISOString()}. Put a new one there.`;
      throw new CliError(ExitCode.SIGN_IN, "TOKEN_EXPIRED", message, { option });
    }
    return token;
  };
}
