/**
 * Combines requests that are sent at the same time into a `$batch` of at most twenty. Each request gets its own response. A
 * batch is only a way of sending: write quota, retry and reconciliation apply to the single request.
 *
 * @see https://learn.microsoft.com/graph/json-batching
 */
import DataLoader from "dataloader";
import { asError } from "../../../errors.ts";
import { hideSecrets } from "../../../hide-secrets.ts";
import { isRecord } from "../../../json.ts";
import type { GraphEntity } from "../protocol/body-encoding.ts";
import { secretsOf } from "../protocol/error.ts";
import { type Batch, type GraphRequest, type GraphResponse, type Send, TransportError } from "../protocol/request.ts";
import { isSegmentMissing } from "../protocol/response.ts";
import { retryAfterSecondsOf } from "../protocol/retry-after.ts";

const maxItems = 20;

/** Maximum number of concurrent batches of one caller. More would gain nothing, and each holds its body in memory. */
const lanes = 8;

const maxSecretCharacters = 1024;

/** Statuses of a whole batch that Graph rejects or does not support. */
const unreadable: readonly number[] = [400, 404, 405, 413, 415, 501];

/**
 * Collects the requests of one caller. Requests of one turn of the event loop are sent together.
 *
 * @param random returns a number from 0 to 1, for the wait that the items of a batch share.
 * @param expectedItems number of requests that will surely come; default 1.
 */
export function createBatch(send: Send, random: () => number, expectedItems = 1): Batch {
  const underWay: Promise<unknown>[] = [];
  let count = 0;
  const inLane = (requests: readonly GraphRequest[]) => {
    const lane = count++ % lanes;
    const answers = (underWay[lane] ?? Promise.resolve()).then(() => sendTogether(send, requests, random()));
    underWay[lane] = answers; // never rejects
    return answers;
  };
  const loader = new DataLoader(inLane, {
    cache: false,
    maxBatchSize: maxItems,
    batchScheduleFn: setImmediate,
  });
  return {
    load: (request) => loader.load(request),
    loadTogether: inLane,
    itemWeight: 1 / Math.min(maxItems, expectedItems),
  };
}

/** Splits a list of requests into lists of at most twenty. Each list fits into one batch. */
export function inBatches(requests: readonly GraphRequest[]): (readonly GraphRequest[])[] {
  const batches: (readonly GraphRequest[])[] = [];
  for (let at = 0; at < requests.length; at += maxItems) batches.push(requests.slice(at, at + maxItems));
  return batches;
}

export function withBatch(send: Send): Send {
  return (request) => {
    const { first, batch } = request;
    if (first === undefined) return batch?.load(request) ?? send(request);
    request.first = undefined;
    return first.answer instanceof Error ? Promise.reject(first.answer) : Promise.resolve(first.answer);
  };
}

async function sendTogether(
  send: Send,
  requests: readonly GraphRequest[],
  jitter: number,
): Promise<(GraphResponse | Error)[]> {
  const [first] = requests;
  if (first === undefined) return [];
  try {
    if (requests.length === 1) return [await send(first)];
    const { resource, operation, caller } = first;
    const body = { requests: requests.map(itemOf) };
    const onSend = () => {
      for (const request of requests) request.onSend?.();
    };
    const response = await send({ resource, operation, method: "POST", path: "/$batch", body, caller, onSend });
    // Graph processed no item. Each item is sent alone, so that an item that Graph cannot read fails alone.
    if (unreadable.includes(response.status)) return await Promise.all(requests.map((each) => sendAlone(send, each)));
    const answers = withPause(
      answersOf({ ...response, othersSecrets: shortSecretsOf(requests) }, requests.length),
      jitter,
    );
    // If Graph knows no item's path, all items have already been sent to the other version: see `api-version.ts`.
    const unknown = answers.filter(isPathUnknown).length;
    if (unknown === 0 || unknown === answers.length) return answers;
    const again = requests.map((each, index) => isPathUnknown(answers[index]) && sendAlone(send, each));
    return await Promise.all(answers.map((answer, index) => again[index] || answer));
  } catch (error) {
    // A failed batch fails every item.
    if (error instanceof TransportError) error.batchPause = { jitter, longestSeconds: undefined, waits: new Map() };
    return requests.map(() => asError(error));
  }
}

/** Items that are sent again wait equally long: as long as the longest wait that Graph asks for. */
function withPause(answers: readonly (GraphResponse | Error)[], jitter: number): (GraphResponse | Error)[] {
  let longestSeconds: number | undefined;
  for (const answer of answers) {
    const seconds = !(answer instanceof Error) && answer.status === 429 ? retryAfterSecondsOf(answer) : undefined;
    if (seconds !== undefined) longestSeconds = Math.max(longestSeconds ?? 0, seconds);
  }
  const batchPause = { jitter, longestSeconds, waits: new Map() };
  return answers.map((answer) => (answer instanceof Error || answer.status < 400 ? answer : { ...answer, batchPause }));
}

async function sendAlone(send: Send, request: GraphRequest): Promise<GraphResponse | Error> {
  try {
    return await send(request);
  } catch (error) {
    return asError(error);
  }
}

interface BatchItem {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers?: typeof jsonHeaders;
  readonly body?: GraphEntity;
}

const jsonHeaders = { "Content-Type": "application/json" };

function itemOf({ method, path, query, body }: GraphRequest, index: number): BatchItem {
  const url = query ? `${path}?${query}` : path;
  const item = { id: String(index), method, url };
  return body !== undefined && !("requests" in body) ? { ...item, headers: jsonHeaders, body } : item;
}

function answersOf(batch: GraphResponse, count: number): (GraphResponse | Error)[] {
  const { status, body } = batch;
  // An older page of the documentation says 424 for a batch in which items failed.
  if (status !== 200 && status !== 424) return Array(count).fill(batch);
  const items: unknown[] = isRecord(body) && Array.isArray(body.responses) ? body.responses : [];
  const byId = new Map(items.map((item) => [isRecord(item) ? item.id : undefined, item]));
  return Array.from({ length: count }, (_, index) => answerOf(batch, byId.get(String(index))));
}

function isPathUnknown(answer: GraphResponse | Error | undefined): boolean {
  return answer !== undefined && !(answer instanceof Error) && isSegmentMissing(answer);
}

function answerOf(batch: GraphResponse, item: unknown): GraphResponse | Error {
  if (!isRecord(item) || typeof item.status !== "number") return new TransportError("network", true);
  const { clientRequestId, othersSecrets } = batch;
  const headers: Record<string, string | string[] | undefined> = {
    date: batch.headers.date,
    "request-id": batch.headers["request-id"],
  };
  for (const [name, value] of isRecord(item.headers) ? Object.entries(item.headers) : []) {
    if (typeof value === "string" || typeof value === "number") headers[name.toLowerCase()] = String(value);
  }
  return { status: item.status, headers, body: item.body, clientRequestId, othersSecrets };
}

/**
 * Returns the secrets that one item's response may quote from another item. Long secrets are left out: no text with a long run
 * of their letters is shown.
 */
function shortSecretsOf(requests: readonly GraphRequest[]): string[] {
  return hideSecrets(requests.flatMap(secretsOf).filter(({ length }) => length <= maxSecretCharacters));
}
