/**
 * Whether the client is gone, or has its answer. Not an AbortSignal: every request has some of these and every attempt listens
 * to one, and an EventTarget costs as much as parsing the body; where the platform wants a signal, there is one.
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

  /** Aborts when it happens. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      setMaxListeners(0, this.#controller.signal); // a plural create has hundreds of requests to Graph wait
    }
    if (this.#isClosed) this.#controller.abort();
    return this.#controller.signal;
  }

  /** Calls the listener when it happens; not where it has. */
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
