/**
 * How many GraphQL requests are under way, and no more than so many: what comes beyond is refused before its body is read,
 * so that memory stays bounded and the refusal is quick, whatever Graph or the clients do.
 */
import type { Disconnection } from "../datasources/disconnection.ts";
import { HttpError } from "./http-error.ts";

/** Clients that all come back at once would be refused at once. */
const retryAfterSeconds = 1;

export class Admission {
  readonly #max: number;
  #underWay = 0;
  #onDrained: (() => void) | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Lets a request in. It counts until it is left and its answer is with the client, or given up.
   *
   * @param over when the answer is with the client, or given up. @returns what is to be called when the work on it is done.
   * @throws {HttpError} 503 `OVERLOADED`.
   */
  enter(over: Disconnection): () => void {
    if (this.#onDrained !== undefined) throw overloaded("The gateway is stopping; ask again.");
    if (this.#underWay >= this.#max) throw overloaded("The gateway has as many requests as it takes; ask again.");
    this.#underWay += 1;
    const leave = () => {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#onDrained?.();
    };
    return () => {
      if (over.hasHappened) leave();
      else over.add(leave);
    };
  }

  /** Lets nobody in any more. Resolves when the last request under way is left. */
  drain(): Promise<void> {
    return new Promise((resolve) => {
      this.#onDrained = resolve;
      if (this.#underWay === 0) resolve();
    });
  }
}

function overloaded(message: string): HttpError {
  return new HttpError(503, message, { "retry-after": String(retryAfterSeconds) }, "OVERLOADED");
}
