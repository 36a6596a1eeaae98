/**
 * Finds the resource for a path, in Graph's three key forms, and turns a thrown failure into its response. Paths are split
 * before they are decoded, so an encoded slash stays within its segment.
 */
import type { Backend } from "../backend.ts";
import type { Answer, Call } from "../exchange.ts";
import { failureAnswer, GraphFailure, unknownSegment } from "../failure.ts";
import { answerCertificate, answerCollection, answerCount } from "./certificates.ts";
import { answerUser, answerUsers } from "./users.ts";

/** Answer a call for anything but `/$batch`. */
export function answerResource(backend: Backend, call: Call): Answer {
  return guarded(backend, call, () => route(backend, call));
}

/** Run a route and turn its errors into responses in Graph's format. */
export function guarded(backend: Backend, call: Call, run: () => Answer): Answer {
  try {
    return run();
  } catch (error) {
    if (error instanceof GraphFailure) return failureAnswer(error, call, backend.settings);
    throw error;
  }
}

function route(backend: Backend, call: Call): Answer {
  const [root = "", ...rest] = call.path.replace(/\/$/, "").split("/").slice(1).map(decoded);
  const [name, key] = keyed(root);
  if (name === "users") return toUsers(backend, call, key === undefined ? rest : [key, ...rest]);
  if (root !== "deviceManagement" || rest.length === 0) throw unknownSegment(root);
  const [collection = "", ...tail] = rest;
  const [segment, certificate] = keyed(collection);
  const { v1HasSegment, betaHasSegment, countSegment } = backend.settings;
  const exists = call.version === "beta" ? betaHasSegment : v1HasSegment;
  if (segment !== "userPfxCertificates" || !exists) throw unknownSegment(segment);
  const path = certificate === undefined ? tail : [certificate, ...tail];
  if (path.length === 0) return answerCollection(backend, call);
  const [id = "", beyond] = path;
  if (beyond !== undefined) throw unknownSegment(beyond);
  if (id === "$count" && certificate === undefined && !countSegment) throw unknownSegment(id);
  if (id === "$count" && certificate === undefined) return answerCount(backend, call);
  return answerCertificate(backend, call, id);
}

function toUsers(backend: Backend, call: Call, path: readonly string[]): Answer {
  const [key, beyond] = path;
  if (beyond !== undefined) throw unknownSegment(beyond);
  return key === undefined ? answerUsers(backend, call) : answerUser(backend, call, key);
}

/** Splits `name('key')` and `name(key)`; `name()` is the collection. */
function keyed(segment: string): [name: string, key: string | undefined] {
  const quoted = /^(\w+)\('((?:[^']|'')*)'\)$/.exec(segment);
  if (quoted !== null) return [quoted[1] ?? "", (quoted[2] ?? "").replaceAll("''", "'")];
  const bare = /^(\w+)\(([^()']+)\)$/.exec(segment);
  return bare === null ? [segment.replace(/\(\)$/, ""), undefined] : [bare[1] ?? "", bare[2]];
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new GraphFailure(400, "The request URI is not valid.", { by: "graph" });
  }
}
