/** Questions to a person, on standard error. Standard output is for data. */
import { confirm, isCancel, password, text } from "@clack/prompts";
import { CliError, ExitCode } from "../cli-error.ts";
import type { PasswordPrompt } from "../files/passwords.ts";
import type { Io } from "../io.ts";

export interface Prompts extends PasswordPrompt {
  /** @param isYes what Enter alone means; default no */
  confirm(message: string, isYes?: boolean): Promise<boolean>;
  /** @param problemOf why an answer can't be taken */
  text(
    message: string,
    initialValue: string | undefined,
    problemOf: (answer: string) => string | undefined,
  ): Promise<string>;
}

/**
 * @param beforeQuestion clears what else is on the screen
 * @param isForSeveral whether a password may be used for other files as well
 */
export function createPrompts(
  io: Io,
  { beforeQuestion, isForSeveral }: { beforeQuestion(): void; isForSeveral: boolean },
): Prompts {
  const common = { input: io.stdin, output: io.stderr, withGuide: false };
  const prompts: Prompts = {
    async confirm(message, isYes = false) {
      beforeQuestion();
      const answer = await confirm({ ...common, message, initialValue: isYes });
      if (isCancel(answer)) throw interrupted();
      return answer;
    },
    async text(message, initialValue, problemOf) {
      beforeQuestion();
      const validate = (given: string | undefined) => problemOf((given ?? "").trim());
      const answer = await text({
        ...common,
        message,
        validate,
        ...(initialValue === undefined ? {} : { initialValue }),
      });
      if (isCancel(answer)) throw interrupted();
      return answer.trim();
    },
    async askPassword(fileName, { isRetry }) {
      beforeQuestion();
      const file = fit(fileName, io);
      const message = isRetry ? `Another password for ${file}:` : `Password for ${file}:`;
      const answer = await password({ ...common, message, mask: "*" });
      if (isCancel(answer)) throw interrupted();
      if (answer === "") return undefined;
      const useForAll = isForSeveral && (await prompts.confirm("Use it for all that follow?", true));
      return { password: answer, useForAll };
    },
  };
  return prompts;
}

/** A long name loses its beginning, so that the question does not wrap. */
function fit(fileName: string, { stderr }: Io): string {
  const room = Math.max(8, (stderr.columns ?? 80) - 28);
  return fileName.length <= room ? fileName : `...${fileName.slice(3 - room)}`;
}

function interrupted(): CliError {
  return new CliError(ExitCode.INTERRUPTED, "INTERRUPTED", "Interrupted. Nothing was sent.");
}
