/** How Entra is asked: bounded in time and size, and again where it is busy or the connection broke. */
import type { CustomFetchOptions } from "oauth4webapi";
import { CliError, ExitCode } from "../cli-error.ts";
import type { Io } from "../io.ts";
import { withTimeLimit } from "./abort.ts";
import { isBrokenConnection, networkFailure, noAnswer } from "./network-failure.ts";
import type { Fetch } from "./types.ts";

const timeLimitMs = 30_000;
const maxAnswerBytes = 256 * 1024;
const retryDelaysMs = [1000, 2000, 4000];
const maxRetryAfterMs = 60_000;

type AuthorityFetch = (url: string, options: CustomFetchOptions<"POST", URLSearchParams>) => Promise<Response>;

/** An answer that says to ask again later. */
interface Busy {
  readonly retryAfter: string | null;
}

/** For oauth4webapi's `customFetch`. @throws CliError when no answer came. */
export function createAuthorityFetch(fetch: Fetch, io: Io): AuthorityFetch {
  return async (url, { headers, body, signal = new AbortController().signal }) => {
    const { host } = new URL(url);
    for (const delayMs of [...retryDelaysMs, undefined]) {
      const attempt = withTimeLimit(
        timeLimitMs,
        () => noAnswer(host, timeLimitMs),
        signal,
        (limited) => ask(fetch, url, { headers, body: body.toString() }, limited),
      );
      const answer = await attempt.catch((error: unknown): Busy => {
        if (signal.aborted) throw signal.reason;
        if (delayMs !== undefined && isBrokenConnection(error)) return { retryAfter: null };
        throw error instanceof CliError ? error : networkFailure(error, host);
      });
      if (answer instanceof Response) return answer;
      if (delayMs === undefined) break;
      await io.wait(retryAfterMs(answer.retryAfter, io.now()) ?? delayMs, signal);
      signal.throwIfAborted();
    }
    const message = `${host} is busy or out of order. Try again later.`;
    throw new CliError(ExitCode.STOPPED, "SIGN_IN_UNAVAILABLE", message);
  };
}

async function ask(
  fetch: Fetch,
  url: string,
  request: { headers: Record<string, string>; body: string },
  signal: AbortSignal,
): Promise<Response | Busy> {
  const { status, headers, body } = await fetch(url, { ...request, method: "POST", redirect: "manual", signal });
  const text = await readText(body);
  if (status === 429 || status >= 500) return { retryAfter: headers.get("retry-after") };
  // Made anew with what oauth4webapi needs of it. An answer without a body can't be right.
  const init = { status, headers: { "content-type": headers.get("content-type") ?? "" } };
  return new Response([204, 205, 304].includes(status) ? null : text, init);
}

async function readText(body: AsyncIterable<Uint8Array> | null): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) return ""; // which is no answer of Entra's
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Seconds or a date; at most a minute. */
function retryAfterMs(header: string | null, now: Date): number | undefined {
  if (!header) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now.getTime();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 1000), maxRetryAfterMs);
}
