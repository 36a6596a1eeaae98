/** A refusal in terms of HTTP: before, or outside of, any GraphQL operation. Answered as JSON in GraphQL's shape. */
export class HttpError extends Error {
  override name = "HttpError";
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  /** @param message fixed text: it is sent to the client. */
  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }

  /** The answer's body. */
  get json(): string {
    const code = this.status === 404 ? "NOT_FOUND" : this.status >= 500 ? "INTERNAL_SERVER_ERROR" : "BAD_REQUEST";
    return JSON.stringify({ errors: [{ message: this.message, extensions: { code } }] });
  }
}
