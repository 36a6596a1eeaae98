/** Reads the token of `doctor --survey`. The gateway itself has no use for it, so it is no variable of the table. */
import { readEnvironment } from "./config.ts";
import { type Parser, secret } from "./parsers.ts";
import { ConfigError, readerOf } from "./read-env.ts";

/** One token as HTTP sends it. @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1 */
const bearerToken: Parser<string | undefined> = {
  ...secret,
  parse(text, problem) {
    if (/^Bearer\s/i.test(text)) problem("must be the token alone, without the word Bearer");
    else if (!/^[\w.~+/-]+=*$/.test(text)) problem("must be one access token for Microsoft Graph, and nothing else");
    return text;
  },
};

/** @returns `SURVEY_TOKEN`, or what the file in `SURVEY_TOKEN_FILE` has. @throws {ConfigError} */
export function readSurveyToken(): string | undefined {
  const { env, problems: earlier } = readEnvironment();
  const { readAs, problems } = readerOf(env, earlier);
  const token = readAs("SURVEY_TOKEN", bearerToken);
  if (problems.length > 0) throw new ConfigError(problems);
  return token;
}
