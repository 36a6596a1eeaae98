/**
 * `/$batch`: up to twenty requests in one. A malformed batch fails as a whole. A valid batch answers 200, and each item has
 * its own result. The order of the responses differs from the order of the requests, always in the same way.
 */
import type { Backend } from "../backend.ts";
import { type Answer, type Call, callFrom, isRecord, jsonAnswer, logEntryFrom, parsedOrText } from "../exchange.ts";
import { GraphFailure } from "../failure.ts";
import type { FaultAction } from "../faults.ts";
import { appliesFirst, forgedAnswer, isForgery } from "../forgery.ts";
import { answerResource } from "./resources.ts";

interface Item {
  readonly id: string;
  readonly call: Call;
  readonly dependsOn: readonly string[];
}

const methods = ["GET", "POST", "PATCH", "PUT", "DELETE"];
const malformed = (message: string): GraphFailure => new GraphFailure(400, message, { by: "graph" });

/** @throws {GraphFailure} 400 if the batch itself is malformed; then nothing has been applied. */
export async function answerBatch(backend: Backend, call: Call): Promise<Answer> {
  if (call.method !== "POST") throw new GraphFailure(405, "A batch must be a POST.", { by: "graph" });
  const items = itemsOf(call);
  const statuses = new Map<string, number>();
  const responses: unknown[] = [];
  for (const item of items) {
    const failed = item.dependsOn.some((id) => (statuses.get(id.toLowerCase()) ?? 424) >= 400);
    const answer = failed ? dependencyFailed(item.call) : await answerItem(backend, item.call);
    statuses.set(item.id.toLowerCase(), answer.status);
    responses.push(itemResponse(item, answer));
  }
  return jsonAnswer(200, { responses: shuffled(responses) });
}

async function answerItem(backend: Backend, call: Call): Promise<Answer> {
  const entry = logEntryFrom(call, backend.settings.now());
  backend.note(entry);
  const answer = await itemAnswer(backend, call);
  entry.status = answer.status;
  return answer;
}

async function itemAnswer(backend: Backend, call: Call): Promise<Answer> {
  const apply = () => answerResource(backend, call);
  const suits = (action: FaultAction) => action.kind === "delay" || isForgery(action);
  const fault = backend.faults.take(call.method, call.path, suits);
  if (fault === undefined) return apply();
  if (isForgery(fault)) return forgedAnswer(fault, backend, call, appliesFirst(fault) ? apply() : undefined);
  if (fault.kind === "delay" && fault.when === "beforeApplying") await backend.pause(fault.delayMs);
  const answer = apply();
  if (fault.kind === "delay" && fault.when === "afterApplying") await backend.pause(fault.delayMs);
  return answer;
}

function itemsOf(call: Call): Item[] {
  const body = parsedOrText(call.body);
  const requests = isRecord(body) ? body.requests : undefined;
  if (!Array.isArray(requests) || requests.length === 0) {
    throw malformed("Invalid batch payload format: 'requests' must be a non-empty array.");
  }
  if (requests.length > 20) throw malformed("Number of batch request steps exceeds the maximum value of 20.");
  const items: Item[] = [];
  for (const request of requests) {
    const item = itemFrom(request, call);
    const known = items.map(({ id }) => id.toLowerCase());
    if (known.includes(item.id.toLowerCase())) throw malformed(`The batch request id '${item.id}' is not unique.`);
    if (!item.dependsOn.every((id) => known.includes(id.toLowerCase()))) {
      throw malformed(`The batch request '${item.id}' depends on one that does not come before it.`);
    }
    items.push(item);
  }
  return items;
}

function itemFrom(request: unknown, outer: Call): Item {
  if (!isRecord(request)) throw malformed("Invalid batch payload format.");
  const { id, method, url, headers = {}, body, dependsOn = [] } = request;
  if (typeof id !== "string" || id === "") throw malformed("A batch request must have an id.");
  if (typeof method !== "string" || !methods.includes(method.toUpperCase())) {
    throw malformed(`The batch request '${id}' has no valid method.`);
  }
  if (typeof url !== "string" || url === "" || /^([a-z][a-z0-9+.-]*:|\/\/)/i.test(url)) {
    throw malformed(`The batch request '${id}' must have a relative url.`);
  }
  if (!isRecord(headers) || !Array.isArray(dependsOn)) throw malformed("Invalid batch payload format.");
  const own = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const);
  const isWrite = ["POST", "PATCH", "PUT"].includes(method.toUpperCase());
  if ((isWrite && body === undefined) || (body !== undefined && !own.some(([name]) => name === "content-type"))) {
    throw malformed(`Write request id : ${id} does not contain Content-Type header or body.`);
  }
  const inherited = { "client-request-id": outer.clientRequestId };
  const call = callFrom({
    method: method.toUpperCase(),
    url: url.startsWith("/") ? url : `/${url}`,
    version: outer.version,
    headers: { ...inherited, ...Object.fromEntries(own) },
    body: body === undefined ? "" : JSON.stringify(body),
    origin: outer.origin,
    batched: true,
  });
  return { id, call, dependsOn: dependsOn.map(String) };
}

function dependencyFailed(call: Call): Answer {
  const error = { code: "FailedDependency", message: "A request this one depends on has failed." };
  return jsonAnswer(424, { error: { ...error, innerError: { "request-id": call.requestId } } });
}

function itemResponse({ id, call }: Item, answer: Answer): unknown {
  const isJson = answer.headers["content-type"]?.startsWith("application/json") ?? false;
  const ids = { "request-id": call.requestId, "client-request-id": call.clientRequestId };
  const headers = Object.fromEntries(
    Object.entries({ ...ids, ...answer.headers }).map(([name, value]) => [capitalized(name), value]),
  );
  const body = isJson ? parsedOrText(answer.body) : Buffer.from(answer.body).toString("base64");
  return { id, status: answer.status, headers, ...(answer.body === "" ? {} : { body }) };
}

/** Batch items use the documented spelling of headers, `Retry-After` and `Content-Type`; a client must accept any case. */
const capitalized = (name: string): string => name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());

/**
 * Every second response first, backwards, then the rest. With two or more items this never equals the order of the requests.
 */
function shuffled<Value>(values: readonly Value[]): Value[] {
  const odd = values.filter((_, index) => index % 2 === 1).reverse();
  return [...odd, ...values.filter((_, index) => index % 2 === 0)];
}
