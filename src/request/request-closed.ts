/**
 * Tells whether the client is gone or has its response. This is no AbortSignal: every request has several of these objects and
 * every attempt listens to one, and an EventTarget costs as much as parsing the body. `signal` makes one for APIs that need
 * it.
 */
import { setMaxListeners } from "node:events";

export interface CloseListener {
  onClose(): void;
}

export class RequestClosed {
  #isClosed = false;
  #listeners: CloseListener[] = [];
  #controller: AbortController | undefined;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Aborts when the request closes. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      setMaxListeners(0, this.#controller.signal); // a plural create may have hundreds of requests to Graph waiting
    }
    if (this.#isClosed) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Calls the listener when the request closes. Does not call it if the request is closed already. */
  add(listener: CloseListener): void {
    this.#listeners.push(listener);
  }

  remove(listener: CloseListener): void {
    const index = this.#listeners.indexOf(listener);
    if (index !== -1) this.#listeners.splice(index, 1);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) listener.onClose();
    this.#controller?.abort();
  }
}
