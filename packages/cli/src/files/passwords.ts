/**
 * Which passwords a file is tried with. The first of these that is there decides:
 *
 * 1. the list's password, 2. the list's password file, 3. the file that `--password-beside` names: this password only, since
 *    it was given for this file, and a wrong one should be seen;
 * 4. the password for all files, from an option or the environment, or typed before with "use for all that follow": then the
 *    empty password, which costs one more try for files that don't open anyway. Nobody is asked;
 * 5. the empty password, then the prompt, up to three times.
 *
 * A password that was typed for a file is kept for it until the run ends: nobody is asked twice.
 * A file of `--password-beside` that is not there is passed over.
 */
import { basename } from "node:path";
import { PfxError } from "intune-pfx-client";
import { FileError } from "./file-error.ts";
import { noteIfOthersCanRead } from "./note-if-others-can-read.ts";
import { type FileWithPassword, type OwnPassword, pathBeside, readOwnPassword } from "./own-password.ts";
import { printable } from "./printable.ts";
import { type PasswordIo, type PasswordOptions, readSharedPassword } from "./shared-password.ts";
import { Turns } from "./turns.ts";

/** Asks somebody for a file's password, without echo. */
export interface PasswordPrompt {
  /**
   * One question at a time, also where files are opened side by side.
   *
   * @param isRetry - whether the answer before, for the same file, was wrong
   * @returns `undefined` where the file is to be left out
   */
  askPassword(
    fileName: string,
    details: { isRetry: boolean },
  ): Promise<{ readonly password: string; readonly useForAll: boolean } | undefined>;
}

export interface PasswordHelpers {
  /** Leave it out where nobody can answer, and with `--no-input`. */
  readonly prompt?: PasswordPrompt | undefined;
  /** Shows a note about a password file that others can read; called once at most. */
  readonly onNote?: ((note: string) => void) | undefined;
}

export interface Opened<T> {
  readonly result: T;
  /** Whose password opened the file. */
  readonly source: OwnPassword["source"] | "shared" | "empty" | "prompt";
}

type Attempt<T> = (password: string) => Promise<T>;

const maxQuestions = 3;

export class Passwords {
  readonly #io: PasswordIo;
  readonly #beside: string | undefined;
  readonly #prompt: PasswordPrompt | undefined;
  readonly #questions = new Turns();
  #onNote: ((note: string) => void) | undefined;
  #shared: string | undefined;
  /** What was typed for a file, which is opened again to be sent. */
  readonly #typed = new Map<string, string>();

  private constructor(io: PasswordIo, beside: string | undefined, { prompt, onNote }: PasswordHelpers) {
    this.#io = io;
    this.#beside = beside;
    this.#prompt = prompt;
    this.#onNote = onNote;
  }

  /**
   * Checks the options and reads the password for all files.
   *
   * @throws {CliError} exit code 64, see `readSharedPassword`
   */
  static async read(options: PasswordOptions, io: PasswordIo, helpers: PasswordHelpers = {}): Promise<Passwords> {
    const passwords = new Passwords(io, options.passwordBeside, helpers);
    passwords.#shared = await readSharedPassword(options, io);
    await passwords.#noteAbout(options.passwordFile);
    return passwords;
  }

  /**
   * Calls `attempt` with one password after the other until it ends in anything but a `PfxError` with `WRONG_PASSWORD`.
   *
   * @throws {FileError} `PASSWORD_FILE_NOT_FOUND`, `PASSWORD_FILE_UNREADABLE`; `PASSWORD_MISSING`: none was given for this
   * file, the empty one is wrong, and nobody can be asked
   * @throws what `attempt` throws
   */
  async open<T>(file: FileWithPassword, attempt: Attempt<T>): Promise<Opened<T>> {
    const own = await readOwnPassword(file, this.#beside);
    if (own !== undefined) {
      await this.#noteAbout(own.readFrom);
      return { source: own.source, result: await attempt(own.password) };
    }
    return (
      (await this.#openWithShared(attempt)) ??
      (await unlessWrong("empty", () => attempt(""))) ??
      (await this.#questions.run(() => this.#openByQuestion(file, attempt)))
    );
  }

  /** Throws WRONG_PASSWORD where there is a password for all files, but neither it nor the empty one opens this file. */
  async #openWithShared<T>(attempt: Attempt<T>): Promise<Opened<T> | undefined> {
    const shared = this.#shared;
    if (shared === undefined) return undefined;
    const opened =
      (await unlessWrong("shared", () => attempt(shared))) ?? (await unlessWrong("empty", () => attempt("")));
    if (opened === undefined) throw wrongPassword();
    return opened;
  }

  async #openByQuestion<T>(file: FileWithPassword, attempt: Attempt<T>): Promise<Opened<T>> {
    if (this.#prompt === undefined) throw passwordMissing(file, this.#beside);
    // Somebody may have answered "use for all that follow" while this file waited for its turn.
    const opened = await this.#openWithShared(attempt);
    if (opened !== undefined) return opened;
    const typed = this.#typed.get(file.path);
    if (typed !== undefined) {
      const again = await unlessWrong("prompt", () => attempt(typed));
      if (again !== undefined) return again;
    }
    for (let asked = 0; asked < maxQuestions; asked += 1) {
      const answer = await this.#prompt.askPassword(file.name, { isRetry: asked > 0 });
      if (answer === undefined) break;
      const opened = await unlessWrong("prompt", () => attempt(answer.password));
      if (opened === undefined) continue;
      if (answer.useForAll) this.#shared = answer.password;
      else this.#typed.set(file.path, answer.password);
      return opened;
    }
    throw wrongPassword();
  }

  async #noteAbout(passwordFile: string | undefined): Promise<void> {
    if (passwordFile === undefined || this.#onNote === undefined) return;
    const note = await noteIfOthersCanRead(passwordFile, this.#io, "a password");
    if (note === undefined) return;
    this.#onNote?.(note); // Gone where another file's note came first.
    this.#onNote = undefined;
  }
}

async function unlessWrong<T>(source: Opened<T>["source"], open: () => Promise<T>): Promise<Opened<T> | undefined> {
  try {
    return { source, result: await open() };
  } catch (error) {
    if (error instanceof PfxError && error.code === "WRONG_PASSWORD") return undefined;
    throw error;
  }
}

function wrongPassword(): PfxError {
  return new PfxError("WRONG_PASSWORD", "the password does not open this file, or the file is damaged");
}

function passwordMissing({ path }: FileWithPassword, beside: string | undefined): FileError {
  const problem = "the empty password does not open this file";
  return new FileError(
    "PASSWORD_MISSING",
    beside === undefined
      ? `${problem}; give its password with --password-file, --password-stdin, --password-beside or INTUNE_PFX_PASSWORD`
      : `there is no password file ${printable(basename(pathBeside(path, beside)))}, and ${problem}`,
  );
}
