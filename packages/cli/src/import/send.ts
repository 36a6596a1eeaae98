/**
 * Sends prepared certificates, up to 20 in a request and one request at a time, until each has a result. What may be repeated is
 * sent again as it was; a request that is too large is halved.
 */
import {
  CreateUserPfxCertificatesDocument,
  type CreateUserPfxCertificatesMutation,
  UpdateUserPfxCertificateDocument,
} from "intune-pfx-client/operations";
import { CliError, ExitCode } from "../cli-error.ts";
import { type GatewayFailure, itemFailure } from "../gateway/gateway-client.ts";
import { isRepeatable, type Session } from "../gateway/session.ts";
import { type Item, type OutcomeName, type Result, resultOf } from "./item.ts";

const maxItems = 20;
const maxRequestBytes = 1.5 * 1024 * 1024;
const maxBugsInARow = 5;

type ItemAnswer = CreateUserPfxCertificatesMutation["createUserPfxCertificates"]["results"][number];

/** An item, and the id of the record that it replaces. */
export type Sendable = Item & { readonly replaces?: string };

export interface SendOptions {
  readonly session: Session;
  /** No new request is begun once it is aborted. */
  readonly stopped: AbortSignal;
  onResult(result: Result): void;
  /** How many certificates are in the request that is under way. */
  onRequest(count: number): void;
}

export class Sender {
  readonly #options: SendOptions;
  #waiting: Item[] = [];
  readonly #unfinished = new Set<Item>();
  #bugsInARow = 0;

  constructor(options: SendOptions) {
    this.#options = options;
  }

  /** Takes an item, and sends a request when it is full. */
  async add(item: Sendable): Promise<void> {
    this.#unfinished.add(item);
    if (item.replaces !== undefined) return this.#replace(item, item.replaces);
    if (this.#waiting.length > 0 && sizeOf([...this.#waiting, item]) > maxRequestBytes) await this.flush();
    this.#waiting.push(item);
    if (this.#waiting.length >= maxItems) await this.flush();
  }

  /** The items without a result. */
  get unfinished(): readonly Item[] {
    return [...this.#unfinished];
  }

  /** Sends what waits. */
  async flush(): Promise<void> {
    let items = this.#waiting;
    this.#waiting = [];
    while (items.length > 0) {
      if (this.#options.stopped.aborted) return;
      items = await this.#create(items);
    }
  }

  /** @returns the items that are to be sent again */
  async #create(items: readonly Item[]): Promise<Item[]> {
    const { session, onRequest } = this.#options;
    onRequest(items.length);
    const outcome = await session.call(
      "CreateUserPfxCertificates",
      CreateUserPfxCertificatesDocument,
      { inputs: items.map(({ input }) => input) },
      (data) => resultsOf(data, items.length).some(({ __typename }) => __typename === "UserPfxCertificate"),
    );
    if ("failure" in outcome) return this.#refusedAsAWhole(items, outcome.failure);
    const results = resultsOf(outcome.data, items.length);
    const again: Item[] = [];
    const failures: GatewayFailure[] = [];
    for (const [index, item] of items.entries()) {
      const answer = results[index];
      const failure = answer === undefined ? undefined : this.#take(item, answer);
      if (failure === undefined) continue;
      again.push(item);
      failures.push(failure);
    }
    const longest = failures.sort((one, other) => (other.retryAfterSeconds ?? 0) - (one.retryAfterSeconds ?? 0))[0];
    if (longest !== undefined) await session.recover(longest);
    return again;
  }

  /** @returns the failure where the item is to be sent again */
  #take(item: Item, answer: ItemAnswer): GatewayFailure | undefined {
    if (answer.__typename === "UserPfxCertificate") {
      this.#bugsInARow = 0;
      this.#finish(item, "created", { id: answer.id });
      return undefined;
    }
    const failure = itemFailure(answer);
    if (isRepeatable(failure.code) || failure.code === "FORBIDDEN" || failure.code === "UPSTREAM_MISCONFIGURED") {
      return failure;
    }
    this.#end(item, failure);
    return undefined;
  }

  /** A result for an item that is not sent again. */
  #end(item: Sendable, failure: GatewayFailure): void {
    const { code, message, graphRequestId, certificateId: id } = failure;
    // Of a create: somebody else was faster, or an answer was lost and the item sent again.
    if (code === "CONFLICT" && item.replaces === undefined) {
      this.#options.session.noteSuccess();
      this.#finish(item, "alreadyThere", { id });
      return;
    }
    this.#finish(item, "failed", { code, message, graphRequestId });
    this.#bugsInARow = code === "BAD_USER_INPUT" ? 0 : this.#bugsInARow + 1;
    if (this.#bugsInARow >= maxBugsInARow) {
      throw new CliError(ExitCode.STOPPED, code, `the last ${maxBugsInARow} certificates all failed: ${message}`);
    }
  }

  /** The whole request was refused: for its size, or for one of its items. Halves find out which. */
  async #refusedAsAWhole(items: readonly Item[], failure: GatewayFailure): Promise<Item[]> {
    const [only, ...others] = items;
    if (only !== undefined && others.length === 0) {
      this.#end(only, failure);
      return [];
    }
    const middle = Math.ceil(items.length / 2);
    const first = await this.#create(items.slice(0, middle));
    if (this.#options.stopped.aborted) return [...first, ...items.slice(middle)];
    return [...first, ...(await this.#create(items.slice(middle)))];
  }

  /** What is there is sent anew, all of it, in a request of its own. */
  async #replace(item: Item, id: string): Promise<void> {
    const { session, stopped, onRequest } = this.#options;
    if (stopped.aborted) return;
    onRequest(1);
    const outcome = await session.call("UpdateUserPfxCertificate", UpdateUserPfxCertificateDocument, {
      id,
      changes: item.input,
    });
    if ("data" in outcome) this.#finish(item, "replaced", { id });
    else this.#end(item, outcome.failure);
  }

  #finish(item: Item, outcome: OutcomeName, more: Parameters<typeof resultOf>[2]): void {
    this.#unfinished.delete(item);
    this.#options.onResult(resultOf(item, outcome, more));
  }
}

/** The size of a request's JSON, in bytes: its text is ASCII but for names, which are short. */
function sizeOf(items: readonly Item[]): number {
  return items.reduce((bytes, { input }) => bytes + JSON.stringify(input).length + 1, 0);
}

/** @throws {CliError} where the answer is none to these inputs */
function resultsOf(data: CreateUserPfxCertificatesMutation, count: number): readonly ItemAnswer[] {
  const results: unknown = data.createUserPfxCertificates?.results;
  if (
    Array.isArray(results) &&
    results.length === count &&
    results.every((each) => typeof each === "object" && each !== null)
  ) {
    return data.createUserPfxCertificates.results;
  }
  throw new CliError(
    ExitCode.STOPPED,
    "UPSTREAM_INVALID_RESPONSE",
    `the gateway's answer is not about the ${count} certificates that were sent`,
  );
}
