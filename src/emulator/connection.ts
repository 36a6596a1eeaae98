/**
 * Handles one HTTP request: reads and logs it, applies a fault or calls the routes, and writes the response. This is the only
 * file that touches a request's socket.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Backend } from "./backend.ts";
import { type Answer, type Call, callFrom, type LogEntry, logEntryFrom } from "./exchange.ts";
import { failureAnswer, GraphFailure } from "./failure.ts";
import { appliesFirst, forgedAnswer, isForgery } from "./forgery.ts";
import { answerBatch } from "./routes/batch.ts";
import { answerResource } from "./routes/resources.ts";

const diagnostic = JSON.stringify({
  ServerInfo: { DataCenter: "West Europe", Slice: "E", Ring: "5", ScaleUnit: "002", RoleInstance: "AM1PEPF00027F25" },
});

/** @param cut Resets the connection of a request, so that its client sees ECONNRESET. */
export async function serve(
  backend: Backend,
  request: IncomingMessage,
  response: ServerResponse,
  origin: string,
  cut: (request: IncomingMessage) => void,
): Promise<void> {
  const { settings, faults, pause } = backend;
  const body = await bodyOf(request, settings.maxBodyBytes);
  const call = callOf(request, body ?? "", origin);
  const entry = logEntryFrom(call, settings.now());
  backend.note(entry);
  const write = async (answer: Answer) => {
    await pause(settings.latencyMs);
    send(response, answer, call, entry, settings.now());
  };
  if (body === undefined) {
    return write(
      failureAnswer(new GraphFailure(413, "The request body is too large.", { by: "graph" }), call, settings),
    );
  }
  const apply = () => truth(backend, call);
  const fault = faults.take(call.method, call.path);
  if (fault === undefined) return write(await apply());
  if (fault.kind === "huge") {
    if (fault.apply) await apply();
    return flood(response, fault.bytes, fault.status, call, entry, settings.now());
  }
  if ("applyAfterMs" in fault && fault.applyAfterMs !== undefined) {
    // The client has its response, or none, long before; only the close of the emulator ends the wait.
    pause(fault.applyAfterMs).then(apply, () => undefined);
  }
  if ("when" in fault && fault.when === "beforeApplying") {
    if (fault.kind === "hang") return;
    if (fault.kind === "reset") return cut(request);
    await pause(fault.delayMs);
    return write(await apply());
  }
  if (isForgery(fault)) {
    return write(forgedAnswer(fault, backend, call, appliesFirst(fault) ? await apply() : undefined));
  }
  const answer = await apply();
  if (fault.kind === "hang") return;
  if (fault.kind === "reset") return cut(request);
  if (fault.kind === "truncate") return truncate(response, answer, call, entry, settings.now(), fault.ending);
  await pause(fault.delayMs);
  return write(answer);
}

/** The response without any fault. */
async function truth(backend: Backend, call: Call): Promise<Answer> {
  try {
    admit(backend, call);
    return call.path === "/$batch" ? await answerBatch(backend, call) : answerResource(backend, call);
  } catch (error) {
    if (error instanceof GraphFailure) return failureAnswer(error, call, backend.settings);
    throw error;
  }
}

function admit({ settings }: Backend, call: Call): void {
  if (settings.requireBearer && !/^Bearer +\S/i.test(call.headers.authorization ?? "")) {
    const challenge =
      'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"';
    throw new GraphFailure(401, "Access token is empty.", { by: "graph", headers: { "www-authenticate": challenge } });
  }
  if (call.version !== "v1.0" && call.version !== "beta") {
    throw new GraphFailure(400, `Invalid version: ${call.version}.`, { by: "graph" });
  }
}

function callOf(request: IncomingMessage, body: string, origin: string): Call {
  const [, version = "", url = ""] = /^\/?([^/?]*)(.*)$/s.exec(request.url ?? "") ?? [];
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  return callFrom({ method: request.method ?? "GET", url, version, headers, body, origin, batched: false });
}

/** The body as text; undefined if it is larger than allowed. A body that is too large is still read to its end. */
async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  return bytes <= maxBytes ? Buffer.concat(chunks).toString() : undefined;
}

function headersOf(answer: Answer, call: Call, nowMs: number): Record<string, string> {
  return {
    "request-id": call.requestId,
    "client-request-id": call.clientRequestId,
    "x-ms-ags-diagnostic": diagnostic,
    date: new Date(nowMs).toUTCString(),
    ...answer.headers,
  };
}

function send(response: ServerResponse, answer: Answer, call: Call, entry: LogEntry, nowMs: number): void {
  if (response.destroyed || response.socket?.destroyed !== false) return;
  entry.status = answer.status;
  const length = answer.status === 204 ? {} : { "content-length": String(Buffer.byteLength(answer.body)) };
  response.writeHead(answer.status, { ...headersOf(answer, call, nowMs), ...length });
  response.end(answer.body);
}

function truncate(
  response: ServerResponse,
  answer: Answer,
  call: Call,
  entry: LogEntry,
  nowMs: number,
  ending: "destroy" | "hang",
): void {
  // A response without a body cannot be cut in half, so a body is announced that never comes.
  const bytes = Buffer.from(answer.body === "" ? " ".repeat(2) : answer.body);
  entry.status = answer.status === 204 ? 200 : answer.status;
  response.writeHead(entry.status, { ...headersOf(answer, call, nowMs), "content-length": String(bytes.length) });
  response.write(bytes.subarray(0, bytes.length >> 1), () => {
    if (ending === "destroy") response.socket?.end(() => response.socket?.destroy());
  });
}

function flood(
  response: ServerResponse,
  bytes: number,
  status: number,
  call: Call,
  entry: LogEntry,
  nowMs: number,
): void {
  entry.status = status;
  const answer = { status, headers: { "content-type": "application/json" }, body: "" };
  response.writeHead(status, headersOf(answer, call, nowMs));
  const start = '{"value":"';
  const end = '"}';
  response.write(start);
  let left = Math.max(0, bytes - start.length - end.length);
  const more = () => {
    while (left > 0 && !response.destroyed) {
      const size = Math.min(left, 65_536);
      left -= size;
      if (!response.write("A".repeat(size)) && left > 0) {
        response.once("drain", more);
        return;
      }
    }
    response.end(end);
  };
  more();
}
