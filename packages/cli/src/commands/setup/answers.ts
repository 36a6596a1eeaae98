/** The settings that `setup` needs: from options, else from a person, else as they are set already. */
import type { OptionValues } from "../../arguments/parse-arguments.ts";
import { CliError, usageError } from "../../cli-error.ts";
import type { Prompts } from "../../output/prompts.ts";

interface Question {
  readonly option: "gateway" | "key" | "key-name" | "tenant" | "client-id" | "scope";
  /** How help names the option's value. */
  readonly value: string;
  readonly meaning: string;
  readonly text: string;
}

export const questions = {
  gateway: { option: "gateway", value: "URL", meaning: "the gateway's address", text: "Gateway address:" },
  key: { option: "key", value: "FILE", meaning: "the connector's public key", text: "Connector's public key (file):" },
  keyName: {
    option: "key-name",
    value: "NAME",
    meaning: "that key's name on the connector's machine",
    text: "Key name:",
  },
  tenant: { option: "tenant", value: "ID", meaning: "the tenant's id or domain name", text: "Tenant (name or id):" },
  clientId: {
    option: "client-id",
    value: "ID",
    meaning: "the id of the app registration to sign in with",
    text: "Client id of the sign-in app:",
  },
  scope: { option: "scope", value: "SCOPE", meaning: "the gateway's scope: api://.../.default", text: "Scope:" },
} as const satisfies Record<string, Question>;
export type QuestionName = keyof typeof questions;

export class Answers {
  readonly #values: OptionValues;
  readonly #prompts: Prompts | undefined;

  /** @param prompts - `undefined` where nobody can be asked */
  constructor(values: OptionValues, prompts: Prompts | undefined) {
    this.#values = values;
    this.#prompts = prompts;
  }

  /**
   * The option's value where it is given; else what a person answers, to whom the value that is set is offered.
   *
   * @param current - as it is set by option, variable or file
   * @param check - throws a `CliError` for a value that can't be right
   * @throws {CliError} exit code 64 where nobody can be asked and nothing is set
   */
  async get(name: QuestionName, current: string | undefined, check: (value: string) => void): Promise<string> {
    const { option, text } = questions[name];
    const isGiven = this.#values[option] !== undefined;
    if (this.#prompts === undefined || isGiven) {
      if (current === undefined) throw missing([name]);
      check(current);
      return current;
    }
    return this.#prompts.text(text, current, (answer) => (answer === "" ? "Please answer." : problemOf(answer, check)));
  }

  /** Reports what is missing at once, where nobody can be asked. */
  require(current: Readonly<Partial<Record<QuestionName, string | undefined>>>): void {
    if (this.#prompts !== undefined) return;
    const names: readonly QuestionName[] = ["gateway", "key", "keyName", "tenant", "clientId", "scope"];
    const absent = names.filter((name) => name in current && current[name] === undefined);
    if (absent.length > 0) throw missing(absent);
  }
}

function problemOf(answer: string, check: (value: string) => void): string | undefined {
  try {
    check(answer);
    return undefined;
  } catch (error) {
    if (error instanceof CliError) return error.message;
    throw error;
  }
}

function missing(names: readonly QuestionName[]): CliError {
  const rows = names.map((name) => questions[name]);
  const width = Math.max(...rows.map(({ option, value }) => option.length + value.length)) + 7;
  const lines = rows.map(({ option, value, meaning }) => `  ${`--${option} ${value}`.padEnd(width)}${meaning}`);
  const count = names.length === 1 ? "1 setting is missing" : `${names.length} settings are missing`;
  return usageError("MISSING", `Nothing was saved: ${count}, and nobody can be asked here.\n\n${lines.join("\n")}`, {
    option: `--${rows[0]?.option ?? ""}`,
  });
}
