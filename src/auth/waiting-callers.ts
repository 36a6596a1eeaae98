/**
 * The callers that wait for one token. Each of them has its own deadline: the token is worth a retry as long as one of them
 * can still wait, and a caller that cannot wait that long need not wait in vain.
 */
import type { GatewayError } from "../errors.ts";
import type { Deadline } from "../request/deadline.ts";

class Waiter {
  readonly givenUp: Promise<never>;
  readonly #deadline: Deadline | undefined;
  #reject: (error: GatewayError) => void = () => {};

  constructor(deadline: Deadline | undefined) {
    this.#deadline = deadline;
    this.givenUp = new Promise((_, reject) => {
      this.#reject = reject;
    });
  }

  get remainingMs(): number {
    return this.#deadline?.remainingMs ?? Number.POSITIVE_INFINITY;
  }

  giveUp(error: GatewayError): void {
    this.#reject(error);
  }
}

export class WaitingCallers {
  readonly #waiters = new Set<Waiter>();
  /** The wait that is under way: what a caller gets that cannot outlast it. */
  #pause: { readonly remainingMs: () => number; readonly error: () => GatewayError } | undefined;

  /** Milliseconds that the most patient caller still has. */
  get remainingMs(): number {
    return Math.max(0, ...[...this.#waiters].map(({ remainingMs }) => remainingMs));
  }

  /**
   * One more caller waits.
   *
   * @param deadline default: the caller waits as long as it takes.
   * @returns the caller's own wait for the token. It rejects early if the caller cannot outlast a wait.
   */
  join(deadline: Deadline | undefined): <Token>(token: Promise<Token>) => Promise<Token> {
    const waiter = new Waiter(deadline);
    this.#waiters.add(waiter);
    if (this.#pause !== undefined) this.#dismiss(waiter, this.#pause.remainingMs(), this.#pause.error);
    return (token) => Promise.race([token, waiter.givenUp]).finally(() => this.#waiters.delete(waiter));
  }

  /**
   * Begins a wait. Callers that cannot outlast it get the error at once.
   *
   * @param remainingMs what is left of the wait. @param error for a caller that joins during the wait, too.
   * @returns whether a caller is left.
   */
  begin(remainingMs: () => number, error: () => GatewayError): boolean {
    const waitMs = remainingMs();
    for (const waiter of this.#waiters) this.#dismiss(waiter, waitMs, error);
    this.#pause = { remainingMs, error };
    return this.#waiters.size > 0;
  }

  /** Ends the wait. */
  end(): void {
    this.#pause = undefined;
  }

  #dismiss(waiter: Waiter, waitMs: number, error: () => GatewayError): void {
    if (waitMs < waiter.remainingMs) return;
    this.#waiters.delete(waiter);
    waiter.giveUp(error());
  }
}
