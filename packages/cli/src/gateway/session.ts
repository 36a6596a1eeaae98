/**
 * Talks with the gateway for as long as a command runs: waits where it is asked to, repeats what may be repeated, signs in again
 * where a token is refused, and ends the run where only a person can help. Every operation goes through here, one at a time.
 */
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { CliError, ExitCode, usageError } from "../cli-error.ts";
import type { Io } from "../io.ts";
import { duration } from "../output/words.ts";
import type { SignIn } from "../sign-in/sign-in.ts";
import { type GatewayClient, type GatewayFailure, notAGateway, type OperationName } from "./gateway-client.ts";

/** A wait, as the progress line shows it: an event of the run, not an error. */
export interface Wait {
  readonly seconds: number;
  readonly code: string;
  /** Why. */
  readonly message: string;
}

export interface SessionOptions {
  readonly client: GatewayClient;
  readonly signIn: SignIn;
  readonly io: Io;
  /** Ends waits and requests at once. */
  readonly signal: AbortSignal;
  onWait(wait: Wait | undefined): void;
  /** How long nothing may go through before the run ends; default ten minutes. */
  readonly patienceMs?: number | undefined;
}

const defaultPatienceMs = 10 * 60 * 1000;
const maxBackoffSeconds = 30;
/** Who is asked to wait longer comes back by hand. */
const maxWaitSeconds = 3600;

/** Somebody is busy: wait as long as is asked. */
const busy: ReadonlySet<string> = new Set(["THROTTLED", "RATE_LIMITED", "OVERLOADED"]);
/** Nobody knows whether it was done; repeating is safe. */
const uncertain: ReadonlySet<string> = new Set([
  "OUTCOME_UNKNOWN",
  "UPSTREAM_UNAVAILABLE",
  "UPSTREAM_TIMEOUT",
  "NO_ANSWER",
]);

export function isRepeatable(code: string): boolean {
  return busy.has(code) || uncertain.has(code) || code === "UNAUTHENTICATED" || code === "CLAIMS_CHALLENGE";
}

