/** An HTTP error before, or outside of, any GraphQL operation. Its body is JSON in the shape of a GraphQL response. */
import type { GatewayError } from "../../errors.ts";
import { httpStatusOf } from "../../translate-error.ts";

export class HttpError extends Error {
  override name = "HttpError";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly #code: string | undefined;

  /** @param message fixed text, because it is sent to the client. @param code default: derived from the status. */
  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}, code?: string) {
    super(message);
    this.status = status;
    this.headers = headers;
    this.#code = code;
  }

  get code(): string {
    const general = this.status === 404 ? "NOT_FOUND" : this.status >= 500 ? "INTERNAL_SERVER_ERROR" : "BAD_REQUEST";
    return this.#code ?? general;
  }

  /** The answer's body. */
  get json(): string {
    const retryAfter = this.headers["retry-after"];
    const extensions = { code: this.code, ...(retryAfter && { retryAfterSeconds: Number(retryAfter) }) };
    return JSON.stringify({ errors: [{ message: this.message, extensions }] });
  }
}

/** The HTTP error for a caller whose request reaches no operation. */
export function httpErrorOf(error: GatewayError): HttpError {
  const { status, headers } = httpStatusOf([error]) ?? { status: 503, headers: { "retry-after": "5" } };
  return new HttpError(status, error.message, headers, error.code);
}
