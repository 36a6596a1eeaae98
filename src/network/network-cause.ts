/** Why there was no answer from another host, for the log and for `doctor`: a code such as `ENOTFOUND`, never a text. */

export function networkCauseOf(error: unknown): string {
  if (!(error instanceof Error)) return "UNKNOWN";
  if (error.name === "TimeoutError") return "TIMEOUT";
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error; // each address of a host fails by itself
  const code = codeOf(first) ?? codeOf(error) ?? (error.cause === undefined ? undefined : codeOf(error.cause));
  return code !== undefined && /^\w{1,60}$/.test(code) ? code : "UNKNOWN";
}

/** Node.js and undici have it as `code`, MSAL as `errorCode`. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code: unknown = Reflect.get(error, "code") ?? Reflect.get(error, "errorCode");
  return typeof code === "string" ? code : undefined;
}
