/** Keeps the token, renews it in time, and lets calls at the same time share one request. */
import { CliError, ExitCode } from "../cli-error.ts";
import type { Io } from "../io.ts";
import { type AccessToken, accountOf, renewalTimeOf } from "./access-token.ts";
import { readClaims } from "./claims.ts";
import { SingleFlight } from "./single-flight.ts";
import type { Account, AuthMode, SignIn } from "./types.ts";

/** Gets a new token. @param claims JSON that the token must satisfy. */
export type TokenSource = (signal: AbortSignal, claims?: string) => Promise<AccessToken>;

/** How long a token that still holds is used when it could not be renewed, before the next try. */
const nextRenewalMs = 30_000;

export class SignInSession implements SignIn {
  readonly mode: AuthMode;
  readonly #source: TokenSource | undefined;
  readonly #answersClaims: boolean;
  readonly #io: Io;
  readonly #requests = new SingleFlight<AccessToken>();
  #current: AccessToken | undefined;
  #renewAtMs = Number.POSITIVE_INFINITY;

  constructor(mode: AuthMode, source: TokenSource | undefined, answersClaims: boolean, io: Io) {
    this.mode = mode;
    this.#source = source;
    this.#answersClaims = answersClaims;
    this.#io = io;
  }

  account(): Account | undefined {
    return this.#current && accountOf(this.#current);
  }

  async token(signal?: AbortSignal): Promise<string | undefined> {
    if (this.#source === undefined) return undefined;
    const current = this.#current;
    if (current !== undefined && this.#io.now().getTime() < this.#renewAtMs && !this.#requests.isRunning)
      return current.value;
    try {
      return (await this.#request(this.#source, signal)).value;
    } catch (error) {
      const now = this.#io.now().getTime();
      const holds = current?.expiresAt !== undefined && now < current.expiresAt.getTime() && current === this.#current;
      if (!holds || !(error instanceof CliError) || error.exitCode !== ExitCode.STOPPED) throw error;
      this.#renewAtMs = now + nextRenewalMs; // the authority can't be reached, but the token still holds
      return current.value;
    }
  }

  async renew(signal?: AbortSignal): Promise<void> {
    if (this.#source !== undefined) await this.#request(this.#source, signal);
  }

  async answerClaims(claims: string, signal?: AbortSignal): Promise<void> {
    if (this.#source === undefined || !this.#answersClaims) {
      const why = `The gateway asks for more proof of who signs in, which --auth ${this.mode} can't give here.`;
      const message = `${why}\nUse --auth browser on a terminal.`;
      throw new CliError(ExitCode.SIGN_IN, "CLAIMS_CHALLENGE", message, { option: "--auth" });
    }
    await this.#request(this.#source, signal, readClaims(claims));
  }

  #request(source: TokenSource, signal?: AbortSignal, claims?: string): Promise<AccessToken> {
    return this.#requests.run(
      async (ended) => {
        const isFirst = this.#current === undefined;
        const token = await source(ended, claims).catch((error: unknown) => {
          throw isFirst ? error : afterFirst(error);
        });
        this.#current = token;
        this.#renewAtMs = renewalTimeOf(token, this.#io.now());
        return token;
      },
      claims,
      signal,
    );
  }
}

/** Exit code 64 promises that nothing was sent, which holds for the first token only. */
function afterFirst(error: unknown): unknown {
  if (!(error instanceof CliError) || error.exitCode !== ExitCode.USAGE) return error;
  const { code, message, option } = error;
  return new CliError(ExitCode.SIGN_IN, code, message, option === undefined ? {} : { option });
}
