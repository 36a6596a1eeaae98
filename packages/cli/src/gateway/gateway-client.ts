/**
 * Sends one operation to the gateway and says what became of it. Nothing is repeated here: what may be repeated, and when, is
 * for the caller to know.
 */
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { printable } from "../files/printable.ts";
import type { SignIn } from "../sign-in/sign-in.ts";
import type { Fetch, FetchResponse } from "./network.ts";
import { explainNetworkFailure } from "./network-failure.ts";
import { operationTexts } from "./operation-texts.ts";
import { proxyFailureOf } from "./proxy-failure.ts";

export type OperationName = keyof typeof operationTexts;

/** Why an operation has no data. */
export interface GatewayFailure {
  /** The gateway's error code; `NO_ANSWER` where no answer of the gateway came. */
  readonly code: string;
  /** For people; the gateway's own words where there are any. */
  readonly message: string;
  /** Only where the gateway or what stands before it names a time. */
  readonly retryAfterSeconds: number | undefined;
  /** With `CLAIMS_CHALLENGE`. */
  readonly claims: string | undefined;
  readonly graphRequestId: string | undefined;
  /** With `CONFLICT` of a create. */
  readonly certificateId: string | undefined;
  readonly status: number | undefined;
}

export type Outcome<Data> = { readonly data: Data } | { readonly failure: GatewayFailure };

export interface GatewayClientOptions {
  readonly url: URL;
  readonly signIn: SignIn;
  /** Goes out as `router-authorization`. */
  readonly routerSecret: string | undefined;
  readonly fetch: Fetch;
  /** Of one request, from the connection to the last byte of the answer. Default 120,000. */
  readonly timeoutMs?: number;
}

export class GatewayClient {
  readonly #options: GatewayClientOptions;

  constructor(options: GatewayClientOptions) {
    this.#options = options;
  }

  get url(): URL {
    return this.#options.url;
  }

  /**
   * @param document gives the types; what is sent is the text of `operations/`
   * @throws {CliError} where signing in fails
   */
  async send<Data, Variables>(
    name: OperationName,
    _document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
    signal?: AbortSignal,
  ): Promise<Outcome<Data>> {
    const { url, signIn, routerSecret, timeoutMs = 120_000 } = this.#options;
    const token = await signIn.token(signal);
    const limits = [AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])];
    try {
      const response = await this.#options.fetch(url, {
        method: "POST",
        redirect: "manual",
        headers: {
          "content-type": "application/json",
          accept: "application/json",
          "apollo-require-preflight": "true",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(routerSecret === undefined ? {} : { "router-authorization": routerSecret }),
        },
        body: JSON.stringify({ query: operationTexts[name], operationName: name, variables }),
        signal: AbortSignal.any(limits),
      });
      return await readOutcome<Data>(response, url);
    } catch (error) {
      signal?.throwIfAborted();
      const failure = noAnswer(explainNetworkFailure(error, url), undefined);
      return { failure: { ...failure, code: codeOfProxy(proxyFailureOf(error)?.status) ?? failure.code } };
    }
  }
}

/** What a proxy refuses it refuses again; what it can't reach it may reach later. */
function codeOfProxy(status: number | undefined): string | undefined {
  if (status === undefined || status >= 500) return undefined;
  return status === 407 ? "PROXY_AUTHENTICATION" : "PROXY_REFUSED";
}

async function readOutcome<Data>(response: FetchResponse, url: URL): Promise<Outcome<Data>> {
  const { status } = response;
  if (status >= 300 && status < 400) {
    const failure = noAnswer(`${url.href} answers with a redirect, which is not followed.`, undefined);
    return { failure: { ...failure, code: "REDIRECT", status } };
  }
  const retryAfter = retryAfterSeconds(response.headers.get("retry-after"));
  const answer = parse(await response.text());
  const error = Array.isArray(answer?.errors) ? firstError(answer.errors) : undefined;
  if (error !== undefined) return { failure: failureOf(error, withoutGraphql(url, status, retryAfter)) };
  if (status === 200 && typeof answer?.data === "object" && answer.data !== null) {
    // The operation is this repository's own, and so is the gateway's schema: the types of one are those of the other.
    return { data: answer.data as Data };
  }
  return { failure: withoutGraphql(url, status, retryAfter) };
}

interface Answer {
  readonly data?: unknown;
  readonly errors?: unknown;
}

function parse(text: string): Answer | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === "object" && answer !== null ? answer : undefined;
  } catch {
    return undefined; // a page of a proxy
  }
}

