/** What goes wrong at the identity provider on order, endpoint by endpoint. */

export type Endpoint =
  | "jwks"
  | "metadata"
  | "instance"
  | "authorize"
  | "devicecode"
  | "token"
  | "imds"
  | "appService"
  | "trap"
  | "unknown";

export interface Fault {
  /** Default 503. */
  status?: number;
  headers?: Record<string, string>;
  /** Text as it is, or JSON. Default: an error of Entra's shape. */
  body?: unknown;
  /** Before answering. */
  delayMs?: number;
  /** Instead of an answer: nothing at all, the connection cut, headers and then nothing. Or the answer, so much larger. */
  instead?: "hang" | "cut" | "stall" | { floodBytes: number };
}

export class Faults {
  /** Cuts a connection when a second request comes over it, as a server does that has just given up an idle one. */
  cutsReusedConnections = false;
  readonly #planned = new Map<Endpoint, { fault: Fault; times: number }[]>();

  /** @param times of how many requests; the next fault planned comes after that. */
  fail(endpoint: Endpoint, fault: Fault = {}, times: number | "always" = 1): void {
    const planned = this.#planned.get(endpoint) ?? [];
    planned.push({ fault, times: times === "always" ? Number.POSITIVE_INFINITY : times });
    this.#planned.set(endpoint, planned);
  }

  /** Nothing goes wrong there any more. */
  heal(endpoint: Endpoint): void {
    this.#planned.delete(endpoint);
  }

  take(endpoint: Endpoint): Fault | undefined {
    const planned = this.#planned.get(endpoint) ?? [];
    const next = planned[0];
    if (next === undefined) return undefined;
    next.times--;
    if (next.times <= 0) planned.shift();
    return next.fault;
  }
}
