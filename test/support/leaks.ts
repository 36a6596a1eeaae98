/** Whether something that must not be repeated was: in an answer's text and headers, or in the log. */
import { buildSchema } from "../../src/server/graphql/build-schema.ts";
import type { Answer, TestGateway } from "./gateway.ts";

const pieceCharacters = 12;

/** Every run of twelve characters of the secret that shows; what the published schema says anyway doesn't count. */
export function leaksOf(secret: string, gateway: TestGateway, answer: Answer<unknown>): string[] {
  const pieces = new Set<string>();
  for (const form of [secret, JSON.stringify(secret).slice(1, -1)])
    for (const piece of piecesOf(form)) pieces.add(piece);
  if (pieces.size === 0) return []; // the log of many requests is long
  const { sdl } = buildSchema();
  const leaks = new Set<string>();
  for (const place of [answer.text, JSON.stringify([...answer.headers]), JSON.stringify(gateway.log)]) {
    for (const piece of piecesOf(place)) if (pieces.has(piece) && !sdl.includes(piece)) leaks.add(piece);
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

function* piecesOf(text: string): Generator<string> {
  for (let at = 0; at + pieceCharacters <= text.length; at++) yield text.slice(at, at + pieceCharacters);
}
