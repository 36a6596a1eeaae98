/**
 * Limits the number of concurrent GraphQL requests and the bytes of their bodies. Requests beyond the limit are rejected
 * before they are read. So memory stays bounded and the rejection is quick, whatever Graph or the clients do.
 */
import type { RequestClosed } from "../../request/request-closed.ts";
import { HttpError } from "./http-error.ts";

/** A short pause keeps rejected clients from all returning at once and being rejected again. */
const retryAfterSeconds = 1;

/** Bodies up to this size are never rejected for larger ones. All such bodies together take at most 16 MB. */
const freeBytes = 16_384;
/**
 * Limit for all larger bodies together, decompressed: 32 of the largest ones by default. A parsed body on its way to Graph
 * takes about four times its size, which fits into a container of 512 MB.
 */
const maxHeldBytes = 64 * 1024 * 1024;

/** One request's slot among the concurrent requests. */
export interface Permit {
  /**
   * Counts more bytes of the request's body. @throws {HttpError} 503 `OVERLOADED`, but never if no other request holds bytes.
   */
  hold(bytes: number): void;
  /**
   * Call this when the work on the request is done. The slot is free when the client has the response or has given up. A
   * rejected request frees its slot at once: its response has a few hundred bytes, and unauthenticated clients must not occupy
   * a slot by never reading the error.
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
   * Admits a request. It counts until `leave` frees its slot.
   *
   * @param responseClosed when the client has the response or has given up.
   * @throws {HttpError} 503 `OVERLOADED`.
   */
  enter(responseClosed: RequestClosed): Permit {
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
        if (isRefused || responseClosed.isClosed) leave();
        else responseClosed.add({ onClose: leave });
      },
    };
  }

  /** Admits no further requests. Resolves when the last admitted request has left. */
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