function firstError(errors: readonly unknown[]): Record<string, unknown> | undefined {
  const [first] = errors;
  return isRecord(first) ? first : undefined;
}

/** @param otherwise what the answer means without the error */
function failureOf(error: Record<string, unknown>, otherwise: GatewayFailure): GatewayFailure {
  const extensions = isRecord(error.extensions) ? error.extensions : {};
  const graph = isRecord(extensions.graph) ? extensions.graph : {};
  const said = codeOf(extensions.code) ?? otherwise.code;
  const code = isNoEndpoint(otherwise.status) ? "NOT_A_GATEWAY" : said;
  const message = messageOf(textOf(error.message), invalidOf(extensions.invalid));
  return {
    ...otherwise,
    code,
    message: code === "NOT_A_GATEWAY" ? `${otherwise.message} It said: ${message}` : message,
    retryAfterSeconds: numberOf(extensions.retryAfterSeconds) ?? otherwise.retryAfterSeconds,
    claims: typeof extensions.claims === "string" ? extensions.claims : undefined,
    graphRequestId: textOf(graph.requestId),
    certificateId: textOf(extensions.certificateId),
  };
}

/** The gateway's message often lists the broken rules itself. */
function messageOf(message: string | undefined, rules: readonly string[]): string {
  if (message === undefined) return rules.length > 0 ? rules.join(" ") : "The gateway gives no reason.";
  return [message, ...rules.filter((rule) => !message.includes(rule.replace(/\.$/, "")))].join(" ");
}

/** Which rules an input breaks. */
function invalidOf(invalid: unknown): string[] {
  if (!Array.isArray(invalid)) return [];
  return invalid.filter(isRecord).map(({ path, message }) => `${textOf(path) ?? ""} ${textOf(message) ?? ""}.`);
}

/** What an answer without GraphQL means: that of a proxy, a load balancer, or another server altogether. */
function withoutGraphql(url: URL, status: number, retryAfter: number | undefined): GatewayFailure {
  const answer = (code: string, message: string): GatewayFailure => ({
    ...noAnswer(message, retryAfter),
    code,
    status,
  });
  switch (status) {
    case 401:
      return answer("UNAUTHENTICATED", "The gateway does not accept the sign-in.");
    case 403:
      return answer("FORBIDDEN", "The gateway, or what stands before it, refuses this request.");
    case 413:
      return answer("TOO_LARGE", "The request is larger than the gateway takes.");
    case 429:
      return answer("RATE_LIMITED", "The gateway has had too many requests.");
    default:
      return status >= 500
        ? answer("NO_ANSWER", `The gateway does not answer; what stands before it says ${status}.`)
        : answer("NOT_A_GATEWAY", notAGateway(url, status));
  }
}

/** Whether the status says that nobody takes operations at this path, whatever the answer's text is. */
export function isNoEndpoint(status: number | undefined): boolean {
  return status === 404 || status === 405;
}

export function notAGateway(url: URL, status: number | undefined): string {
  return `What answers at ${url.href} is no gateway (status ${status}). A gateway's address usually ends in /graphql.`;
}

function noAnswer(message: string, retryAfter: number | undefined): GatewayFailure {
  return {
    code: "NO_ANSWER",
    message,
    retryAfterSeconds: retryAfter,
    claims: undefined,
    graphRequestId: undefined,
    certificateId: undefined,
    status: undefined,
  };
}

/** Seconds or an HTTP date. */
function retryAfterSeconds(value: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const maxTextLength = 2000;

/** What the gateway says is shown to people: without what a terminal would obey, and not by the megabyte. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? printable(value).slice(0, maxTextLength) : undefined;
}

/** Error codes decide what is done, and stand in tables. */
function codeOf(value: unknown): string | undefined {
  return typeof value === "string" && /^[A-Z][A-Z0-9_]{0,63}$/.test(value) ? value : undefined;
}

/** The failure of one item of a plural create, in the same form. */
export function itemFailure(answer: {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly retryAfterSeconds?: unknown;
  readonly claims?: unknown;
  readonly graphRequestId?: unknown;
  readonly certificateId?: unknown;
}): GatewayFailure {
  return {
    code: codeOf(answer.code) ?? "UPSTREAM_INVALID_RESPONSE",
    message: textOf(answer.message) || "The gateway gives no reason.",
    retryAfterSeconds: numberOf(answer.retryAfterSeconds),
    claims: typeof answer.claims === "string" ? answer.claims : undefined,
    graphRequestId: textOf(answer.graphRequestId),
    certificateId: textOf(answer.certificateId),
    status: undefined,
  };
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}
