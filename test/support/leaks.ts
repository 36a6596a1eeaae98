/** Whether something that must not be repeated was: in an answer's text and headers, or in the log. */
import { buildSchema } from "../../src/server/graphql/build-schema.ts";
import type { Answer, TestGateway } from "./gateway.ts";
import { Pieces } from "./pieces.ts";

/** Every run of twelve characters of the secret that shows; what the published schema says anyway doesn't count. */
export function leaksOf(secret: string, gateway: TestGateway, answer: Answer<unknown>): string[] {
  const pieces = new Pieces<string>();
  for (const form of [secret, JSON.stringify(secret).slice(1, -1)]) pieces.add(form, secret);
  if (pieces.isEmpty) return []; // the log of many requests is long
  const { sdl } = buildSchema();
  const leaks = new Set<string>();
  for (const place of [answer.text, JSON.stringify([...answer.headers]), JSON.stringify(gateway.log)]) {
    for (const [piece] of pieces.in(place)) if (!sdl.includes(piece)) leaks.add(piece);
  }
  return [...leaks];
}

/** What is there of an answer's `extensions.invalid`: the paths, sorted. */
export function invalidPathsOf({ errors }: Answer<unknown>): string[] {
  const invalid: unknown = errors?.flatMap(({ extensions }) => extensions?.invalid ?? []);
  return Array.isArray(invalid) ? invalid.map((problem: { path?: unknown }) => String(problem.path)).sort() : [];
}

/** The codes of an answer's errors. */
export function codesOf({ errors }: Answer<unknown>): unknown[] {
  return (errors ?? []).map(({ extensions }) => extensions?.code);
}