export class Session {
  readonly #options: SessionOptions;
  #succeededAtMs: number;
  #hasSucceeded = false;
  #failuresInARow = 0;
  #isTokenNew = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#succeededAtMs = options.io.now().getTime();
  }

  get signal(): AbortSignal {
    return this.#options.signal;
  }

  /**
   * Sends an operation until it is answered for good.
   *
   * @param isSuccess whether an answer is one that proves that things go on; by default each is
   * @returns the data, or a failure that is the operation's own
   * @throws {CliError} where the run can't go on
   * @throws the signal's reason
   */
  async call<Data, Variables>(
    name: OperationName,
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    isSuccess: (data: Data) => boolean = () => true,
  ): Promise<{ readonly data: Data } | { readonly failure: GatewayFailure }> {
    for (;;) {
      const outcome = await this.#options.client.send(name, document, variables, this.signal);
      if ("data" in outcome) {
        if (isSuccess(outcome.data)) this.noteSuccess();
        return outcome;
      }
      if (!(await this.recover(outcome.failure))) return outcome;
    }
  }

  noteSuccess(): void {
    this.#succeededAtMs = this.#options.io.now().getTime();
    this.#hasSucceeded = true;
    this.#failuresInARow = 0;
    this.#isTokenNew = false;
  }

  /**
   * Does what a failure asks for, and waits.
   *
   * @returns whether the same can be sent again; false: the failure is final
   * @throws {CliError} where the run can't go on
   */
  async recover(failure: GatewayFailure): Promise<boolean> {
    const { code } = failure;
    if (busy.has(code) || uncertain.has(code)) {
      await this.#wait(failure);
      return true;
    }
    if (code === "UNAUTHENTICATED") {
      await this.#renewToken(failure);
      return true;
    }
    if (code === "CLAIMS_CHALLENGE" && failure.claims !== undefined) {
      if (this.#isTokenNew) throw this.#signInRefused(failure);
      this.#isTokenNew = true;
      await this.#options.signIn.answerClaims(failure.claims, this.signal);
      return true;
    }
    if (code === "FORBIDDEN") throw this.#signInRefused(failure);
    if (code === "UPSTREAM_MISCONFIGURED") {
      throw new CliError(ExitCode.STOPPED, code, `the gateway is misconfigured: ${failure.message}`);
    }
    const isProxy = code === "PROXY_AUTHENTICATION" || code === "PROXY_REFUSED";
    if (code === "NOT_A_GATEWAY" || code === "REDIRECT" || isProxy) {
      const details = isProxy ? {} : { option: "--gateway" };
      // What has answered before was the right address: the run goes on when that is back.
      if (this.#hasSucceeded) throw new CliError(ExitCode.STOPPED, code, failure.message, details);
      throw usageError(code, failure.message, details);
    }
    if (code === "GRAPHQL_VALIDATION_FAILED" && !this.#hasSucceeded) {
      // Another GraphQL server: it does not know these operations.
      const message = `${notAGateway(this.#options.client.url, failure.status)} It said: ${failure.message}`;
      throw usageError("NOT_A_GATEWAY", message, { option: "--gateway" });
    }
    return false;
  }

  async #wait({ code, message, retryAfterSeconds }: GatewayFailure): Promise<void> {
    const { io, onWait } = this.#options;
    const silentMs = io.now().getTime() - this.#succeededAtMs;
    if (silentMs >= (this.#options.patienceMs ?? defaultPatienceMs)) {
      throw new CliError(ExitCode.STOPPED, code, `nothing went through for ${duration(silentMs)}: ${message}`);
    }
    this.#failuresInARow += 1;
    const backoff = Math.min(maxBackoffSeconds, 2 ** (this.#failuresInARow - 1));
    // Jitter, so that several of these do not come back at the same moment.
    const asked = busy.has(code) ? retryAfterSeconds : undefined;
    if (asked !== undefined && asked > maxWaitSeconds) {
      throw new CliError(
        ExitCode.STOPPED,
        code,
        `the gateway asks for a wait of ${duration(asked * 1000)}: ${message}`,
      );
    }
    const seconds = asked !== undefined && asked > 0 ? asked : backoff * (0.5 + Math.random() / 2);
    onWait({ seconds: Math.ceil(seconds), code, message });
    await io.wait(seconds * 1000, this.signal);
    this.signal.throwIfAborted();
    onWait(undefined);
  }

  async #renewToken(failure: GatewayFailure): Promise<void> {
    if (this.#isTokenNew || this.#options.signIn.mode === "none") throw this.#signInRefused(failure);
    this.#isTokenNew = true;
    await this.#options.signIn.renew(this.signal);
  }

  #signInRefused(failure: GatewayFailure): CliError {
    const { code, message } = failure;
    const { signIn } = this.#options;
    const user = signIn.account()?.user;
    const whose = user === undefined ? "the sign-in" : `the sign-in of ${user}`;
    const said = `the gateway does not accept ${whose}.\n  It said: ${message} (${code})`;
    const hint = hintFor(failure, signIn.mode);
    return new CliError(ExitCode.SIGN_IN, code, hint === undefined ? said : `${said}\n  ${hint}`);
  }
}

/** How a gateway of the mode obo refuses an application: it has no code of its own for that. */
const actsForUsersOnly = /needs a user's token/;

function hintFor({ code, message }: GatewayFailure, mode: SignIn["mode"]): string | undefined {
  if (mode === "none") return "The gateway wants a sign-in: choose one with --auth.";
  if (code !== "FORBIDDEN") return undefined;
  if (mode === "az") return "Azure CLI's token for Graph has no Intune permission; use --auth browser.";
  if (actsForUsersOnly.test(message)) {
    return "this gateway acts for users only: sign in as a person, with --auth browser, device-code or az.";
  }
  if (mode === "app") return "An application needs the role Pfx.ReadWrite.All, and 'list' Pfx.Read.All.";
  return "An import needs the scope Pfx.ReadWrite and an Intune role; 'list' needs Pfx.Read.";
}
