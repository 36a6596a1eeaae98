/**
 * Sends prepared certificates, up to 20 in a request and one request at a time, until each has an outcome or the run pauses. What
 * may be repeated is sent again as it was, after the wait that is asked for; a request that is refused as a whole is halved, so
 * that the fault of one certificate is shown at its row.
 */
import { type ApolloClient, ServerError } from "@apollo/client";
import {
  type CreateUserPfxCertificateInput,
  CreateUserPfxCertificatesDocument,
  type CreateUserPfxCertificatesMutation,
  findGatewayError,
  type GatewayErrorCode,
  isGatewayErrorCode,
} from "intune-pfx-client/operations";
import { SignInFailed, SignInNeeded } from "../sign-in/sign-in.ts";
import type { Outcome } from "./rows.ts";

export const maxItems = 20;
/** The gateway takes 2 MiB in a request by default. */
export const maxRequestCharacters = 1.5 * 1024 * 1024;

const maxBackoffSeconds = 30;
const patienceMs = 10 * 60 * 1000;
const maxBugsInARow = 5;

/** Somebody is busy: wait as long as is asked. */
const busy: ReadonlySet<string> = new Set<GatewayErrorCode>(["THROTTLED", "RATE_LIMITED", "OVERLOADED"]);
/** Nobody knows whether it was done; repeating is safe. */
const uncertain: ReadonlySet<string> = new Set<GatewayErrorCode | "NO_ANSWER">([
  "OUTCOME_UNKNOWN",
  "UPSTREAM_UNAVAILABLE",
  "UPSTREAM_TIMEOUT",
  "NO_ANSWER",
]);
/** Somebody must act before anything else can go through. */
const blocking: ReadonlySet<string> = new Set<GatewayErrorCode | "REFUSED">([
  "REFUSED",
  "UNAUTHENTICATED",
  "CLAIMS_CHALLENGE",
  "FORBIDDEN",
  "UPSTREAM_MISCONFIGURED",
]);

export interface Parcel {
  readonly id: number;
  readonly input: CreateUserPfxCertificateInput;
}

type Result = CreateUserPfxCertificatesMutation["createUserPfxCertificates"]["results"][number];

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds: number | undefined;
  readonly invalid: Outcome["invalid"];
  readonly graphRequestId: string | undefined;
  /** What a person is shown where the run pauses. */
  readonly shown: unknown;
}

export interface SenderOptions {
  readonly client: ApolloClient;
  /** Ends waits at once; a request that is under way is finished. */
  readonly paused: () => AbortSignal;
  /** Ends everything at once. */
  readonly ended: AbortSignal;
  onOutcome(id: number, outcome: Outcome): void;
  /** `undefined`: the wait is over. */
  onWait(wait: { readonly code: string; readonly untilMs: number } | undefined): void;
}

/** Why the run pauses: what a mutation rejected with, or the like of it. */
export class Blocked extends Error {
  readonly failure: unknown;

  constructor(failure: unknown) {
    super("the run pauses");
    this.failure = failure;
  }
}

export class Sender {
  readonly #options: SenderOptions;
  #failuresInARow = 0;
  #bugsInARow = 0;
  #succeededAtMs = Date.now();

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** A pause of a person's is no silence of the gateway's. */
  resume(): void {
    this.#succeededAtMs = Date.now();
    this.#failuresInARow = 0;
    this.#bugsInARow = 0;
  }

  /**
   * Returns when each has an outcome, or the run pauses. What has none then may be sent again.
   *
   * @throws {Blocked} where only a person can help
   */
  async send(parcels: readonly Parcel[]): Promise<void> {
    let left = parcels;
    while (left.length > 0 && !this.#options.paused().aborted) {
      const { again, failure } = await this.#request(left);
      left = again;
      if (failure !== undefined) await this.#recover(failure);
    }
  }

