/**
 * `/deviceManagement/userPfxCertificates`: list, count, get, create, update, delete. Every read is redacted. Settings decide
 * what is unknown about the real service.
 */
import { randomUUID } from "node:crypto";
import type { Backend } from "../backend.ts";
import { changesFrom, creationFrom } from "../entity.ts";
import { type Answer, type Call, emptyAnswer, jsonAnswer, textAnswer } from "../exchange.ts";
import { badRequest, GraphFailure, throttled } from "../failure.ts";
import { matchingRows, pageOf, selection } from "../query.ts";
import { certificateId, redacted, type StoredRecord } from "../record.ts";
import type { Settings } from "../settings.ts";

const collection = "deviceManagement/userPfxCertificates";

/** The collection itself. */
export function answerCollection(backend: Backend, call: Call): Answer {
  if (call.method === "GET") return list(backend, call);
  if (call.method === "POST") return create(backend, call);
  throw notAllowed(call.method);
}

/** `/$count`. */
export function answerCount(backend: Backend, call: Call): Answer {
  if (call.method !== "GET") throw notAllowed(call.method);
  return textAnswer(200, String(matchingRows(backend.store.rows, call, backend.settings).length));
}

/** One certificate, by its id. */
export function answerCertificate(backend: Backend, call: Call, id: string): Answer {
  switch (call.method) {
    case "GET":
      return entityAnswer(200, call, selection(call, backend.settings)(redacted(existing(backend, id))));
    case "PATCH":
      return update(backend, call, id);
    case "DELETE":
      return remove(backend, call, id);
    default:
      throw notAllowed(call.method);
  }
}

function list({ store, settings }: Backend, call: Call): Answer {
  const select = selection(call, settings);
  const page = pageOf(store.rows, call, settings);
  const nextLink = page.nextQuery && `${call.origin}/${call.version}/${collection}?${page.nextQuery}`;
  return jsonAnswer(200, {
    "@odata.context": contextOf(call),
    ...(page.count === undefined ? {} : { "@odata.count": page.count }),
    ...(nextLink === undefined ? {} : { "@odata.nextLink": nextLink }),
    value: page.records.map((record) => select(redacted(record))),
  });
}

function create(backend: Backend, call: Call): Answer {
  const { store, settings } = backend;
  meter(backend);
  const properties = creationFrom(call, settings);
  const naturalId = certificateId(properties.userPrincipalName, properties.thumbprint);
  const present = store.find(naturalId);
  if (present !== undefined && settings.onDuplicate === "badRequest") throw badRequest("An error has occurred.");
  if (present !== undefined && settings.onDuplicate === "conflict") {
    throw new GraphFailure(409, "A certificate with this thumbprint exists for this user already.");
  }
  const id = present !== undefined && settings.onDuplicate === "add" ? `${naturalId}-${randomUUID()}` : naturalId;
  const isKept = present !== undefined && settings.onDuplicate === "keep";
  const stored = isKept ? present : store.create(properties, call.clientRequestId, id);
  const location = `${call.origin}/${call.version}/${collection}('${stored.id}')`;
  return entityAnswer(201, call, answered(stored, settings), { location });
}

function remove(backend: Backend, call: Call, id: string): Answer {
  const { store, settings } = backend;
  meter(backend);
  if (settings.onDeleteMissing === "success" && store.find(id) === undefined) return emptyAnswer(204);
  store.delete(existing(backend, id), call.clientRequestId);
  return emptyAnswer(204);
}

function update(backend: Backend, call: Call, id: string): Answer {
  const { store, settings } = backend;
  meter(backend);
  const present = existing(backend, id);
  const changes = changesFrom(call, settings);
  const stored = store.change(present, changes, call.clientRequestId);
  if (settings.patchAnswer === 204) return emptyAnswer(204);
  return entityAnswer(200, call, answered(stored, settings));
}

/** The record in the response to a write. */
function answered(record: StoredRecord, { echoSecrets }: Settings): Partial<StoredRecord> {
  if (echoSecrets === true) return record;
  if (echoSecrets === false) return redacted(record);
  const { encryptedPfxBlob, encryptedPfxPassword, ...others } = record;
  return others;
}

function existing({ store, settings }: Backend, id: string): StoredRecord {
  const record = store.find(id);
  if (record === undefined && settings.onMissing === "badRequest") throw badRequest("An error has occurred.");
  if (record === undefined) throw new GraphFailure(404, "Resource not found.");
  return record;
}

function meter({ meter: writes, settings }: Backend): void {
  const waitMs = writes.count();
  if (waitMs === undefined || settings.writeQuota === false) return;
  throw throttled(waitMs, settings.writeQuota.retryAfter);
}

function entityAnswer(
  status: number,
  call: Call,
  entity: Partial<StoredRecord>,
  headers: Record<string, string> = {},
): Answer {
  return jsonAnswer(status, { "@odata.context": `${contextOf(call)}/$entity`, ...entity }, headers);
}

const contextOf = (call: Call): string => `${call.origin}/${call.version}/$metadata#${collection}`;

const notAllowed = (method: string): GraphFailure =>
  new GraphFailure(405, `The HTTP method '${method}' is not allowed on this resource.`, { by: "graph" });
