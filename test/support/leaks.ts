/** Whether something that must not be repeated was: in an answer's text and headers, or in the log. */
import { buildSchema } from "../../src/server/build-schema.ts";
import type { Answer, TestGateway } from "./gateway.ts";

const pieceCharacters = 12;

/** Every run of twelve characters of the secret that shows; what the published schema says anyway doesn't count. */
export function leaksOf(secret: string, gateway: TestGateway, answer: Answer<unknown>): string[] {
  const places = [answer.text, JSON.stringify([...answer.headers]), JSON.stringify(gateway.log)];
  const shown = new Set(places.flatMap(piecesOf));
  const candidates = [secret, JSON.stringify(secret).slice(1, -1)].flatMap(piecesOf);
  const { sdl } = buildSchema();
  return [...new Set(candidates)].filter((piece) => shown.has(piece) && !sdl.includes(piece));
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

function piecesOf(text: string): string[] {
  const count = text.length - pieceCharacters + 1;
  return Array.from({ length: Math.max(0, count) }, (_, at) => text.slice(at, at + pieceCharacters));
}
