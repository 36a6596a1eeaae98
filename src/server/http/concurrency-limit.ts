/**
 * How many GraphQL requests are under way, and how much of their bodies: what comes beyond is refused before it is read, so that
 * memory stays bounded and the refusal is quick, whatever Graph or the clients do.
 */
import type { RequestClosed } from "../../request/request-closed.ts";
import { HttpError } from "./http-error.ts";

/** Clients that all come back at once would be refused at once. */
const retryAfterSeconds = 1;

/** Bodies as long as this one never wait for larger ones; all there may be of them take 16 MB. */
const freeBytes = 16_384;
/**
 * Of all other bodies together, decompressed: 32 of the largest by default. Parsed and on its way to Graph a body takes some four
 * times as much, which is what a container of 512 MB has.
 */
const maxHeldBytes = 64 * 1024 * 1024;

/** A request's place among those under way. */
export interface Permit {
  /** Counts more bytes of its body. @throws {HttpError} 503 `OVERLOADED`, never where no other request holds any. */
  hold(bytes: number): void;
  /**
   * To be called when the work on it is done. Its place is free once the answer is with the client, or given up; where it was
   * refused, at once: that answer is a few hundred bytes, and who brings no token must not hold a place by not reading it.
   */
  leave(isRefused: boolean): void;
}

export class ConcurrencyLimit {
  readonly #max: number;
  #underWay = 0;
  #heldBytes = 0;
  #onDrained: (() => void) | undefined;

  constructor(max: number) {
    this.#max = max;
  }

  /**
   * Lets a request in. It counts until its place is left.
   *
   * @param over when the answer is with the client, or given up.
   * @throws {HttpError} 503 `OVERLOADED`.
   */
  enter(over: RequestClosed): Permit {
    if (this.#onDrained !== undefined) throw overloaded("The gateway is shutting down; retry.");
    if (this.#underWay >= this.#max) throw overloaded("Too many concurrent requests; retry later.");
    this.#underWay += 1;
    let bytes = 0;
    let held = 0;
    const leave = () => {
      this.#underWay -= 1;
      this.#heldBytes -= held;
      if (this.#underWay === 0) this.#onDrained?.();
    };
    return {
      hold: (more) => {
        bytes += more;
        const added = Math.max(0, bytes - freeBytes) - held;
        const others = this.#heldBytes - held;
        if (added > 0 && others > 0 && this.#heldBytes + added > maxHeldBytes) {
          throw overloaded("Too many bytes of concurrent requests; retry later.");
        }
        held += added;
        this.#heldBytes += added;
      },
      leave(isRefused) {
        if (isRefused || over.isClosed) leave();
        else over.add({ onClose: leave });
      },
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
