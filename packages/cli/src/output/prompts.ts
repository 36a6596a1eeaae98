/** Questions to a person, on standard error. Standard output is for data. */
import { confirm, password, text } from "@clack/prompts";
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
  /** A question ends with Ctrl-C, which the terminal hands over as a key, and with every signal that ends a run. */
  async function ask<Answer extends string | boolean>(
    question: (signal: AbortSignal) => Promise<Answer | symbol>,
  ): Promise<Answer> {
    beforeQuestion();
    const controller = new AbortController();
    const end = io.onInterrupt(() => controller.abort());
    try {
      const answer = await question(controller.signal);
      if (typeof answer === "symbol") throw interrupted();
      return answer;
    } finally {
      end();
    }
  }
  const prompts: Prompts = {
    confirm: (message, isYes = false) =>
      ask<boolean>((signal) => confirm({ ...common, signal, message, initialValue: isYes })),
    async text(message, initialValue, problemOf) {
      const validate = (given: string | undefined) => problemOf((given ?? "").trim());
      const initial = initialValue === undefined ? {} : { initialValue };
      const answer = await ask<string>((signal) => text({ ...common, signal, message, validate, ...initial }));
      return answer.trim();
    },
    async askPassword(fileName, { isRetry }) {
      const file = fit(fileName, io);
      const message = isRetry ? `Another password for ${file}:` : `Password for ${file}:`;
      const answer = await ask<string>((signal) => password({ ...common, signal, message, mask: "*" }));
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