  async #request(parcels: readonly Parcel[]): Promise<{ again: readonly Parcel[]; failure?: Failure | undefined }> {
    for (const { id } of parcels) this.#options.onOutcome(id, { kind: "sending" });
    let results: readonly Result[];
    try {
      const { data } = await this.#options.client.mutate({
        mutation: CreateUserPfxCertificatesDocument,
        variables: { inputs: parcels.map(({ input }) => input) },
        context: { fetchOptions: { signal: this.#options.ended } },
      });
      results = data?.createUserPfxCertificates.results ?? [];
    } catch (error) {
      this.#options.ended.throwIfAborted();
      const failure = failureOf(error);
      if (mayRepeat(failure.code) || blocking.has(failure.code)) return { again: parcels, failure };
      await this.#halve(parcels, failure);
      return { again: [] };
    }
    if (results.length !== parcels.length) return { again: parcels, failure: noAnswer(undefined) };
    const again: Parcel[] = [];
    let longest: Failure | undefined;
    for (const [index, parcel] of parcels.entries()) {
      const result = results[index];
      const failure = result === undefined ? undefined : this.#take(parcel, result);
      if (failure === undefined) continue;
      again.push(parcel);
      const isLonger = (failure.retryAfterSeconds ?? 0) > (longest?.retryAfterSeconds ?? 0);
      if (longest === undefined || isLonger || blocking.has(failure.code)) longest = failure;
    }
    return { again, failure: longest };
  }

  /** @returns the failure where the certificate is to be sent again */
  #take({ id }: Parcel, result: Result): Failure | undefined {
    if (result.__typename === "UserPfxCertificate") {
      this.#noteSuccess();
      this.#options.onOutcome(id, { kind: "created" });
      return undefined;
    }
    const { message, retryAfterSeconds, invalid, graphRequestId, claims } = result;
    // A later gateway may have codes that this page does not know: they fail, and are shown.
    const code: string = result.code;
    const failure: Failure = {
      code,
      message,
      retryAfterSeconds: retryAfterSeconds ?? undefined,
      invalid: invalid ?? undefined,
      graphRequestId: graphRequestId ?? undefined,
      shown: { errors: [{ message, extensions: { code, ...(claims !== null && { claims }) } }] },
    };
    if (isGatewayErrorCode(code) && (mayRepeat(code) || blocking.has(code))) return failure;
    this.#finish(id, failure);
    return undefined;
  }

  #finish(id: number, { code, message, invalid, graphRequestId }: Failure): void {
    // Somebody else was faster, or an answer was lost and the certificate sent again.
    if (code === "CONFLICT") {
      this.#noteSuccess();
      this.#options.onOutcome(id, { kind: "alreadyThere" });
      return;
    }
    this.#options.onOutcome(id, { kind: "failed", code, message, invalid, graphRequestId });
    this.#bugsInARow = code === "BAD_USER_INPUT" ? 0 : this.#bugsInARow + 1;
    if (this.#bugsInARow >= maxBugsInARow) {
      throw new Blocked({
        errors: [{ message: `The last ${maxBugsInARow} failed: ${message}`, extensions: { code } }],
      });
    }
  }

  async #halve(parcels: readonly Parcel[], failure: Failure): Promise<void> {
    const [only, ...others] = parcels;
    if (only !== undefined && others.length === 0) return this.#finish(only.id, failure);
    const middle = Math.ceil(parcels.length / 2);
    await this.send(parcels.slice(0, middle));
    await this.send(parcels.slice(middle));
  }

  #noteSuccess(): void {
    this.resume();
  }

  /** Waits as long as the failure asks. */
  async #recover(failure: Failure): Promise<void> {
    if (blocking.has(failure.code)) throw new Blocked(failure.shown);
    if (Date.now() - this.#succeededAtMs >= patienceMs) throw new Blocked(failure.shown);
    this.#failuresInARow += 1;
    const backoff = Math.min(maxBackoffSeconds, 2 ** (this.#failuresInARow - 1));
    const asked = busy.has(failure.code) ? failure.retryAfterSeconds : undefined;
    // Jitter, so that several pages do not come back at the same moment.
    const seconds = asked !== undefined && asked > 0 ? asked : backoff * (0.5 + Math.random() / 2);
    this.#options.onWait({ code: failure.code, untilMs: Date.now() + seconds * 1000 });
    await sleep(seconds * 1000, AbortSignal.any([this.#options.paused(), this.#options.ended]));
    this.#options.onWait(undefined);
    this.#options.ended.throwIfAborted();
  }
}

function mayRepeat(code: string): boolean {
  return busy.has(code) || uncertain.has(code);
}

function failureOf(error: unknown): Failure {
  const found = findGatewayError(error);
  if (found !== undefined) {
    const { code, retryAfterSeconds, graph, invalid } = found.extensions;
    return {
      code,
      message: found.message,
      retryAfterSeconds,
      invalid: invalid?.map(({ path, message }) => ({ path: path.replace(/^inputs(\[\d+\]|\.\d+)\.?/, ""), message })),
      graphRequestId: graph?.requestId ?? undefined,
      shown: error,
    };
  }
  if (error instanceof SignInNeeded || error instanceof SignInFailed) {
    return { ...noAnswer(error), code: "UNAUTHENTICATED", message: "Sign in again." };
  }
  return ServerError.is(error) ? withoutGraphql(error) : noAnswer(error);
}

/** What an answer without GraphQL means: that of a proxy or a load balancer. */
function withoutGraphql(error: ServerError): Failure {
  const retryAfter = Number(error.response.headers.get("retry-after") ?? "");
  const answer = (code: GatewayErrorCode | "TOO_LARGE" | "REFUSED", message: string): Failure => ({
    ...noAnswer({ errors: [{ message, extensions: { code } }] }),
    code,
    message,
    retryAfterSeconds: retryAfter > 0 ? retryAfter : undefined,
  });
  switch (error.statusCode) {
    case 401:
      return answer("UNAUTHENTICATED", "The gateway does not accept the sign-in.");
    case 403:
      return answer("FORBIDDEN", "The gateway, or what stands before it, refuses this request.");
    case 413:
      return answer("TOO_LARGE", "The request is larger than the gateway, or what stands before it, takes.");
    case 429:
      return answer("RATE_LIMITED", "The gateway has had too many requests.");
    default:
      return error.statusCode >= 500 ? noAnswer(error) : answer("REFUSED", `The gateway answers ${error.statusCode}.`);
  }
}

function noAnswer(error: unknown): Failure {
  return {
    code: "NO_ANSWER",
    message: "No answer came.",
    retryAfterSeconds: undefined,
    invalid: undefined,
    graphRequestId: undefined,
    shown: error,
  };
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
  });
}
